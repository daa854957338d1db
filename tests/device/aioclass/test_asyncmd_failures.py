"""Services as they were written for Carglglz's asyncmd: what fails, who is told, and what is given back."""
import re

import pytest
from support.asyncmd import FAILING, LINK, METER, PULSE_ATTRIBUTE, WATCHER, lines, put


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
    await asyncio.sleep_ms(1250)
    failing = service("failing")
    print(failing.state, failing.calls, first.done(), service("meter").state)
asyncio.run(main())
""")[-1] == f"{state} {calls} {restart == '[' + chr(34) + 'meter' + chr(34) + ']'} running"


def test_others_may_add_to_the_names_to_restart(vm):
    put(vm, failing=FAILING.replace("RESTART", "set()").replace("sleep_ms(1)", "sleep_ms(500)"),
        link=LINK, meter=METER.replace("print(", "str("))
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    while "meter.service.counted" not in aioctl.group().tasks:
        await ms()
    aioctl.group().tasks["failing.service"].kwargs["restart"].add("meter.service")
    aioctl.group().tasks["failing.service"].kwargs["restart"].add("meter.service.counted")
    counted = aioctl.group().tasks["meter.service.counted"]
    first = service("meter").since, aioctl.group().tasks["meter.service"].task
    while service("failing").state != "failed" or service("meter").state != "running" or not first[1].done():
        await ms()
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
