# aioctl: named asyncio tasks that can be listed, stopped, started and explained.
# Only this table is resident; each function brings its file with it when it is used.

from .core import lookup

_TABLE = (
    " =jobs add aiotask tasks =verbs delete start stop tasks_match "
    "=report debug result result_all status traceback =logs follow log "
    "=env getenv get_datetime =core group =text journal set_log =profiler profile "
)


def __getattr__(name):
    return lookup("aioctl.", _TABLE, name)
