"""`svctl disable`: keeps a service from running from the next boot on."""
from svctl.manage.act import verb

HELP = "keeps a service from running from the next boot on"
arguments, run = verb("disable")
