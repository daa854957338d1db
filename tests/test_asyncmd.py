"""Services as they were written for Carglglz's asyncmd: they run from .mpy, without an edit."""

import re

import pytest

# -- one service of each type, in asyncmd's style ---------------------------------

# A core service: sets something up and is done. Its setup() and cleanup() are its own business.
LINK = """
import aioctl
import asyncio
from aioclass import Service


class LinkService(Service):
    def __init__(self, name):
        super().__init__(name)
        self.version = "1.0"
        self.info = f"Link set-up v{self.version}"
        self.type = "core.service"
        self.enabled = True
        self.docs = "docs/link.md"
        self.args = []
        self.kwargs = {"timeout": 3, "notify": True}
        self.state_now = "down"
        self.log = None

    def show(self):
        return "Link", f"{self.state_now}"

    def setup(self, speed, retries):
        self.speed = speed * retries

    def cleanup(self, thoroughly):
        raise ValueError("nobody calls this")

    @aioctl.aiotask
    async def task(self, timeout=10, notify=False, log=None):
        self.log = log
        self.setup(100, retries=timeout)
        await asyncio.sleep_ms(5)
        self.state_now = "up"
        if self.log and notify:
            self.log.info(f"[{self.name}.service] link is up, speed {self.speed}")
        aioctl.add(
            self.beacon, self, name=f"{self.name}.service.beacon", _id=f"{self.name}.service.beacon"
        )
        return "LINK: UP"

    @aioctl.aiotask
    async def beacon(self, *args, **kwargs):
        if self.log:
            self.log.info(f"[{self.name}.service.beacon] lit")
        return "LIT"


service = LinkService("link")
"""

# A runtime service with children, callbacks, its own requirements and its own logger.
METER = """
try:
    import uasyncio as asyncio
except ImportError:
    import asyncio
import aioctl
from aioclass import Service


class MeterService(Service):
    def __init__(self, name):
        super().__init__(name)
        self.info = "Meter v1.0"
        self.type = "runtime.service"
        self.enabled = True
        self.docs = "docs/meter.md"
        self.args = [2, 5]
        self.kwargs = {
            "on_stop": self.on_stop,
            "on_error": self.on_error,
            "require": ["link"],
            "restart": {"meter.service"},
            "loglevel": "DEBUG",
            "service_logger": True,
        }
        self.log = None
        self.n = 0
        self._callbacks = {}

    def __call__(self):
        return self.n

    def show(self):
        return "Stats", f"   Loops: {self.n}"

    def stats(self):
        return {"loops": self.n}

    def add_callback(self, topic, callback):
        self._callbacks[topic] = callback

    def on_stop(self, *args, **kwargs):
        if self.log:
            self.log.info(f"stopped after {self.n} loops")
        print("on_stop", args[0] is self, args[1:], "log" in kwargs, "on_stop" in kwargs)
        return f"stopped at {args[2]}"

    def on_error(self, e, *args, **kwargs):
        if self.log:
            self.log.error(f"Error callback {e}")
        return e

    @aioctl.aiotask
    async def task(self, n, s, restart=True, require=None, log=None, loglevel="INFO", service_logger=False):
        self.add_logger(log, level=loglevel, service_logger=service_logger)
        self.add_callback("topic/x", {"task": self.child})
        self.restart_seen = restart
        self.add_ctask(aioctl, self.child, "child")
        self.add_ctask(
            aioctl, self.counted, "counted", 3, step=2,
            on_stop=self.on_child_stop, on_error=self.on_error, log=log,
        )
        extra = f"{self.name}.service.extra"
        aioctl.add(self.child, self, name=extra, _id=extra)
        while True:
            self.n += n
            self.log.debug(f"loop {self.n}")
            await asyncio.sleep(s)

    @aioctl.aiotask
    async def child(self, *args, **kwargs):
        if self.log:
            self.log.debug("child runs", cname="child")
        while True:
            await asyncio.sleep(1)

    def on_child_stop(self, *args, **kwargs):
        return "child stopped"

    @aioctl.aiotask
    async def counted(self, upto, step=1, log=None):
        for i in range(0, upto, step):
            await asyncio.sleep_ms(1)
        return f"counted to {upto} by {step}, log {log is not None}"


service = MeterService("meter")
"""

