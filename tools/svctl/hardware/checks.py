"""The twenty checks of `svctl test-board`. Each is a function of a bench that returns what was measured, in a
few words; it raises Failed, or any ToolError, where that is not as it should be, and NotHere where the board,
or what is on it, has nothing to try."""
from __future__ import annotations

import contextlib
import json
import statistics
import time
from typing import Callable, NamedTuple

from svctl.deploy import plan as plans
from svctl.deploy import send, trial
from svctl.errors import BoardFault, LinkError, ToolError
from svctl.hardware.bench import NAME, UP, Bench, Small, compiled
from svctl.link.cable import type_keys
from svctl.manage import act, services

ROUND = 20
SENT, FLASHED = 8192, 16384  # bytes
PIECE = 1024
LEAST = 4000  # bytes of heap in one piece: a few pages of what a deploy sends
DRIFT = 0.01
LATE = 100  # ms
TURNS, PERIOD = 30, 100  # of a task, and ms
CALLS, EACH = 40, 50  # of a timer, and ms
GROWN = 128  # bytes; a collector takes what lies on the stack for references
BOOTS = 3  # that do not last lead to safe mode
WATCHDOG = 4000  # ms


class Failed(ToolError):
    """What was tried does not do what it should."""


class NotHere(Exception):
    """It cannot be tried on this board; says why."""


class Check(NamedTuple):
    name: str
    run: Callable[[Bench], str]
    needs_manager: bool = True


def link(bench: Bench) -> str:
    times = []
    for _ in range(ROUND):
        begin = time.monotonic()
        if bench.attach().run("print(6*7)") != "42\n":
            raise Failed("an answer was another")
        times.append((time.monotonic() - begin) * 1000)
    return f"a command and its answer take {statistics.median(times):.1f} ms, {max(times):.1f} at most"


