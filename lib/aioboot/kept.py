# What is known of failed boots, on the flash: who was to blame how often, who is masked, what the board
# knew when a reset was foretold. Written on failures and changes only. Loaded on use, and given back.
#
#   blame  {name: boots that it ended}, until a boot lasts     masked  {name: why}
#   who    the last one blamed                                 note    what foretell() knew
#   n, ended, safe, died, last    the boot record of a board whose memory does not survive a reset;
#                                 `died` and `last`: the one blamed, and the note, of the boot before
#   w, h   notes that were written, two less for each hour `h` that a boot lasted
#
# Two files by turns, each with its length and sum before it: the newer whole one counts. A power cut
# harms the older one, which is the one being written.

import json
import os

_NAMES = ("services.state0", "services.state1")
_STEP = const("services.step")
_BLAMES = const(3)
_HOUR = const(3600)  # s
_NOTES = const(16)  # with two more for each hour that is 64 a day
_LINES = const(8)  # of the journal, and as many of a traceback
_WIDE = const(120)  # characters of each


def _check(text):
    return "%04x%04x" % (len(text) & 0xFFFF, sum(text.encode()) & 0xFFFF)


def read():
    """The newer of the two that is whole; {} where there is none."""
    found = {}
    for name in _NAMES:
        try:
            with open(name) as file:
                text = file.read()
            if text[:8] == _check(text[8:]):
                one = json.loads(text[8:])
                if one["i"] > found.get("i", -1):
                    found = one
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError):
            pass
    return found


def save(kept):
    """Writes it; None, or why it could not be."""
    try:
        kept["i"] = kept.get("i", 0) + 1
        text = json.dumps(kept)
        with open(_NAMES[kept["i"] % 2], "w") as file:
            file.write(_check(text) + text)
    except (OSError, MemoryError) as e:
        return "%s: %s" % (_NAMES[0], e)
    return None


def step(name):
    """Writes down whose code is about to run, if that is not there already; "": nobody's."""
    try:
        with open(_STEP) as file:
            if file.read() == name:
                return
    except (OSError, ValueError):
        if not name:
            return
    with open(_STEP, "w") as file:
        file.write(name)


def died(n, before):
    """The boot before did not last, as `before` others; a board without such memory finds it here."""
    kept = read()
    name = None
    if before < _BLAMES or not kept.get("safe"):  # later steps are not written down
        try:
            with open(_STEP) as file:
                name = file.read() or None
        except (OSError, ValueError):
            pass
    old = json.dumps(kept)
    last = kept.pop("note", None) or {"service": name}
    kept.update({"n": n, "ended": False, "safe": n >= _BLAMES, "last": last, "died": last["service"]})
    if json.dumps(kept) != old:
        save(kept)


def blamed(name):
    """Blames a service for a boot that did not last, and masks it the third time."""
    kept = read()
    name = kept.get("died") or name
    if name is None:
        return
    kept["died"] = None
    kept["who"] = name
    blame = kept.setdefault("blame", {})
    blame[name] = blame.get(name, 0) + 1
    if blame[name] >= _BLAMES:
        kept.setdefault("masked", {})[name] = "to blame for %d resets" % _BLAMES
    save(kept)


def lasted():
    """A boot out of safe mode lasted: nobody is to blame any more."""
    kept = read()
    if "blame" in kept or "who" in kept:
        kept.pop("blame", None)
        kept.pop("who", None)
        save(kept)
    try:
        os.remove(_STEP)
    except OSError:
        pass


def note(name, why):
    """Writes down what the board knows before it is reset because of a service."""
    from aiobase import group, uptime

    kept = read()
    old = kept.get("note") or {}
    if (old.get("service"), old.get("why")) == (name, why):
        return
    hour = uptime() // _HOUR
    if hour and hour != kept.get("h"):
        kept["w"] = max(kept.get("w", 0) - 2, 0)
        kept["h"] = hour
    if kept.get("w", 0) >= _NOTES:
        return
    kept["w"] = kept.get("w", 0) + 1
    made = kept["note"] = {"service": name, "why": why}
    service = group().services.get(name)
    fault = None if service is None else service._fault
    if fault is not None:
        from aiobase.trace import lines

        made["traceback"] = "\n".join([line[:_WIDE] for line in lines(fault)[-_LINES:]])
    if hasattr(group().log, "lines"):
        log = group().log
        made["log"] = [
            "%d %s %s" % (stamp, tag, text[:_WIDE])
            for _, stamp, _, tag, text in log.lines(max(log.first, log.next - _LINES))
        ]
    save(kept)