# A schedule service; asyncmd has the schedule as an attribute, or in the kwargs.
PULSE = """
import asyncio
import aioctl
import aioschedule
from aioclass import Service


class PulseService(Service):
    def __init__(self, name):
        super().__init__(name)
        self.info = "Pulse v1.0"
        self.type = "schedule.service"
        self.enabled = True
        self.docs = "docs/meter.md"
        self.args = [2, 0.01]
        self.kwargs = {KWARGS}
        self.SCHEDULE
        self.runs = 0

    @aioctl.aiotask
    async def task(self, n, s, log=None):
        self.runs += 1
        if log:
            log.info(f"[{self.name}.service] started: pulse {n}")
        await asyncio.sleep(s)
        return f"pulse {self.runs}"


service = PulseService("pulse")
"""
PLAIN_PULSE = PULSE.replace("KWARGS", "")
PULSE_ATTRIBUTE = PLAIN_PULSE.replace("SCHEDULE", 'schedule = {"start_in": 0.02, "repeat": 90}')
PULSE_TRUE = PLAIN_PULSE.replace("SCHEDULE", 'schedule = {"start_in": 0.04, "repeat": True}')
PULSE_KWARGS = PULSE.replace("SCHEDULE", "x = 1").replace(
    "KWARGS", '"schedule": {"start_in": 0.02, "repeat": 0.03}')

# A service that looks after the others: polls their results, and starts what failed.
WATCHER = """
import asyncio
import aioctl
import sys
from aioclass import Service


class WatcherService(Service):
    def __init__(self, name):
        super().__init__(name)
        self.info = "Watcher - restarts what failed"
        self.type = "runtime.service"
        self.enabled = True
        self.docs = ""
        self.args = [0.02]
        self.kwargs = {"on_stop": self.on_stop, "on_error": self.on_error, "max_errors": 0}
        self.seen = {}
        self.log = None

    def show(self):
        return "Stats", f"   Errors: {len(self.seen)}"

    def report(self, stream=sys.stdout):
        for name, (count, error) in sorted(self.seen.items()):
            print(f"--> {name}: {error.__class__.__name__} x {count}", file=stream)

    def on_stop(self, *args, **kwargs):
        return self.seen

    def on_error(self, e, *args, **kwargs):
        return e

    @aioctl.aiotask
    async def task(self, sleep, max_errors=0, log=None):
        self.log = log
        while True:
            for name, res in aioctl.result_all(as_dict=True).items():
                if issubclass(res.__class__, Exception):
                    count = self.seen.get(name, (0, None))[0]
                    self.seen[name] = (count + 1, res)
                    if log:
                        self.log.info(f"[{self.name}.service] Error @ {name} {res.__class__.__name__}: {res}")
                    restart = aioctl.group().tasks[name].kwargs.get("restart", True)
                    if not restart:
                        continue
                    if isinstance(restart, (list, set)):
                        for other in restart:
                            aioctl.stop(f"{other}.*")
                            await asyncio.sleep_ms(5)
                            aioctl.start(other)
                    else:
                        aioctl.start(name)
            await asyncio.sleep(sleep)


service = WatcherService("watcher")
"""

# What the boards of the tests run: as asyncmd's main does it.
MAIN = """
import asyncio
import aioctl
import aioservice

def ms(n=30):
    return asyncio.sleep_ms(n)

def service(name):
    return aioservice.service(name)

def tasks():
    return sorted(aioctl.group().tasks)

async def up(**options):
    print("boot", await aioservice.boot(debug=False, **options))
    aioservice.init(debug=False, **options)
    await ms(60)

def journal():
    for line in aioctl.journal().lines():
        print("%s | %s" % (line[3], line[4]))
"""
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d+ s ago"


def put(vm, **services):
    for name, text in services.items():
        vm.put(f"aioservices/services/{name}_service.py", text)


def lines(vm, code, timeout=20):
    return vm.run(MAIN + code, timeout=timeout).out.splitlines()


