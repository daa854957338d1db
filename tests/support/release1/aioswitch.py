# The switch from one set of files to the next: all of a deploy or nothing, whenever the power goes.
#
# svctl sends what differs to deploy.next, and a list of what is to happen, deploy.list. Then one line in
# deploy.switch decides it: boot.py finds it after a power cut, and loads this file, which finishes what was
# begun. What was replaced lies in deploy.prev until the new set has been seen to be healthy.
#
#   deploy.switch    its last line is the state; lines are only ever added
#     (none)         nothing was decided: the old set, whatever lies in deploy.next
#     put WAY        the files take their places; completed after a power cut, undone if it cannot be
#     trial          all of the new set is in its place. Each boot on trial adds "boot", its failure "why …"
#     good           it is healthy: deploy.prev goes
#     undo …         the old files take their places again; completed after a power cut
#     undone         all of the old set is in its place
#
#   deploy.list      "KINDsize path", in order; then its sum, so that one that is damaged is known
#     =  replaces a file      +  there was none      -  leaves      ~  stands in for boot.py meanwhile
#
#   WAY "move": renaming over a file is one step (littlefs). boot.py, main.py and this file are copied to
#   deploy.prev before it is decided, so that they are never missing; the others are renamed there.
#   WAY "copy": it is not (FAT, where a power cut in a rename can leave two names of one file). All old files
#   are copied to deploy.prev before it is decided; then each is written over, where it is not yet right.
#
# boot.py looks for this file in deploy.next and deploy.prev first: what lies there is whole. While boot.py
# itself is written over main.py is whole, and sees to it. Each step may be done twice.

import os
import sys

_MARK = const("deploy.switch")
_LIST = const("deploy.list")
_NEXT = const("deploy.next/")
_PREV = const("deploy.prev/")
_SHIM = const("deploy.next/!")
_WAYS = ("put move", "put copy")
_STATES = ("put", "trial", "good", "undo", "undone")
_SELF = const("lib/aioswitch.")
_BOOT = const("boot.py")
_PIECE = const(512)
_MOST = const(2)  # boots on trial; the guard's safe mode begins behind the third that does not last
_DEADLINE = const(90)  # s in which a boot on trial has to have lasted, or a host to have taken it over

why = None  # of a boot behind an undo: what people are to know
_trial = _has_lasted = False
_held = 0  # s that a host takes to judge this boot, beyond the deadline
_timer = None


def flat(path):
    """The name of a path in deploy.next and deploy.prev: one folder holds all, and lib/ is on top of it."""
    return (path[4:] if path[:4] == "lib/" else "!" + path).replace("/", "!")


def _path(name):
    name = name.replace("!", "/")
    return name[1:] if name[:1] == "/" else "lib/" + name


