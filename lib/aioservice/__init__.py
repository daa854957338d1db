# aioservice: the service manager. Only this table is resident; each function brings its
# file with it when it is used, and boot gives back what only a boot needs.

from aioctl.core import lookup

_TABLE = (
    " ServiceError=verbs ServiceNotFound=verbs boot=startup init=startup run=runner "
    "load=control unload=control start=control stop=control restart=control shutdown=control "
    "service=control config=configure enable=configure disable=configure get_config=configure "
    "list=report._list status=report traceback=report snapshot=report "
    "tree=graph chain=graph blame=graph patch=change reload=change "
)


def __getattr__(name):
    return lookup("aioservice", _TABLE, name)