def test_a_service_of_each_type_boots(vm):
    put(vm, link=LINK, meter=METER, pulse=PULSE_ATTRIBUTE, watcher=WATCHER)
    assert lines(vm, """
async def main():
    await up()
    print(tasks())
    for name in ("link", "meter", "pulse", "watcher"):
        print(name, service(name).state, service(name).result)
    print(service("link").speed, service("meter")(), service("meter").stats(), service("pulse").runs)
    await aioservice.shutdown()
    print([service(name).state for name in ("link", "meter", "pulse", "watcher")])
asyncio.run(main())
""") == [
        "boot True",
        "['link.service', 'link.service.beacon', 'meter.service', 'meter.service.child',"
        " 'meter.service.counted', 'meter.service.extra', 'pulse.service', 'watcher.service']",
        "link done LINK: UP",
        "meter running None",
        "pulse scheduled pulse 1",
        "watcher running None",
        "300 2 {'loops': 2} 1",
        "on_stop True (2, 5) True False",
        "['stopped', 'stopped', 'stopped', 'stopped']",
    ]


def test_they_boot_at_power_on_and_are_inspected_live(vm):
    vm.ship("boot.py", "main.py", "aioservices/services/repl_service.mpy")
    put(vm, link=LINK, meter=METER, pulse=PULSE_ATTRIBUTE, watcher=WATCHER)
    session = vm.session()
    session.expect("--> ")
    seen = session.line("aioservice.status()")
    for name in ("link", "meter", "pulse", "watcher"):
        path = rf"\./aioservices/services/{name}_service\S+"
        assert re.search(rf"\] Service: {name}\.service from {path} loaded", seen)
    session.send('aioctl.status("meter.service", debug=True, log=False)\r')
    seen = session.expect("kwargs: ").replace("\x1b[92m", "").replace("\x1b[0m", "")
    assert "● meter.service - Meter v1.0" in seen
    assert "Stats:    Loops: 2" in seen and "meter.service.extra: status: running" in seen
    assert "'on_stop': 'on_stop()'" in session.expect("--> ")
    session.ctrl("d")
    assert session.wait() == 0


def test_debug_shows_an_asyncmd_service(vm):
    put(vm, link=LINK)
    out = lines(vm, """
async def main():
    await up()
    aioctl.status("link.service", debug=True, log=False)
asyncio.run(main())
""")
    path = f"./aioservices/services/link_service.{'mpy' if vm.compiled else 'py'}"
    got = [re.sub(STAMP, "<when>", line) for line in out[1:] if "kwargs" not in line]
    assert got == [
        "● link.service - Link set-up v1.0",
        f"    Loaded: Service: link.service from {path}",
        "    Active: status: done @ <when> --> result: LINK: UP",
        "    Type: core.service",
        "    Docs: docs/link.md",
        "    Link: up",
        "    CTasks: 1",
        "        ┗━► link.service.beacon: status: done @ <when> --> result: LIT",
        "    ┗━► runtime: 0 s",
        "    ┗━► args: ()",
    ]


def test_children_stop_with_their_service_and_come_back_with_it(vm):
    put(vm, link=LINK, meter=METER)
    out = lines(vm, """
async def main():
    await up()
    print(aioctl.result("meter.service.counted"))
    aioctl.stop("meter.service")
    await ms()
    tasks = aioctl.group().tasks
    print([(n, tasks[n].status()) for n in sorted(tasks) if n.startswith("meter")])
    print(aioctl.result("meter.service"), service("meter").children()[0].service is service("meter"))
    aioctl.start("meter.service")
    await ms()
    tasks = aioctl.group().tasks
    print([(n, tasks[n].status()) for n in sorted(tasks) if n.startswith("meter")])
asyncio.run(main())
""")
    assert out == [
        "boot True", "counted to 3 by 2, log True", "on_stop True (2, 5) True False",
        "[('meter.service', 'stopped'), ('meter.service.child', 'stopped'),"
        " ('meter.service.counted', 'done'), ('meter.service.extra', 'stopped')]",
        "stopped at 5 True",
        "[('meter.service', 'running'), ('meter.service.child', 'running'),"
        " ('meter.service.counted', 'done'), ('meter.service.extra', 'running')]",
    ]


