"""`svctl restart`: stops and starts services, and brings back those that require them."""
from svctl.manage.act import verb

HELP = "stops and starts services, and brings back those that require them"
arguments, run = verb("restart")
