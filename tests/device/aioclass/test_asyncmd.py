"""Services as they were written for Carglglz's asyncmd: they run from .mpy, without an edit."""
import re

import pytest
from support.asyncmd import FAILING, LINK, METER, PLAIN_PULSE, PULSE, PULSE_ATTRIBUTE, WATCHER, lines, put

PULSE_TRUE = PLAIN_PULSE.replace("SCHEDULE", 'schedule = {"start_in": 0.04, "repeat": True}')
PULSE_KWARGS = PULSE.replace("SCHEDULE", "x = 1").replace(
    "KWARGS", '"schedule": {"start_in": 0.02, "repeat": 0.03}')
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d+ s ago"


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


@pytest.mark.parametrize("text, runs", [(PULSE_ATTRIBUTE, "1"), (PULSE_KWARGS, "3"), (PULSE_TRUE, "2")],
                         ids=["attribute", "kwargs", "repeat-true"])
def test_the_schedule_is_an_attribute_or_in_the_kwargs(vm, text, runs):
    put(vm, pulse=text)
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    while service("pulse").result != "pulse """ + runs + """":
        await ms(1)
    print(service("pulse").runs, service("pulse").result, aioctl.result("pulse.service"))
asyncio.run(main())
""") == [f"{runs} pulse {runs} pulse {runs}"]


def test_require_in_the_kwargs_orders_the_start(vm):
    put(vm, link=LINK.replace("asyncio.sleep_ms(5)", "aioctl.up.wait()"), meter=METER)
    assert lines(vm, """
async def main():
    aioctl.up = asyncio.Event()
    aioservice.init(debug=False)
    await ms(20)
    print(service("link").state, service("meter").state, service("meter").reason)
    aioctl.up.set()
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