def test_a_child_that_is_added_again_takes_the_place_of_the_first(vm):
    put(vm, link=LINK, meter=METER)
    assert lines(vm, """
async def main():
    await up()
    meter = service("meter")
    first = aioctl.group().tasks["meter.service.child"].task
    meter.add_ctask(aioctl, meter.child, "child")
    await ms()
    print([n for n in tasks() if "child" in n], first.done())
    aioctl.add(meter.child, meter, name="meter.service.child", _id="meter.service.child")
    print([n for n in tasks() if "child" in n])
asyncio.run(main())
""") == ["boot True", "['meter.service.child'] True", "['meter.service.child', 'meter.service.child@1']"]


def test_a_child_that_is_only_added_when_it_is_not_there_comes_back(vm):
    put(vm, link=LINK, meter=METER.replace(
        "aioctl.add(self.child, self, name=extra",
        "if extra not in aioctl.group().tasks:\n            aioctl.add(self.child, self, name=extra"))
    assert lines(vm, """
async def main():
    await up()
    await aioservice.restart("meter")
    await ms()
    print(aioctl.group().tasks["meter.service.extra"].status())
asyncio.run(main())
""")[-1] == "running"


def test_lines_of_the_log_are_tagged_once(vm):
    put(vm, link=LINK, meter=METER, pulse=PULSE_ATTRIBUTE)
    out = lines(vm, """
async def main():
    await up()
    aioctl.stop("meter.service")
    await ms()
    journal()
asyncio.run(main())
""")
    assert sorted(line for line in out if " | " in line) == sorted([
        "link.service | link is up, speed 300", "link.service.beacon | lit",
        "meter.service.child | child runs", "meter.service.child | child runs",
        "meter.service | loop 2", "meter.service | stopped after 2 loops", "pulse.service | started: pulse 2",
    ])


def test_a_logger_that_was_given_is_passed_on(vm):
    put(vm, link=LINK, meter=METER)
    out = lines(vm, """
class Own:
    def info(self, text):
        print("info", text)

    def debug(self, text):
        print("debug", text)

    error = warning = critical = info

async def main():
    await up(log=Own())
    await aioservice.shutdown()
asyncio.run(main())
""")
    assert [line for line in out if line.startswith(("info", "debug"))] == [
        "info [link.service] link is up, speed 300", "info [link.service.beacon] lit",
        "debug [meter.service] loop 2",
        "debug [meter.service.child] child runs", "debug [meter.service.child] child runs",
        "info [meter.service] stopped after 2 loops",
    ]


def test_add_logger_takes_what_asyncmd_gives(vm):
    assert lines(vm, """
from aioclass import Service
import aiolog

class Own:
    def info(self, text):
        print("own", text)

aioctl.set_log(aiolog.Journal(500))
for log in (None, Own()):
    for given in ({}, {"level": "INFO"}, {"level": "ERROR", "service_logger": True},
                  {"service_logger": False}):
        s = Service("s")
        s.log = None
        s.add_logger(log, **given)
        s.log.info("%s given" % sorted(given))
journal()
""") == [
        "own [] given", "own ['level'] given", "own ['service_logger'] given",
        "s.service | [] given", "s.service | ['level'] given", "s.service | ['service_logger'] given",
    ]


# As much of `logging` as programs for asyncmd use: a logger whose handlers write lines to a stream.
LOGGING = """
class StreamHandler:
    def __init__(self, stream):
        self.stream = stream
    def emit(self, name, level, text):
        self.stream.write("[%s] [%s] %s" % (name, level, text) + "\\n")
        self.stream.flush()
class Logger:
    def __init__(self, name):
        self.name = name
        self.handlers = []
    def addHandler(self, handler):
        self.handlers.append(handler)
    def info(self, text, *args):
        for handler in self.handlers:
            handler.emit(self.name, "INFO", text % args if args else text)
"""


