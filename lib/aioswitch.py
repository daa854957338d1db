# The switch from one set of files to the next: all of a deploy or nothing, whenever the power goes; and the
# trial of the new set, which only its health ends well.
#
# svctl sends what differs to deploy.next, and a list of what is to happen, deploy.list. Then one line in
# deploy.switch decides it: boot.py finds it after a power cut, and loads this file, which finishes what was
# begun. What was replaced lies in deploy.prev, until the next deploy begins to write.
#
#   last line of deploy.switch, to which lines are only ever added     what a boot does with it
#     (none)     nothing is decided, or all is settled. Of a set       nothing, and nobody looks
#                that is kept there are deploy.list, deploy.prev
#                and no deploy.next
#     put WAY    the files take their places                           completes it: trial; or cannot: undo
#     trial      all of the new set is in its place                    adds "boot"; at the third: undo
#     good       it is healthy, and stays; the old one is kept         removes deploy.next, deploy.switch
#     undo WHY   the old files take their places again                 completes it: undone
#     undone     all of the old set is in its place                    tells why; when it has lasted, or was
#                                                                      shut down, all of deploy.* goes
#
#   what happens on trial                       then
#     the board finds itself healthy; the       good (aioboot/trial; svctl deploy, confirm)
#       host that deploys does; a person
#       says so
#     a service that was up before has          undo, and a reset
#       failed, or the manager has a fault
#     the loop stands still for 90 s            undo, and a reset: the timer
#     90 s without a loop, as at the prompt     a reset: the timer, and so that boot has ended, as below
#     reset, crash, power cut, main.py          still on trial: how a boot ends says nothing good of it. After
#       raises, Ctrl-C, shutdown, deep sleep      two boots that ended so the next is an undo
#     the host that restarts services is gone   a reset: a boot shows what they are
#     a host attaches, and goes                 nothing. A console that is busy for it is no loop that stands
#                                                 still, unless the console's own file is on trial
#     svctl rollback                            undo (of a set that is kept: a switch to that, on trial)
#     svctl deploy                              judges it first: good or undo
#
#   deploy.list      "KINDsize path", in order; then its sum, so that one that is damaged is known
#     =  replaces a file      +  there was none      -  leaves      ~  stands in for boot.py meanwhile
#     behind the sum:  "up NAMES" services that were up before   "fault TEXT" of the manager before
#                      "back" this is the set that was there before, brought back
#
#   WAY "move": renaming over a file is one step (littlefs). boot.py, main.py and this file are copied to
#   deploy.prev before it is decided, so that they are never missing; the others are renamed there.
#   WAY "copy": it is not (FAT, where a power cut in a rename can leave two names of one file). All old files
#   are copied to deploy.prev before it is decided; then each is written over, where it is not yet right.
#
# boot.py looks for this file in deploy.next and deploy.prev first: what lies there is whole, and so it is
# the old one that sees to a trial. While boot.py itself is written over main.py is whole, and sees to it.
# Each step may be done twice.

import os
import sys
import time

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
_DEADLINE = const(90)  # s without a sign of life of a board on trial
_SAID = const(120)  # characters of a reason
_LASTED = const(60)  # what is left of these when a boot has lasted

why = None  # of a boot behind an undo: what people are to know; guards of any release look here


class _Trial:
    """What is known in this boot of a set of files on trial."""

    on = False  # whether there is one
    timer = None  # of the chip, that resets the board
    until = 0  # ticks_ms at which it does


_trial = _Trial()


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
    except (OSError, UnicodeError):  # a FAT folder that grew when the power went
        return ()


def _feed():
    watchdog = sys.modules.get("aioboot.watchdog")
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


def copy(source, target):
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


def moves():
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
        found[1] = "move" if moves() else "copy"
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


def is_listed(name=_LIST):
    """Whether the list is there, and whole."""
    total = 0
    try:
        with open(name, "rb") as file:
            for line in file:
                if line[:1] == b".":
                    return int(line[1:]) == total
                total = (total << 1 & 0xFFFFFF) + sum(line)
    except (OSError, ValueError):
        pass
    return False


def entries(name=_LIST):
    """Yields (kind, size, path) of the list; of one that is damaged, of the old files that there are."""
    if not is_listed(name):
        for name in _names(_PREV):
            yield "=", _size(_PREV + name), _path(name)
        return
    with open(name) as file:
        for line in file:
            if line[0] == ".":
                return
            size, _, path = line[1:-1].partition(" ")
            yield line[0], int(size), path


def beside(text=None):
    """What stands in the list behind its sum: {word: the rest of its line}."""
    found = {}
    try:
        if text is None:
            with open(_LIST, "rb") as file:
                text = file.read()
        for line in (b"\n" + text).partition(b"\n.")[2].split(b"\n")[1:-1]:
            word, _, rest = line.decode().partition(" ")
            found[word] = rest
    except (OSError, ValueError):
        pass
    return found


# --- what svctl does, in this order ---


def prepare():
    """Copies what has to be whole at any moment; nothing has been decided. A generator, which pauses."""
    for _ in _empty(_PREV):
        yield None
    _folders(_PREV)
    renames = moves()
    for kind, _, path in entries():
        if kind in "=-" and (not renames or path in (_BOOT, "main.py") or path[: len(_SELF)] == _SELF):
            copy(path, _PREV + flat(path))
            yield None
    yield _WAYS[0 if renames else 1]


