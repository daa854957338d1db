"""`svctl unmask`: lets a masked service go."""
from tools.svctl.act import verb

HELP = "lets a masked service go"
arguments, run = verb("unmask")