def _size(path):
    """A file's size; -1: there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return -1


def _names(folder):
    try:
        return os.listdir(folder[:-1])
    except OSError:
        return ()


def _feed():
    watchdog = sys.modules.get("aiowatchdog")
    if watchdog is not None:
        watchdog.feed()


def _remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def _folders(path):
    """Makes the folders in which a file is to lie."""
    at = path.find("/")
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:
            pass  # it is there; if not, the file cannot be written either
        at = path.find("/", at + 1)


def _leave(path):
    """Removes a file, and its folder if it was the last one in it."""
    _remove(path)
    try:
        while "/" in path:
            path = path[: path.rfind("/")]
            os.rmdir(path)
    except OSError:
        pass


def _is_same(one, two):
    if _size(one) != _size(two):
        return False
    with open(one, "rb") as first:
        with open(two, "rb") as second:
            data = first.read(_PIECE)
            while data:
                if data != second.read(_PIECE):
                    return False
                data = first.read(_PIECE)
    return True


def _copy(source, target):
    """Not over what is right already: while boot.py is torn main.py has to be whole, and vice versa."""
    try:
        if _is_same(source, target):
            return
    except OSError:  # torn
        pass
    data = memoryview(bytearray(_PIECE))
    with open(source, "rb") as old:
        with open(target, "wb") as new:
            n = old.readinto(data)
            while n:
                new.write(data[:n])
                n = old.readinto(data)
    _feed()


def _empty(folder):
    for name in _names(folder):
        _remove(folder + name)
        _feed()
        yield None
    try:
        os.rmdir(folder[:-1])
    except OSError:
        pass


def _moves():
    """Whether renaming over a file is one step here: not on FAT, which takes large letters for small."""
    return _size(_MARK.upper()) < 0 if _size(_MARK) >= 0 else _size(_LIST.upper()) < 0


# --- the state ---


def state():
    """[state, way, boots on trial, why]; the state is "" where nothing was decided."""
    try:
        with open(_MARK, "rb") as file:
            found = parse(file.read())
    except OSError:
        return ["", "", 0, ""]
    if not found[1]:
        found[1] = "move" if _moves() else "copy"
    return found


def parse(text):
    """What stands in deploy.switch; the way is "" if that is damaged."""
    found = ["", "", 0, ""]
    for line in text.split(b"\n")[:-1]:  # what is behind the last end of a line is torn
        try:
            word, _, rest = line.decode().partition(" ")
        except ValueError:
            continue
        if word == "boot":
            found[2] += 1
        elif word in _STATES:
            found[0] = word
        if word == "put":
            found[1] = rest
        elif rest:
            found[3] = rest
    if not found[1]:  # torn when it was made; or damaged, and then nobody knows how far it was
        torn = any([way.encode().startswith(text) for way in _WAYS])
        found[0] = "" if torn else "undo"
    return found


def _add(line):
    with open(_MARK, "a") as file:
        file.write(line.replace("\n", " ") + "\n")


def _is_listed():
    """Whether the list is there, and whole."""
    total = 0
    try:
        with open(_LIST, "rb") as file:
            for line in file:
                if line[:1] == b".":
                    return int(line[1:]) == total
                total = (total << 1 & 0xFFFFFF) + sum(line)
    except (OSError, ValueError):
        pass
    return False


def entries():
    """Yields (kind, size, path) of the list; of one that is damaged, of the old files that there are."""
    if not _is_listed():
        for name in _names(_PREV):
            yield "=", _size(_PREV + name), _path(name)
        return
    with open(_LIST) as file:
        for line in file:
            if line[0] == ".":
                return
            size, _, path = line[1:-1].partition(" ")
            yield line[0], int(size), path


# --- what svctl does, in this order ---


def prepare():
    """Copies what has to be whole at any moment; nothing has been decided. A generator, which pauses."""
    for _ in _empty(_PREV):
        yield None
    _folders(_PREV)
    moves = _moves()
    for kind, _, path in entries():
        if kind in "=-" and (not moves or path in (_BOOT, "main.py") or path[: len(_SELF)] == _SELF):
            _copy(path, _PREV + flat(path))
            yield None
    yield _WAYS[0 if moves else 1]


def commit(way):
    """Decides it: from here on the new set is put in its place, or the old one back."""
    with open(_MARK, "w") as file:
        file.write(way + "\n")


def put():
    """Puts the new set in its place; on trial then. Returns how many steps that were."""
    moves = state()[1] == "move"
    _look(moves)
    n = 0
    for kind, _, path in entries():
        _feed()
        new, old = _NEXT + flat(path), _PREV + flat(path)
        if kind == "~":
            new = _SHIM
        if kind == "-":
            if moves and _size(old) < 0:
                _rename(path, old)
            _leave(path)
        elif not moves:
            _folders(path)
            _copy(new, path)
        elif _size(new) >= 0:
            if kind == "=" and _size(old) < 0:
                _rename(path, old)
            _folders(path)
            os.rename(new, path)
        n += 1
    _add("trial")
    return n


def _rename(path, to):
    if _size(path) >= 0:
        os.rename(path, to)


def _look(moves):
    """Raises ValueError where something of the new set is missing."""
    if not _is_listed():
        raise ValueError(_LIST + " is damaged")
    for kind, size, path in entries():
        if kind in "=+" and _size(_NEXT + flat(path)) != size:
            put_already = kind == "+" or _size(_PREV + flat(path)) >= 0
            if not moves or _size(path) != size or not put_already:
                raise ValueError(path + " is missing in " + _NEXT[:-1])


def undo(text):
    """Puts the old set back."""
    now, way, _, _ = state()
    if now != "undo":
        try:
            _add("undo " + text)
        except OSError:  # the flash is full: without deploy.next, too, it can only go back
            pass
    for _ in _empty(_NEXT):
        pass
    # A boot.py of before does not look for this: it is the last, but for this file, which the new one needs.
    last = [None, None]
    for each in entries():
        path = each[2]
        if path == _BOOT:
            last[0] = each
        elif path[: len(_SELF)] == _SELF and each[0] == "+":
            last[1] = each
        else:
            _back(way, each[0], path)
    for each in last:
        if each is not None:
            _back(way, each[0], each[2])
    _add("undone")


def _back(way, kind, path):
    _feed()
    old = _PREV + flat(path)
    if kind == "+":
        _leave(path)
    elif kind != "~" and _size(old) >= 0:
        _folders(path)
        if way == "move":
            os.rename(old, path)
        else:
            _copy(old, path)


def settle():
    """Removes what the set that is in its place needs no more. A generator, which pauses."""
    global _trial
    _trial = False
    if state()[0] == "trial":
        _add("good")
    for folder in (_NEXT, _PREV):
        for _ in _empty(folder):
            yield None
    _remove(_LIST)
    _remove(_MARK)


# --- what a boot does ---


def boot():
    """For boot.py, or main.py where boot.py was harmed: finishes what was begun, counts boots on trial."""
    try:
        _boot()
    except Exception as error:  # the board comes up all the same
        sys.print_exception(error)
    if not _trial and why is None:
        sys.modules.pop("aioswitch", None)


def _boot():
    global why
    now, _, boots, text = begun = state()
    told = None
    if not now:
        return _remove(_MARK)
    if now == "put":
        try:
            put()
            now = "trial"
        except Exception as error:
            sys.print_exception(error)
            now, text = "undo", _said(error)
    elif now == "trial" and boots >= _MOST:
        now, text = "undo", "%d boots with the new files did not last%s" % (boots, text and ": " + text)
    if now == "undo":
        undo(text)
        now = "undone"
    if now == "undone":
        told = "the deploy was undone: " + (text or "it was cut")
    if now != begun[0]:
        _again()
    if told:
        _forget_boots()
        why = told
    if now == "trial":
        _try(boots)
    elif now == "good":
        for _ in settle():
            pass


def _again():
    """What was put in its place counts from now on; where that is boot.py itself, from a reset on."""
    if state()[0] in ("trial", "undone") and any([path == _BOOT for _, _, path in entries()]):
        _reset()


def _try(boots):
    global _trial
    import machine

    if boots and machine.reset_cause() == getattr(machine, "DEEPSLEEP_RESET", -1):
        for _ in settle():  # the boot before came to its own end
            pass
        return
    if not boots:
        _forget_boots()
    _trial = True
    try:
        _add("boot")
    finally:
        _arm(_DEADLINE)


def _forget_boots():
    """What the guard counts is about other files."""
    try:
        __import__("aioguard").pardon()
    except Exception:  # of the set on trial: that shows
        pass


def _arm(seconds):
    """Where code is waited for that never comes, as at the firmware's prompt, this resets the board."""
    global _timer
    for number in (-1, 3, 1):  # one of the chip, where there are no others: a program that takes it has it
        try:
            from machine import Timer

            _timer = _timer or Timer(number)
            _timer.init(mode=Timer.ONE_SHOT, period=seconds * 1000, callback=_late)
            return
        except Exception:
            pass  # a port without: its watchdog, or a person


def _late(_):
    global _held
    if _trial and _held:
        _arm(_held)  # and then no more
        _held = 0
    elif _trial and _has_lasted:  # the host that took it over is gone
        for _ in settle():
            pass
    elif _trial:
        failed("it was not up in time")


def hold(seconds):
    """A host judges whether this boot is healthy, and has that long."""
    global _held
    if _trial:
        _held = seconds


def lasted():
    """For the guard: the boot has lasted, or ended as it should. A generator, which pauses."""
    global _has_lasted
    _has_lasted = True
    if not _held and (_trial or why is not None):
        try:
            for _ in settle():
                yield None
        except OSError as error:  # at the next boot again
            sys.print_exception(error)
        if why is None:
            sys.modules.pop("aioswitch", None)


def failed(error):
    """For main.py: on trial the board tries again, or goes back; else this does nothing."""
    if _trial:
        if isinstance(error, Exception):
            sys.print_exception(error)
        try:
            _add("why " + _said(error))
        except OSError:
            pass
        _reset()


def _said(error):
    if isinstance(error, Exception):
        error = "%s: %s" % (type(error).__name__, error)
    return error[:120]


def _reset():
    import machine

    machine.reset()
