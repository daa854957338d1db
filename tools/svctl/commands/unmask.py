"""`svctl unmask`: lets a masked service go."""
from svctl.manage.act import verb

HELP = "lets a masked service go"
arguments, run = verb("unmask")
