# The guard for those who ask it something now and then: it is not in memory for good.
# Loaded for one question.

import sys

from aiobase import forget

from aioboot import clear


def ask(function, *args):
    """Calls a function of the guard."""
    was = "aioboot.guard" in sys.modules
    try:
        return getattr(__import__("aioboot.guard").guard, function)(*args)
    finally:
        forget("aioboot.asking")
        if not was:
            forget("aioboot.guard")
        clear()
