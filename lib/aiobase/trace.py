# An error as the lines of its traceback, however deep it is and whatever it says: one that was raised, or
# what is kept of one. Loaded when somebody looks.

from aiobase import describe

from .fault import _Text, frames

_LONGEST = const(200)  # characters of a line


def _frames(error):
    """The frames of an error as lines."""
    if not isinstance(error, BaseException):
        found = error[4] if isinstance(error, tuple) else b""
    else:
        found = frames(error)
    return [_line(each) for each in (found or b"").split(b"\n") if each]


def _line(frame):
    text = _Text(_LONGEST)  # names as code of a damaged file has them are none
    try:
        text.write(frame)
    except EOFError:
        pass
    return text.text()


def where(error):
    """ " (file, line 16)" of the innermost frame of a service; "" where there is none."""
    for line in reversed(_frames(error)):
        # The manager's own are not meant, nor the firmware's.
        if line[2] == "F" and "lib/aio" not in line and '"asyncio/' not in line:
            return " (%s)" % ",".join(line[7:].split(",")[:2]).replace('"', "")
    return ""


def lines(error):
    """Its traceback as lines, without the manager's own frames unless it has no others."""
    found = _frames(error)
    head = ["Traceback (most recent call last):"] + found if found else []
    return head + describe(error).split("\n")


def put(write, name, error, service=None, indent="", what=""):
    """Writes "name: Traceback" and the traceback; of a service's series of failures the first one too."""
    count = 0 if service is None else service.series
    numbered = [(count, error)]
    if count > 1 and service._first_fault is not None and service._first_fault is not error:
        numbered.insert(0, (1, service._first_fault))
    for n, each in numbered:
        write("%s%s: Traceback%s" % (indent, name, what))
        write(" (failure %d of %d)\n" % (n, count) if count > 1 else "\n")
        for line in lines(each):
            write(indent)
            write(line)
            write("\n")
