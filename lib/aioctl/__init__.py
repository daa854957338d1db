# aioctl: named asyncio tasks that can be listed, stopped, started and explained.
# Only this table is resident; each function brings its file with it when it is used.

from aiobase import lookup

_TABLE = {
    "jobs": "add group tasks",
    "decorated": "aiotask",
    "verbs": "delete start stop tasks_match",
    "report": "debug result result_all status traceback",
    "journals": "follow journal log set_log",
    "env": "getenv get_datetime",
    "profiler": "profile",
}


def __getattr__(name):
    return lookup(__name__, _TABLE, name)
