# What surrounds a boot: the guard that counts those that did not last, the hardware watchdog, a deploy on
# trial, services in ROM. It knows nobody but the ground. boot.py and the manager load its files by name.

from sys import modules

from aiobase import forget


def ask(function, *args):
    """Calls a function of the guard, which is not in memory for good."""
    was = "aioboot.guard" in modules
    try:
        return getattr(__import__("aioboot.guard").guard, function)(*args)
    finally:
        if not was:
            forget("aioboot.guard")
            clear()


def clear():
    """Gives the room back, when its last file was."""
    if not any([full.startswith("aioboot") and len(full) > 7 for full in modules]):
        forget("aioboot")
