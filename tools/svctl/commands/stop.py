"""`svctl stop`: stops services, those that require them first."""
from svctl.manage.act import verb

HELP = "stops services, those that require them first"
arguments, run = verb("stop")