def throughput(bench: Bench) -> str:
    board, text = bench.attach(), "x" * PIECE
    board.call("measures", "sink", "")
    begin = time.monotonic()
    for _ in range(SENT // PIECE):
        board.call("measures", "sink", text)
    middle = time.monotonic()
    if any(board.call("measures", "flood", PIECE) != text + "\n" for _ in range(SENT // PIECE)):
        raise Failed("what came was not what was sent")
    end = time.monotonic()
    there, back = (SENT / 1000 / max(seconds, 1e-6) for seconds in (middle - begin, end - middle))
    return f"{there:.1f} kB/s to the board, {back:.1f} kB/s from it"


def firmware(bench: Bench) -> str:
    about, mpy = bench.about, bench.about["mpy"]
    version = tuple(int(part) for part in about["version"].split(".")[:2])
    said = f"{about['name']} {about['version']} ({about['platform']}), " + (
        f".mpy v{mpy & 0xFF}.{mpy >> 8 & 3}" if mpy else "no .mpy")
    if about["name"] != "micropython" or version < send.OLDEST or not mpy or mpy & 0xFF != 6:
        raise Failed(f"{said}: MicroPython 1.24 or newer with .mpy v6 is needed")
    return said


def heap(bench: Bench) -> str:
    said = f"{bench.about['heap_free']} B of {bench.about['heap']} B free, {bench.largest} B in one piece"
    if bench.largest < LEAST:
        raise Failed(f"{said}: a deploy takes {LEAST} B")
    return said


def flash(bench: Bench) -> str:
    free = bench.about["flash_free"]
    if free is not None and free < 2 * FLASHED:
        raise NotHere(f"only {free} B are free")
    wrote, read = json.loads(bench.attach().call("measures", "flash", FLASHED))
    write_rate, read_rate = (FLASHED / max(ms, 1) for ms in (wrote, read))
    return f"writes {write_rate:.0f} kB/s, reads {read_rate:.0f} kB/s" + (f", {free} B free" if free else "")


def files(bench: Bench) -> str:
    torn, after, taken = json.loads(bench.attach().call("measures", "files"))
    if after == "new" and taken:
        return "renaming over a file is one step; " + (
            "the old one stays until the new is closed" if torn == "old" else "one being written is empty")
    if after == "old":
        return "no renaming over a file, as on FAT: deploys copy"
    raise Failed(f"a file that another was renamed over says {after!r}")


def lifecycle(bench: Bench) -> str:
    begin = time.monotonic()
    bench.invite()
    loaded = time.monotonic() - begin
    for verb, wanted in (("stop", "stopped"), ("start", "running"), ("restart", "running")):
        error = act.call(bench.attach(), verb, NAME)[1]
        bench.until(lambda guest, wanted=wanted: guest["state"] == wanted, f"{verb} had it {wanted}")
        if error:
            raise Failed(f"{verb}: {error}")
    return f"sent and loaded in {loaded:.1f} s; stop, start and restart do what they say"


def loop(bench: Bench) -> str:
    worst, last = bench.task("loop", TURNS * PERIOD / 1000, TURNS, PERIOD)
    if worst > LATE or last > LATE:
        raise Failed(f"a task that runs each {PERIOD} ms was up to {worst} ms late: svctl top tells who "
                     "holds the loop")
    return f"a task each {PERIOD} ms: {worst} ms late at most, {last} ms at the {TURNS}th"


def interrupts(bench: Bench) -> str:
    calls = bench.task("timer", CALLS * EACH / 1000, EACH, CALLS)
    if calls < 0:
        raise NotHere("the port has no machine.Timer to spare")
    said = f"a timer of {EACH} ms called {calls} times in {CALLS * EACH} ms"
    if abs(calls - CALLS) > 2:
        raise Failed(said)
    return said


def printing(bench: Bench) -> str:
    board = bench.attach()
    board.call("measures", "have", "noisy", True)
    try:
        beats = bench.guest()["beats"]
        for number in range(ROUND):
            if board.run(f"print({number})") != f"{number}\n":
                raise Failed("what a service prints stood in an answer")
        more = bench.until(lambda guest: guest["beats"] > beats, "it printed")["beats"] - beats
    finally:
        board.call("measures", "have", "noisy", False)
    return f"{ROUND} answers were clean beside {more} lines of a service"


def failing(bench: Bench) -> str:
    before = bench.guest()["restarts"]
    bench.attach().call("measures", "have", "fails", 1)
    act.call(bench.attach(), "restart", NAME)
    begin = time.monotonic()
    bench.until(lambda guest: guest["restarts"] > before and guest["state"] == "running", "it was restarted")
    return f"a service that failed was restarted, {time.monotonic() - begin:.1f} s later"


def ctrl_c(bench: Bench) -> str:
    before = bench.guest()["beats"]
    uptime = bench.uptime()
    bench.detach()
    type_keys(bench.port, b"\x03" * ROUND)
    if bench.uptime() < uptime:
        raise Failed("the board was reset by it")
    bench.until(lambda guest: guest["beats"] > before and guest["state"] == "running", "a service went on")
    return f"services go on through {ROUND} of them, and the prompt is there"


def memory(bench: Bench) -> str:
    grown, used = bench.task("cycle", 2, ROUND)
    if grown > GROWN:
        raise Failed(f"{ROUND} loads and unloads took {grown} B of heap for good")
    return f"{ROUND} loads and unloads took {max(grown, 0)} B, of {used} B in use"


def deploy(bench: Bench) -> str:
    board = bench.attach()
    board.call("measures", "tell", "aside")
    begin = time.monotonic()
    new = Small(compiled(2))
    there, _ = send.look(board, new.files)
    plan = plans.make(new.files, there, set())
    plan.ledger = []
    before = services.of(board, None)
    up = trial.were_up(before)
    sender = send.Sender(board, new, plan, there, lambda *_: None, plans.beside(up, bench.about["fault"]))
    sender.stage()
    sender.switch(False)
    _judged(trial.in_place(board, plans.effect(plan), before, up), bench, 2)
    middle = time.monotonic()
    way = send.roll_back(board, plans.beside(up, bench.about["fault"], True))
    back = plans.effect(plans.listed(send.read(board, plans.LIST)))
    send.go(board, way, False)
    _judged(trial.in_place(board, back, before, up), bench, 1)
    board.call("measures", "tell", "back")
    return f"a changed service took {middle - begin:.1f} s, its rollback {time.monotonic() - middle:.1f} s"


def _judged(judged, bench: Bench, version: int) -> None:
    if judged.why is not None:
        raise Failed(f"the files before came back: {judged.why}")
    found = bench.guest()["version"]
    if found != version:
        raise Failed(f"version {found} of a service runs, and {version} was brought")


def clock(bench: Bench) -> str:
    began, first = bench.began
    now, last = bench.ticks()
    passed, board = now - began, ((last - first) & 0x3FFFFFFF) / 1000
    drift = (board - passed) / passed
    way = "fast" if drift > 0 else "slow"
    said = f"the board's clock went {abs(board - passed) * 1000:.0f} ms {way} in {passed:.0f} s"
    if abs(drift) > DRIFT:
        raise Failed(f"{said}, more than 1 %")
    return said


def reset(bench: Bench) -> str:
    before = bench.uptime()
    took = bench.reset()
    if bench.has_manager and bench.uptime() > before + took:
        raise Failed("machine.reset() did not reset the board")
    if not bench.has_manager:
        return f"at its prompt after {took:.1f} s"
    cause = bench.last_boot()["cause"]
    if cause not in ("reset", "watchdog", "soft reset"):
        raise Failed(f"the cause of a reset is {cause}")
    return f"at its prompt after {took:.1f} s; the cause is: {cause}"


def soft_reset(bench: Bench) -> str:
    if bench.about["platform"] == "linux":
        raise NotHere("Ctrl-D ends a simulated board")
    board = bench.attach()
    if bench.is_watched():
        raise NotHere("a hardware watchdog is armed, which resets a board that was shut down")
    before, begin = int(board.call("measures", "clock")), time.monotonic()
    bench.detach()
    type_keys(bench.port, b"\x04", b">>> ", UP)
    type_keys(bench.port, b"\x04")
    bench.back()
    after, passed = int(bench.attach().call("measures", "clock")), time.monotonic() - begin
    if not 0 <= after - before <= passed + 2:  # how exact it is, clock() says
        raise Failed(f"the clock is {after - before} s on, and {passed:.0f} s have passed")
    return f"Ctrl-D, Ctrl-D: up again, and the clock went on, {after - before} s"


def safe_mode(bench: Bench) -> str:
    if bench.is_watched():
        raise NotHere("a hardware watchdog is armed: the service would be masked")
    bench.until(lambda guest: guest["state"] == "running", "the guest was there after a reset")
    send.write(bench.attach(), {f"{NAME}.txt": str(BOOTS).encode()})
    took = bench.reset()
    last = bench.last_boot()
    if not last["safe"]:
        raise Failed(f"{BOOTS} boots that ended at once led to no safe mode")
    bench.attach().run("__import__('aioservice').resume()")
    with contextlib.suppress(BoardFault):
        act.call(bench.attach(), "unmask", NAME)
    bench.until(lambda guest: guest["state"] == "running", "it ran again")
    return f"{BOOTS} boots that ended at once led to it in {took:.0f} s; resume() left it"


def journal(bench: Bench) -> str:
    board = bench.attach()
    board.call("measures", "have", "fails", 2)
    with contextlib.suppress(LinkError):
        act.call(board, "restart", NAME)
        for _ in range(600):
            bench.guest()
            board.rest(0.1)
        raise Failed("a service that failed twice in a minute did not reset the board")
    bench.back()
    last = bench.last_boot()
    if last["service"] != NAME or "as it is told" not in str(last["log"]):
        raise Failed(f"last_boot() names {last['service']}, {'with' if last['log'] else 'without'} lines")
    return "a service that failed too often reset the board; last_boot() has its lines"


def watchdog(bench: Bench) -> str:
    if not bench.asked_watchdog:
        raise NotHere("it is asked for by --watchdog")
    begin = time.monotonic()
    bench.attach().last("measures", "hang", WATCHDOG)
    bench.back()
    took = time.monotonic() - begin
    cause = bench.last_boot()["cause"] if bench.has_manager else "not asked"
    if cause not in ("watchdog", "not asked"):
        raise Failed(f"the board came back after {took:.0f} s, and the cause is {cause}")
    return f"code that blocks was reset, and the board back after {took:.1f} s"


CHECKS = (
    Check("link", link, False), Check("throughput", throughput, False), Check("firmware", firmware, False),
    Check("heap", heap, False), Check("flash", flash, False), Check("files", files, False),
    Check("lifecycle", lifecycle), Check("loop", loop), Check("interrupts", interrupts),
    Check("printing", printing), Check("failing", failing), Check("ctrl-c", ctrl_c), Check("memory", memory),
    Check("deploy", deploy),
    Check("clock", clock, False), Check("reset", reset, False), Check("soft-reset", soft_reset),
    Check("safe-mode", safe_mode), Check("journal", journal), Check("watchdog", watchdog, False),
)
