# The boot record: how many boots in a row did not last, and whose code ran when the board died.
# boot.py loads it; where nothing is wrong its memory is free again when the boot has lasted.
#
# Three words, in memory that a reset leaves alone and a power cut does not: scratch registers
# of an RP2040, or RTC memory behind the user's bytes (ESP32). A board with neither has `n`, `ended`
# and `step` in files (kept.py), written from the first reset on that nobody asked for.
#
#   STATE  tag | boots in a row that did not last | phase
#            boots   boot.py ran; it has not lasted yet
#            lasted  30 s later; boots in a row are 0 from here on
#            ended   shutdown() has finished
#            + safe  in safe mode
#   CRUMB  hash of the service whose code runs, 0 between steps; + told: the death is foretold, by
#          the hardware watchdog or by a restart limit, and the crumb stays
#   LAST   the CRUMB that boot.py found; + died
#
#   at power-on                       what boot.py does
#     no tag: power cut, others' bytes, damage     0 boots; nothing is known of the boot before
#     deep sleep                      0 boots: it had come to its own end
#     ended, or a soft reset          boots stay
#     boots, and a person's crumb     boots stay: it was typed at the console
#     boots                           + 1, died
#     boots, power-on, record in a file  boots stay: a power cut (memory would have lost the record)
#     lasted                          0 boots; died if the crumb is not 0
#   After a reset a boot is one that followed a soft reset, on ESP32 and RP2040, if the
#   chip has been up for 3 s by then.
#   Three boots or more: safe mode. In each case the phase is `boots` then, and the crumb 0.
#   30 s later: 0 boots, so the next restart leaves safe mode. resume() does so at once. A death in safe
#   mode before that leads to safe mode again.
#
# After a death, and while boots in a row are not 0, each file is compared with the manifest: boot.py does it,
# and stays at the prompt if one of lib/ is damaged; nothing is counted then.
#
# A death that counts is blamed on the crumb, when the manager knows the names: kept.py has a count for
# each, cleared when a boot lasts out of safe mode; at three the service is masked, until a person unmasks it.

import sys
import machine

from aiobase import forget
from aioboot import clear

_STATE = const(0)
_CRUMB = const(1)
_LAST = const(2)
_TAG = const(0x1A53)  # with it a word stays below 2 ** 30, and so no object is made of it
_BOOTS = const(1)
_LASTED = const(2)
_ENDED = const(3)
_PHASE = const(7)
_SAFE = const(8)
_TOLD = const(0x10000)
_DIED = const(0x20000)
_PERSON = const(0xFFFF)  # a crumb: the console
_MOST = const(3)
_LASTS = const(30)  # s
_SOON = const(3000)  # ms: by then a chip that was reset has come to boot.py
# What began a boot.
_POWER = const(1)
_RESET = const(2)
_SLEPT = const(3)
_SOFT = const(4)
_MARK = const(b"aioG")
_SIZE = const(16)


class _Registers:
    def __init__(self):
        # SCRATCH0 to 2; the boot ROM uses the upper four. Made once: such numbers are objects.
        first = 0x400D800C if "RP2350" in getattr(sys.implementation, "_machine", "") else 0x4005800C
        self.at = (first, first + 4, first + 8)

    def get(self, i):
        return machine.mem32[self.at[i]]

    def put(self, i, value):
        machine.mem32[self.at[i]] = value


class _Rtc:
    def __init__(self):
        self.rtc = machine.RTC()
        if self.rtc.memory()[-_SIZE:-12] != _MARK and len(self.rtc.memory()) > 2048 - _SIZE:
            raise ValueError  # the user's bytes leave no room

    def get(self, i):
        data = self.rtc.memory()[-_SIZE:]
        return int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "little") if data[:4] == _MARK else 0

    def put(self, i, value):
        data = self.rtc.memory()
        if data[-_SIZE:-12] != _MARK:
            data += _MARK + bytes(12)
        data = bytearray(data)
        at = len(data) - 12 + 4 * i
        data[at : at + 4] = value.to_bytes(4, "little")
        self.rtc.memory(data)


def _find():
    try:
        if hasattr(machine, "mem32") and (sys.platform == "rp2" or hasattr(machine, "_wire")):
            return _Registers()
        if hasattr(machine.RTC, "memory"):
            return _Rtc()
    except Exception:
        pass
    return None  # it is in a file


_memory = _find()


class _Boot:
    """What this boot has come to."""

    _crumb = None  # with a record in a file: whether the names of services are written down as they run
    _told = _pardoned = False  # a death was foretold; how the boot before ended says nothing
    _manager = _service = None  # the manager and the class of services, once it comes up
    _check = None  # boot.py's function that compares files with the manifest, where it was asked
    _damaged = ()  # of what it found, the files that are not in lib/
    _live = _task = None  # Service._live and asyncio.create_task, where the steps are marked
    _now = None  # the _Steps that is at it
    _ends = ()  # how a life may end


_this = _Boot()


def _kept():
    return __import__("aioboot.kept").kept