def test_streamlog_is_the_journal(vm):
    """As a program for asyncmd begins; the loggers of services and the manager write there, too."""
    put(vm, link=LINK)
    assert lines(vm, """
from aiolog import streamlog
aioctl.set_log(streamlog)
import aiolog
print(streamlog is aioctl.journal(), streamlog is aiolog.streamlog, streamlog.size)
print("a line", "of print", file=streamlog)
print(streamlog.write("written, "), "not ended")
streamlog.write("joined\\n")
async def main():
    await aioservice.boot(debug=False, log=None)
    aioservice.init(debug=False)
    await ms(30)
    print(aioctl.journal() is streamlog)
asyncio.run(main())
journal()
""") == [
        "True True 2000", "9 not ended", "True", " | a line of print", " | written, joined",
        "link.service | link is up, speed 300", "link.service.beacon | lit",
    ]


def test_streamlog_without_set_log_is_made_once_and_is_the_journal_that_others_use(vm):
    assert lines(vm, """
import aiolog, sys
print("aiolog.asyncmd" in sys.modules)
ring = aiolog.streamlog
print(aioctl.journal() is ring, ring is aiolog.streamlog)
from aioservice.manager import manager
manager()
print(aioctl.journal() is ring)
aioctl.set_log(aiolog.Journal(500))
print(aiolog.streamlog is aioctl.journal(), aiolog.streamlog is ring)
for name in ("stream", "ogge", "streamlogs", "cat"):
    try: getattr(aiolog, name)
    except AttributeError: print("no", name)
""") == ["False", "True True", "True", "True False", "no stream", "no ogge", "no streamlogs", "no cat"]


def test_streamlog_after_the_manager_has_made_the_journal(vm):
    """A service that imports it when everything runs."""
    put(vm, late="""
import aioctl, asyncio
from aioclass import Service
from aiolog import streamlog
class Late(Service):
    enabled = True
    async def task(self):
        print("late", streamlog is aioctl.journal())
        print("into it", file=streamlog)
service = Late("late")
""")
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms(20)
asyncio.run(main())
journal()
""") == ["late True", " | into it"]


def test_handlers_of_logging_write_into_streamlog(vm):
    """Also where that logger is what services and the manager are given: no line comes back to it."""
    put(vm, link=LINK)
    vm.put("lib/logging.py", LOGGING)
    assert lines(vm, """
import logging
from aiolog import streamlog
log = logging.Logger("net")
log.addHandler(logging.StreamHandler(streamlog))
log.info("up %d", 3)
aioctl.set_log(log)
async def main():
    await aioservice.boot(debug=False, log=log, debug_log=True)
asyncio.run(main())
import aiolog
print(aiolog.streamlog is streamlog)
aioctl.set_log(aiolog.streamlog)
journal()
""") == [
        "True",
        " | [net] [INFO] up 3", " | [net] [INFO] [link.service] link is up, speed 300",
        " | [net] [INFO] [link.service.beacon] lit",
        " | [net] [INFO] [ OK ] Service: link.service from ./aioservices/services/link_service" + f".{'mpy' if vm.compiled else 'py'} loaded",
    ]


def test_streamlog_is_read_as_there(vm):
    out = lines(vm, """
from aiolog import streamlog
print("one kettle", file=streamlog)
print("two", file=streamlog)
streamlog.cat()
print("--")
streamlog.cat("kettle")
streamlog.cat(grep="o*kettle")
print("--")
async def main():
    task = asyncio.create_task(streamlog.follow(grep="e", wait=0.01))
    await ms(20)
    print("three", file=streamlog)
    await ms(20)
    task.cancel()
asyncio.run(main())
""")
    assert [line.split("] ")[-1] for line in out] == [
        "one kettle", "two", "--", "one kettle", "one kettle", "--", "one kettle", "three"]


@pytest.mark.parametrize("text, runs", [(PULSE_ATTRIBUTE, "1"), (PULSE_KWARGS, "3"), (PULSE_TRUE, "2")],
                         ids=["attribute", "kwargs", "repeat-true"])
def test_the_schedule_is_an_attribute_or_in_the_kwargs(vm, text, runs):
    put(vm, pulse=text)
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms(100)
    print(service("pulse").runs, service("pulse").result, aioctl.result("pulse.service"))
asyncio.run(main())
""") == [f"{runs} pulse {runs} pulse {runs}"]


