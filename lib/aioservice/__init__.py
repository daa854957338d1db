# aioservice: the service manager. Only this table is resident; each function brings its
# file with it when it is used, and boot gives back what only a boot needs.

from aiobase import lookup

_TABLE = {
    "startup": "boot init",
    "runner": "run",
    "control": "load unload start stop restart shutdown service ServiceError ServiceNotFound",
    "configure": "config enable disable get_config",
    "report": "list status",
    "details": "traceback snapshot",
    "graph": "tree chain blame",
    "change": "patch reload",
    "checking": "check",
    "masks": "mask unmask last_boot resume",
}


def __getattr__(name):
    return lookup(__name__, _TABLE, name)
