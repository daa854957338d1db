"""`svctl enable`: lets a service run from the next boot on."""
from svctl.manage.act import verb

HELP = "lets a service run from the next boot on"
arguments, run = verb("enable")