def test_require_in_the_kwargs_orders_the_start(vm):
    put(vm, link=LINK.replace("asyncio.sleep_ms(5)", "asyncio.sleep_ms(50)"), meter=METER)
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms(20)
    print(service("link").state, service("meter").state, service("meter").reason)
    await ms(60)
    print(service("meter").state, service("meter").deps["link"] is service("link"))
asyncio.run(main())
""") == ["running waiting meter -> link (running)", "running True"]


@pytest.mark.parametrize("takes", ["", ", restart=True", ", require=None", ", restart=True, require=None"])
def test_a_task_may_take_what_the_manager_reads_or_not(vm, takes):
    put(vm, x=f"""
import aioctl
from aioclass import Service

class X(Service):
    def __init__(self, name):
        super().__init__(name)
        self.enabled = True
        self.args = [1]
        self.kwargs = {{"require": [], "restart": False, "on_error": None}}

    @aioctl.aiotask
    async def task(self, n, log=None{takes}):
        return n, log is not None{", restart" if "restart" in takes and "require" in takes else ""}

service = X("x")
""")
    expected = "(1, True, False)" if takes.count("=") == 2 else "(1, True)"
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms()
    print(service("x").state, service("x").result, service("x").error)
asyncio.run(main())
""") == [f"done {expected} None"]


FAILING = """
import aioctl
import asyncio
from aioclass import Service


class FailingService(Service):
    def __init__(self, name):
        super().__init__(name)
        self.info = "Fails"
        self.type = "runtime.service"
        self.enabled = True
        self.args = []
        self.kwargs = {"on_error": self.on_error, "restart": RESTART}
        self.calls = 0
        self.log = None

    def on_error(self, e, *args, **kwargs):
        print("on_error", repr(e), args[0] is self, sorted(kwargs))
        return e

    @aioctl.aiotask
    async def task(self, log=None, restart=True):
        self.calls += 1
        await asyncio.sleep_ms(1)
        raise ValueError(self.calls)


service = FailingService("failing")
"""


def test_on_error_gets_the_error_and_its_return_is_the_result(vm):
    put(vm, failing=FAILING.replace("RESTART", "False"))
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms()
    failing = service("failing")
    print(failing.state, failing.error, failing.result, repr(aioctl.result("failing.service")))
asyncio.run(main())
""") == ["on_error ValueError(1,) True ['log', 'restart']", "failed 1 1 ValueError(1,)"]


@pytest.mark.parametrize("restart, state, calls", [("True", "restarting", 2), ("False", "failed", 1),
                                                   ('["failing.service"]', "restarting", 2),
                                                   ('{"failing"}', "restarting", 2), ("[]", "failed", 1),
                                                   ('["meter"]', "failed", 1)])
def test_restart_is_a_word_or_names(vm, restart, state, calls):
    put(vm, failing=FAILING.replace("RESTART", restart), link=LINK, meter=METER.replace("print(", "str("))
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms(100)
    first = aioctl.group().tasks["meter.service"].task
    await ms(1250)
    failing = service("failing")
    print(failing.state, failing.calls, first.done(), service("meter").state)
asyncio.run(main())
""")[-1] == f"{state} {calls} {restart == '[' + chr(34) + 'meter' + chr(34) + ']'} running"


def test_others_may_add_to_the_names_to_restart(vm):
    put(vm, failing=FAILING.replace("RESTART", "set()").replace("sleep_ms(1)", "sleep_ms(60)"),
        link=LINK, meter=METER.replace("print(", "str("))
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms()
    aioctl.group().tasks["failing.service"].kwargs["restart"].add("meter.service")
    aioctl.group().tasks["failing.service"].kwargs["restart"].add("meter.service.counted")
    counted = aioctl.group().tasks["meter.service.counted"]
    first = service("meter").since, aioctl.group().tasks["meter.service"].task
    await ms(1300)
    print(first[1].done(), service("meter").state, service("failing").state)