def commit(way):
    """Decides it: from here on the new set is put in its place, or the old one back."""
    with open(_MARK, "w") as file:
        file.write(way + "\n")


def put():
    """Puts the new set in its place; on trial then. Returns how many steps that were."""
    renames = state()[1] == "move"
    _look(renames)
    n = 0
    for kind, _, path in entries():
        _feed()
        new, old = _NEXT + flat(path), _PREV + flat(path)
        if kind == "~":
            new = _SHIM
        if kind == "-":
            if renames and _size(old) < 0:
                _rename(path, old)
            _leave(path)
        elif not renames:
            _folders(path)
            copy(new, path)
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


def _look(renames):
    """Raises ValueError where something of the new set is missing."""
    if not is_listed():
        raise ValueError(_LIST + " is damaged")
    for kind, size, path in entries():
        if kind in "=+" and _size(_NEXT + flat(path)) != size:
            put_already = kind == "+" or _size(_PREV + flat(path)) >= 0
            if not renames or _size(path) != size or not put_already:
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
            copy(old, path)


def settle():
    """The set that is in its place stays: on trial it is good, and the one before is kept; else that goes.
    A generator, which pauses."""
    now = state()[0]
    was, _trial.on = _trial.on, False
    try:
        if now == "trial":
            _add("good")
    except OSError:
        _trial.on = was
        raise
    if _trial.timer is not None:
        _trial.timer.deinit()
    good = now in ("trial", "good")
    if not good:  # first of all: without it what is left is no set
        _remove(_LIST)
    for folder in (_NEXT,) if good else (_NEXT, _PREV):
        for _ in _empty(folder):
            yield None
    _remove(_MARK)


def begin():
    """Without a reset: services are to be restarted on trial now, by a host that judges them."""
    _trial.on = True
    arm()
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio.core.cur_task is not None:
        try:
            from aioboot.trial import judge

            asyncio.create_task(judge(None, True))
        except ImportError:  # an earlier set, which is to be restarted: the timer alone
            pass


# --- what a boot does ---


def boot():
    """For boot.py, or main.py where boot.py was harmed: finishes what was begun, counts boots on trial."""
    try:
        _boot()
    except Exception as error:  # the board comes up all the same
        sys.print_exception(error)
    if not _trial.on and why is None:
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
    _trial.on = True
    arm()
    if not boots:
        _forget_boots()
    _add("boot")


def _forget_boots():
    """What the guard counts is about other files."""
    try:
        from aioboot.guard import pardon

        pardon()
    except Exception:  # of the set on trial: that shows
        pass


def arm():
    """A sign of life of a board on trial: the timer begins anew. Where none comes for that long, as of code
    that hangs, it resets the board."""
    _trial.until = time.ticks_add(time.ticks_ms(), _DEADLINE * 1000)
    for number in (-1, 3, 1):  # one of the chip, where there are no others: a program that takes it has it
        try:
            from machine import Timer

            _trial.timer = _trial.timer or Timer(number)
            _trial.timer.init(mode=Timer.ONE_SHOT, period=_DEADLINE * 1000, callback=_late)
            return
        except Exception:
            pass  # a port without: its watchdog, or a person


def left():
    """The s until then."""
    return time.ticks_diff(_trial.until, time.ticks_ms()) // 1000


def _late(_):
    if not _trial.on:
        return
    try:
        name = _busy()
    except Exception:  # no loop that is known
        name = None
    if name == "":
        arm()
    elif name:
        refuse(name + " hangs: no sign of life for %d s" % _DEADLINE)
    else:
        failed("it was not up in time")


def _busy():
    """Whose code the loop stands in; None: no loop runs. "": a console that this deploy did not bring, and so
    it is busy for somebody who sits there."""
    task = sys.modules["asyncio"].core.cur_task
    if task is None:
        return None
    group = sys.modules["aiobase"].group()
    near = []
    for service in group.services.values():
        if task in service.__dict__.values():  # the name of that attribute is the build's
            mine = "/%s_service." % service.name
            if not getattr(service, "prompt", False) or any([mine in path for _, _, path in entries()]):
                return service.name + ".service"
            return ""
        if service.state in ("starting", "stopping"):
            near.append(service.name + ".service")
    for record in group.records.values():
        if record.task is task:
            return record.name
    for name, module in sys.modules.items():
        if name[-8:] == "_service" and not hasattr(module, "service"):  # its import has not ended
            return name[name.rfind(".") + 1 : -8] + ".service"
    return " or ".join(near) or "a task"


def refuse(text):
    """On trial: it goes back, by a reset."""
    if _trial.on:
        try:
            _add("undo " + text[:_SAID])
        except OSError:  # the flash is full: a boot that has ended
            pass
        _reset()


def hold(seconds):
    """For an earlier svctl, which judged alone."""


def lasted():
    """For the guard: a boot behind an undo has lasted, or ended as it should, and people know of it. The
    guard of an earlier set says so on trial, too. A generator, which pauses."""
    if why is not None or _trial.on and "aioboot.trial" not in sys.modules and left() <= _LASTED:
        try:
            for _ in settle():
                yield None
        except OSError as error:  # at the next boot again
            sys.print_exception(error)
        if why is None:
            sys.modules.pop("aioswitch", None)


def failed(error):
    """For main.py: on trial the board tries again, or goes back; else this does nothing."""
    if _trial.on:
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
    return error[:_SAID]


def _reset():
    import machine

    machine.reset()
