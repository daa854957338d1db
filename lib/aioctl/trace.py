# An error as the lines of its traceback, however deep it is and whatever it says.
# Loaded when somebody looks.

import io
import sys

from .core import describe

_FRAMES = const(16)  # of a deeper one the two ends are shown
_OUTER = const(4)  # how many of them are those of the outer end
_LONGEST = const(200)  # characters of a line
_OURS = ("lib/aioservice", "lib/aioclass", "lib/aioctl/")


def _is_ours(line):
    return any([path in line for path in _OURS])


def _cut(text):
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _printed(error):
    """(all lines of its traceback, those of them that are frames)."""
    text = io.StringIO()
    try:
        sys.print_exception(error, text)
    except Exception:  # one that cannot be shown
        text = io.StringIO(describe(error))
    every = [line for line in text.getvalue().split("\n") if line]
    return every, [line for line in every if line.startswith("  File ")]


def where(error):
    """ " (file, line 16)" of the innermost frame of a service; "" where there is none."""
    for line in reversed(_printed(error)[1]):
        if not _is_ours(line) and '"asyncio/' not in line:  # that is the firmware's
            return " (%s)" % ",".join(line[7:].split(",")[:2]).replace('"', "")
    return ""


def lines(error):
    """Its traceback as lines, without the manager's own frames unless it has no others."""
    every, frames = _printed(error)
    theirs = [line for line in frames if not _is_ours(line)] or frames
    more = len(theirs) - _FRAMES
    if more > 0:
        theirs[_OUTER : _OUTER + more] = ["  … %d more" % more]
    told = [line for line in every if line not in frames]
    head = 1 if frames else 0  # "Traceback (most recent call last):"
    return [_cut(line) for line in told[:head] + theirs + told[head:]]


def put(write, name, error, service=None, indent="", what=""):
    """Writes "name: Traceback" and the traceback; of a service's series of failures the first one too."""
    count = 0 if service is None else service.series
    numbered = [(count, error)]
    if count > 1 and service.first is not None and service.first is not error:
        numbered.insert(0, (1, service.first))
    for n, each in numbered:
        write("%s%s: Traceback%s" % (indent, name, what))
        write(" (failure %d of %d)\n" % (n, count) if count > 1 else "\n")
        for line in lines(each):
            write(indent)
            write(line)
            write("\n")
