# aioctl: named asyncio tasks that can be listed, stopped, started and explained.
# Only this table is resident; each function brings its file with it when it is used.

from .core import lookup

_TABLE = (
    " add=jobs aiotask=jobs tasks=jobs delete=verbs start=verbs stop=verbs tasks_match=verbs "
    "debug=report result=report result_all=report status=report traceback=report "
    "follow=logs log=logs getenv=env get_datetime=env group=core journal=text set_log=text "
)


def __getattr__(name):
    return lookup("aioctl", _TABLE, name)
