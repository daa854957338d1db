"""A service of each type, in asyncmd's style, and a board's main as asyncmd has it."""

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

async def ms(n=30):
    await asyncio.sleep_ms(0)
    for _ in range(n):  # by passes of the loop, as a machine that is held up takes its time between any two
        await asyncio.sleep_ms(1)

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


def put(vm, **services):
    for name, text in services.items():
        vm.put(f"aioservices/services/{name}_service.py", text)


def lines(vm, code, timeout=20):
    return vm.run(MAIN + code, timeout=timeout).out.splitlines()


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
