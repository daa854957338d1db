# What happens around the simulated board: simulation.json, which docs/simulation.md describes, and
# the time since power-on. Loaded by what asks for it; a board has no such module.
import json
import os
import sys
from time import ticks_add, ticks_diff, ticks_ms

_began = int(os.getenv("BOARD_BEGAN")) & ticks_add(0, -1)  # ticks_ms at power-on: it is the same clock
_text = None
_script = {}


def now():
    """Milliseconds since power-on; resets do not begin them anew."""
    return ticks_diff(ticks_ms(), _began)


def script():
    """The script as it stands now; while somebody writes it, as it stood before."""
    global _text, _script
    try:
        with open(os.getenv("BOARD_SIM")) as file:
            text = file.read()
    except OSError:
        text = "{}"
    if text != _text:
        try:
            found = json.loads(text)
            if isinstance(found, dict):
                _script = found
                _text = text
        except ValueError:
            if _text is None:
                _text = ""  # said once
                sys.stderr.write("%s: not JSON, nothing of it counts\n" % os.getenv("BOARD_SIM"))
    return _script


def at(line, ms, default=None):
    """What a timeline, [[ms, value], …] or one value for all times, says of a moment."""
    if not isinstance(line, list):
        return default if line is None else line
    value = default
    for step in line:
        if step[0] <= ms:
            value = step[1]
    return value


def always(line, since, ms, default=None):
    """Whether a timeline was true all the time from one moment to another."""
    if not at(line, since, default) or not at(line, ms, default):
        return False
    for step in line if isinstance(line, list) else ():
        if since < step[0] <= ms and not step[1]:
            return False
    return True