def _state():
    """(boots that did not last, phase, whether in safe mode) of this boot, or of the one before."""
    if _memory is None:
        read = _kept().read()
        return read.get("n", 0), _ENDED if read.get("ended") else _BOOTS, read.get("safe", False)
    word = _memory.get(_STATE)
    if word >> 16 != _TAG:
        return 0, 0, False
    return word >> 4 & 15, word & _PHASE, bool(word & _SAFE)


def _set(n, phase, safe):
    if _memory is None:
        kept = _kept()
        read = kept.read()
        # Nothing is written where nothing has happened; `ended` matters only after a reset.
        ended = phase == _ENDED and n > 0
        if (read.get("n", 0), read.get("ended", False), read.get("safe", False)) != (n, ended, safe):
            read.update({"n": n, "ended": ended, "safe": safe})
            kept.save(read)
    else:
        _memory.put(_STATE, _TAG << 16 | n << 4 | phase | (_SAFE if safe else 0))


def code(name):
    """A service's crumb."""
    h = 5381
    for byte in name.encode():
        h = h * 33 & 0xFFFFFF ^ byte
    return h % 0xFFFE + 1


def _cause():
    """What began this boot: _POWER, _SLEPT, _SOFT or _RESET.

    RP2040 knows power-on and watchdog alone, and so do some of machine's constants; ESP32 says SOFT_RESET for
    machine.reset(). A soft reset leaves both with the cause that they had. What tells is the clock of the
    chip: it goes on then, and begins anew with any other reset.
    """
    if _this._pardoned:
        return _SLEPT
    cause = machine.reset_cause()
    if cause == getattr(machine, "DEEPSLEEP_RESET", -1):
        return _SLEPT
    if sys.platform in ("esp32", "rp2"):
        soft = _up() > _SOON
    else:
        soft = cause == getattr(machine, "SOFT_RESET", -1)
    return _SOFT if soft else _POWER if cause == machine.PWRON_RESET else _RESET


def _up():
    return __import__("time").ticks_ms()


def pardon():
    """How the boot before ended says nothing of the files that are there now."""
    _this._pardoned = True


def start(check=None):
    """For boot.py: decides what the boot before was, and what this one is.

    Returns the files of lib/ that are damaged, if any; nothing is to be started then. `check` is boot.py's.
    """
    cause = _cause()
    before, phase, _ = _state()
    n = before
    crumb = 0
    if _memory is not None:
        crumb = _memory.get(_CRUMB) if phase else 0
    elif cause in (_POWER, _SLEPT):
        phase = _LASTED if cause == _SLEPT else _ENDED
    died = phase in (_BOOTS, _LASTED) and crumb != _PERSON
    if cause in (_SLEPT, _SOFT):
        died = False
    if cause == _SLEPT or phase == _LASTED:
        n = 0
    if phase == _LASTED and not crumb:
        died = False
    if died and phase == _BOOTS:
        n = min(n + 1, _MOST)
    if check is not None and (n or died):
        _this._damaged = check()
        if _this._damaged is not None:
            lib = [path for path in _this._damaged if path[:4] == "lib/"]
            if lib:
                return lib
            _this._check = check
    if _memory is None:
        # A loop of resets in safe mode writes no more.
        _this._crumb = n > 0 and before < _MOST
        if died:
            _kept().died(n, before)
    else:
        early = _DIED if died and phase == _BOOTS else 0
        _memory.put(_LAST, crumb | early if died else 0)
        _memory.put(_CRUMB, 0)
    _set(n, _BOOTS, n >= _MOST)
    _drop(_memory is None and not n and "aioswitch" not in sys.modules)  # nothing more to do on such a board


def _drop(all_of_it):
    """Gives back the memory of kept.py, and of this room."""
    forget("aioboot.kept")
    if all_of_it:
        forget("aioboot.guard")
        clear()


def damaged():
    """The files that still are not as the manifest has them; None where that was not looked at."""
    if _this._check is None:
        return None
    if _this._damaged:
        _this._damaged = _this._check([path.rpartition(".")[0] for path in _this._damaged]) or ()
    return _this._damaged


def safe():
    """Whether this boot is in safe mode."""
    return _state()[2]


def in_memory():
    """Whether the record is in memory that survives a reset."""
    return _memory is not None


def blame():
    """(crumb that the last boot left, whether that boot did not last, whether its end was foretold)."""
    word = 0 if _memory is None else _memory.get(_LAST)
    return word & 0xFFFF, bool(word & _DIED), bool(word & _TOLD)


