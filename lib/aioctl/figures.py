# What a profile says, for people and for JSON. Apart from profiler.py, so that a board can load that one
# in less time; gone with it.

import time

import aioschedule

_NAME = const(0)  # as in profiler.py


def of(profile, rows):
    """The figures of a profile and its rows, as plain dicts and lists, ready for JSON.

    {"ms": how long it is measured, "steps", "us": of all tasks,
     "tasks": [{"name", "steps", "us": time of all its steps, "share": % of the loop's time,
                "longest": us, "when": uptime in s at its end}, …], slowest first,
     "worst": {"ms", "task": who had to wait that long when it was due, "when", "cause": whose step
               it was or None, "us": how long that step took} or None}
    """
    ms = max(aioschedule.uptime_ms() - profile._since, 1)
    tasks = []
    for name, steps, us, longest, when in rows:
        tasks.append({"name": name, "steps": steps, "us": us, "share": us / ms / 10, "longest": longest,
                      "when": when})
    tasks.sort(key=lambda task: -task["us"])
    worst = None
    if profile._late:
        row, when, cause, us = profile._worst
        worst = {"ms": profile._late, "task": row[_NAME], "when": when,
                 "cause": None if cause is None else cause[_NAME], "us": us}
    steps = sum([task["steps"] for task in tasks])
    us = sum([task["us"] for task in tasks])
    return {"ms": ms, "steps": steps, "us": us, "tasks": tasks, "worst": worst}


def _moment(when):
    """`@38 s      2026-03-16 11:27:11` of an uptime."""
    at = aioschedule.get_datetime(time.localtime(aioschedule.wall(when)))
    return "@%-9s %s" % (aioschedule.tmdelta_fmt(when), at)


def show(found):
    """Prints figures; None says that there are none."""
    if found is None:
        print("profile: off; aioctl.profile(True) begins one")
        return
    busy = found["us"] / found["ms"] / 10
    print("profile: %.1f s, %d steps, loop busy %.1f %%" % (found["ms"] / 1000, found["steps"], busy))
    worst = found["worst"]
    if worst is not None:
        cause = "no single step"
        if worst["cause"] is not None:
            cause = "%s (%.2f ms)" % (worst["cause"], worst["us"] / 1000)
        text = "worst delay: %s waited %d ms for %s" % (worst["task"], worst["ms"], cause)
        print(text, _moment(worst["when"]))
    print("   steps   total ms      %  longest ms  ended               wall time  task")
    for task in found["tasks"]:
        figure = (task["steps"], task["us"] / 1000, task["share"], task["longest"] / 1000)
        print("%8d %10.2f %6.1f %11.2f " % figure, _moment(task["when"]), "", task["name"])
