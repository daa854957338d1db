"""`svctl start`: starts services, and what they require."""
from tools.svctl.act import verb

HELP = "starts services, and what they require"
arguments, run = verb("start")