def begin(manager, known, service):
    """When the manager comes up, in an event loop: what is wrong with this boot, in one line; or None.

    `known`: the names of all services; `service`: their class.
    """
    n, phase, is_safe = _state()
    if _this._manager is None and phase:
        _this._manager = manager
        _this._service = service
        crumb, counts, _ = blame()
        if crumb and counts or _memory is None and n:
            name = None
            for each in known:
                if code(each) == crumb:
                    name = each
            if name is not None or _memory is None:
                _kept().blamed(name)
        if _this._crumb or _memory is not None and (n or "aioboot.watchdog" in sys.modules):
            _trace(True)
        create_task = __import__("asyncio").create_task
        create_task(_last())
        if "aioswitch" in sys.modules and sys.modules["aioswitch"].why is None:
            from .trial import judge

            create_task(judge(manager))
    if not is_safe:
        return sys.modules["aioswitch"].why if "aioswitch" in sys.modules else None
    who = _kept().read().get("who")
    return "safe mode: %d boots did not last %d s, %s; aioservice.resume() leaves it" % (
        _MOST,
        _LASTS,
        "%s.service is to blame" % who if who else "nobody is known to be to blame",
    )


def note(name):
    """Notes that a service's file is imported; None: no longer."""
    if not _this._told:
        if _memory is not None:
            _memory.put(_CRUMB, code(name) if name else 0)
        elif _this._crumb and name:  # until the first life begins: half the writes
            _kept().step(name)


class _Steps:
    """A coroutine, each of whose steps is marked, and of the tasks that it makes.

    With a record in a file only the first step of a life is, and that of its setup().
    """

    def __init__(self, coro, crumb, name, life=None):
        self.coro = coro
        self.crumb = crumb
        self.name = self.whose = name
        self.life = life  # the service, if this is its life and not a task that it made

    def send(self, value):
        return self._step(self.coro.send, value)

    def throw(self, error):
        return self._step(self.coro.throw, error)

    def close(self):
        self.coro.close()

    def pend_throw(self, error):
        return self.coro.pend_throw(error)

    def _step(self, call, value):
        if _memory is None:
            if self.name is None:
                return call(value)
            _kept().step(self.name)
            self.name = None
            if self.crumb:  # a life: its setup() is a task that it makes
                _this._now = self
        else:
            _this._now = self
            if not _this._told:
                _memory.put(_CRUMB, self.crumb)
        try:
            return call(value)
        except BaseException as error:
            if self.life is not None and not isinstance(error, _this._ends):
                _panic(self.life, error)
            raise
        finally:
            _this._now = None
            if _memory is None:
                _kept().step("")
            elif not _this._told:
                _memory.put(_CRUMB, 0)


def _panic(name, error):
    """The manager's own code failed: something has written over it, as code of a damaged file may."""
    sys.print_exception(error)
    foretell(name, "the manager itself failed: %r" % error)
    machine.reset()


def _traced(service, error=None):
    name = service.name
    person = service.manager is not None and name == service.manager.last
    crumb = _PERSON if person else code(name)
    return _Steps(_this._live(service, error), crumb, None if person else name, name)


def _create(coro):
    """asyncio.create_task(): who makes a task is to blame for it."""
    if _this._now is not None and not isinstance(coro, _Steps):
        coro = _Steps(coro, 0 if _memory is None else _this._now.crumb, _this._now.whose)
    return _this._task(coro)


def _trace(on):
    """Has the steps of services marked from now on, or no longer."""
    import asyncio

    _this._ends = (StopIteration, KeyboardInterrupt, asyncio.CancelledError)

    if on:
        _this._live, _this._task = _this._service._live, asyncio.create_task
    _this._service._live = _traced if on else _this._live
    asyncio.core.create_task = asyncio.create_task = _create if on else _this._task


async def _last():
    """Says that the boot has lasted, and gives back what was only there to see that."""
    await __import__("asyncio").sleep(_LASTS)
    while _this._told:
        await __import__("asyncio").sleep(1)
    is_safe = safe()
    _set(0, _LASTED, is_safe)
    if not is_safe:
        for _ in _undone():
            await __import__("asyncio").sleep(0)
    for path in ("services.state0", "services.state1", "services.step") if not is_safe else ():
        try:
            __import__("os").stat(path)
        except OSError:
            continue
        _kept().lasted()
        break
    watched = "aioboot.watchdog" in sys.modules
    if _this._live is not None and (_memory is None or not watched):
        _trace(False)
    _this._crumb = None
    _drop(not is_safe and not watched)


def _undone():
    """Ends a deploy that was undone: people had a boot to read of it. An iterator, which pauses."""
    switch = sys.modules.get("aioswitch")
    return () if switch is None or switch.why is None else switch.lasted()


def ended():
    """A shutdown has finished: what comes now does not count. A trial goes on: that is no health."""
    n, phase, is_safe = _state()
    if phase and (_memory is not None or n):
        _set(n, _ENDED, is_safe)
    for _ in _undone():
        pass


def leave():
    """Leaves safe mode; this boot is to last from now on."""
    _set(0, _BOOTS, False)
    if _this._manager is not None:
        __import__("asyncio").create_task(_last())


def foretell(name, why):
    """The board will be reset on purpose, and that is a service's fault; None: it will not.

    What is known now is written to the flash, as the memory is lost.
    """
    if _state()[1]:
        _this._told = name is not None
        if _memory is not None:
            _memory.put(_CRUMB, code(name) | _TOLD if name else 0)
        try:
            if name:
                _kept().note(name, why)
        except Exception:  # no memory for it: the reset comes all the same
            pass
