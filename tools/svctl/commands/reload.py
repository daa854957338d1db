"""`svctl reload`: takes a changed file of a service; without a name, changed settings."""
from svctl.manage.act import verb

HELP = "takes a changed file of a service; without a name, changed settings"
arguments, run = verb("reload", optional=True)