asyncio.run(main())
""")[-1] == "True running failed"


def test_a_watcher_starts_what_failed(vm):
    put(vm, watcher=WATCHER, failing=FAILING.replace("RESTART", "False"))
    out = lines(vm, """
async def flaky(good=[]):
    good.append(1)
    if len(good) < 3:
        raise OSError(5)
    return "fine"

async def main():
    aioctl.add(flaky)
    aioctl.add(flaky, [1, 1], name="quiet")
    aioservice.init(debug=False)
    await ms(200)
    watcher = service("watcher")
    watcher.report()
    print(aioctl.result("flaky"), aioctl.result("quiet"), service("failing").calls)
    await aioservice.stop("watcher")
    print(aioctl.result("watcher.service") is watcher.seen)
asyncio.run(main())
""")
    assert re.fullmatch(r"--> failing\.service: ValueError x \d+", out[1])
    assert out[2:] == ["--> flaky: OSError x 2", "fine fine 1", "True"]


def test_a_watcher_sees_no_error_of_a_service_that_runs_again(vm):
    put(vm, watcher=WATCHER, failing=FAILING.replace("RESTART", "True").replace(
        "raise ValueError(self.calls)",
        "if self.calls == 1:\n            raise ValueError(1)\n        await asyncio.sleep(9)"))
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    while service("failing").calls < 2:
        await ms(5)
    count = service("watcher").seen["failing.service"][0]
    await ms(100)
    print(service("failing").state, service("watcher").seen["failing.service"][0] == count)
asyncio.run(main())
""")[-1] == "running True"


def test_stop_and_start_at_once_of_a_service_restarts_it(vm):
    put(vm, link=LINK, meter=METER)
    assert lines(vm, """
async def main():
    await up()
    first = aioctl.group().tasks["meter.service"].task
    if aioctl.stop("meter.service"):
        aioctl.start("meter.service")
    await ms()
    print(first.done(), service("meter").state, service("meter").n)
asyncio.run(main())
""") == ["boot True", "on_stop True (2, 5) True False", "True running 4"]


def test_patterns_and_records(vm):
    put(vm, link=LINK, meter=METER)
    assert lines(vm, """
import time

async def main():
    await up()
    print(aioctl.tasks_match("*.service"), aioctl.tasks_match("meter.service.*"))
    record = aioctl.group().tasks["meter.service"]
    print(record.name, record.args, sorted(record.kwargs), record.service is service("meter"))
    print(record.since >= 0, record.done_at, record.cancelled, record.task.done())
    record = aioctl.group().tasks["link.service"]
    print(record.since >= 0, record.done_at >= record.since, record.cancelled, record.task.done())
    aioctl.stop("meter.service.*")
    await ms()
    print([aioctl.group().tasks[n].cancelled for n in aioctl.tasks_match("meter.service.*")])
    aioctl.delete("meter.service*")
    await ms()
    print(tasks())
    print(len(aioctl.get_datetime(time.localtime())), aioctl.getenv("NONE"))
asyncio.run(main())
""") == [
        "boot True",
        "['link.service', 'meter.service']"
        " ['meter.service.child', 'meter.service.counted', 'meter.service.extra']",
        "meter.service [2, 5]"
        " ['loglevel', 'on_error', 'on_stop', 'require', 'restart', 'service_logger'] True",
        "True None False False",
        "True True False True",
        "[True, False, True]",
        "on_stop True (2, 5) True False",
        "['link.service', 'link.service.beacon']",
        "19 None",
    ]


def test_settings_reach_an_asyncmd_service(vm):
    put(vm, link=LINK, meter=METER, pulse=PULSE_ATTRIBUTE)
    vm.put("services.config", """{
        "meter": {"enabled": true, "args": [3, 7], "kwargs": {"loglevel": "ERROR", "restart": false}},
        "pulse": {"enabled": true, "kwargs": {"schedule": {"start_in": 0.01, "repeat": 0.02}}}}""")
    out = lines(vm, """
async def main():
    await up()
    await ms(60)
    print(service("meter").n, service("meter").restart, service("meter").log.level, service("pulse").runs > 2)
    await aioservice.shutdown()
    print(service("meter").result)
asyncio.run(main())
""")
    assert out == ["boot True", "3 False 40 True", "on_stop True (3, 7) True False", "stopped at 7"]


