"""`svctl mask`: holds a service back for good."""
from tools.svctl.act import verb

HELP = "holds a service back for good"
arguments, run = verb("mask")
