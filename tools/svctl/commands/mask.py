"""`svctl mask`: holds a service back for good."""
from svctl.manage.act import verb

HELP = "holds a service back for good"
arguments, run = verb("mask")
