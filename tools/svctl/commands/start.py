"""`svctl start`: starts services, and what they require."""
from svctl.manage.act import verb

HELP = "starts services, and what they require"
arguments, run = verb("start")