def test_a_setting_counts_more_than_what_stands_in_the_kwargs(vm):
    put(vm, failing=FAILING.replace("RESTART", "True"))
    vm.put("services.config", '{"failing": {"restart": "no"}}')
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms()
    print(service("failing").state)
asyncio.run(main())
""")[-1] == "failed"


def test_child_tasks_may_be_taken_off_the_services_list(vm):
    put(vm, link=LINK, meter=METER)
    assert lines(vm, """
async def main():
    await up()
    meter = service("meter")
    print(sorted(meter._child_tasks))
    for name in aioctl.tasks_match("meter.service.counted*"):
        meter._child_tasks.remove(name)
        aioctl.delete(name)
    print(sorted(meter._child_tasks))
asyncio.run(main())
""") == ["boot True", "['meter.service.child', 'meter.service.counted', 'meter.service.extra']",
         "['meter.service.child', 'meter.service.extra']"]


def test_asyncmds_main_runs_its_services(vm):
    put(vm, link=LINK, pulse=PULSE_ATTRIBUTE)
    assert lines(vm, """
async def console():
    await ms(60)
    print(aioservice.service("pulse").runs)
    await aioservice.shutdown()

async def main():
    await aioservice.boot(debug=False, debug_log=True)
    aioctl.add(console, name="repl")
    aioservice.init(debug_log=True, debug=False)
    await asyncio.gather(*aioctl.tasks())
    print("end")
asyncio.run(main())
""") == ["1", "end"]


ODD = """
import aioctl
import asyncio
from aioclass import Service

class Odd(Service):
    def __init__(self, name):
        super().__init__(name)
        self.enabled = True
        self.args = []
        self.kwargs = {"on_stop": self.on_stop, "on_error": self.on_error, "restart": False}

    def on_stop(self, *args, **kwargs):
        raise ValueError("on_stop")

    def on_error(self, e, *args, **kwargs):
        raise ValueError("on_error")

    @aioctl.aiotask
    async def task(self, log=None):
        BODY

service = Odd("odd")
"""


@pytest.mark.parametrize("body, after", [
    ("await asyncio.sleep(9)", "stopped None None False"),
    ("1 / 0", "failed ZeroDivisionError('divide by zero',) None False"),
    ("raise SystemExit", "failed SystemExit() None False"),
    ("aioctl.stop('odd.service'); await asyncio.sleep(9)", "stopped None None False"),
    ("aioctl.delete('odd.service'); await asyncio.sleep(9)", "stopped None None False"),
    ("return ValueError(3)", "stopped None ValueError(3,) False"),
], ids=["stopped", "fails", "exits", "stops itself", "unloads itself", "returns an error"])
def test_callbacks_that_fail_harm_nobody(vm, body, after):
    put(vm, odd=ODD.replace("BODY", body), pulse=PULSE_ATTRIBUTE)
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    odd = service("odd")
    await ms()
    aioctl.stop("odd.service") if "odd" in aioctl.group().services else None
    await ms()
    print(odd.state, repr(odd.error), repr(odd.result), odd.forced)
    print(service("pulse").runs)
asyncio.run(main())
""") == [after, "1"]


CHURN = """
import gc

def used():
    gc.collect()
    return gc.mem_alloc()

async def turn(n):
    for i in range(n):
        aioctl.stop("meter.service")
        await ms(1)
        while service("meter").state != "stopped":
            await ms(1)
        aioctl.start("meter.service")
        while service("meter").state != "running":
            await ms(1)
        await ms(2)
    i = n = 0

async def main():
    await up()
    await turn(30)
    await ms()
    before = after = used()
    await turn(300)
    await ms()
    after = used()
    print("grown", after - before, len(tasks()))
asyncio.run(main())
"""


def test_300_stops_and_starts_with_children_leave_the_heap_where_it_was(vm):
    put(vm, link=LINK, meter=METER.replace("print(", "str("))
    assert lines(vm, CHURN, timeout=60)[-1] == "grown 0 6"
