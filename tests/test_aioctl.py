"""Named tasks, aioctl: on the real VM."""

import re

import pytest

# What the scripts below share. ms(): so long that everything that is due has run.
TASKS = """
import asyncio
import aioctl

def ms(n=20):
    return asyncio.sleep_ms(n)

async def forever(*args, **kwargs):
    while True:
        await asyncio.sleep(1)

async def divide(n=0):
    return 1 / n

async def give(value=None):
    return value

async def brief(n=5):
    await asyncio.sleep_ms(n)
    return n

def names():
    return aioctl.tasks_match("*")

def words(*wanted):
    tasks = aioctl.group().tasks
    return [tasks[name].status() for name in wanted or sorted(tasks)]

def run(main):
    asyncio.run(main())
"""

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d; \d+ s ago"


def lines(vm, code, timeout=20, **kwargs):
    return vm.run(TASKS + code, timeout=timeout, **kwargs).out.splitlines()


def stamped(line):
    return re.sub(STAMP, "<when>", line)


# -- before any task exists -----------------------------------------------------


def test_before_any_task_everything_answers_emptily(vm):
    assert lines(vm, """
print(aioctl.tasks(), aioctl.tasks_match("*"), aioctl.group().tasks)
print(aioctl.status(), aioctl.result(), aioctl.result_all(), aioctl.result_all(as_dict=True))
print(aioctl.traceback(), aioctl.traceback(rtn=True), aioctl.stop(), aioctl.stop("*"), aioctl.start("*"))
print(aioctl.delete(), aioctl.delete("*"), aioctl.log(), aioctl.getenv("HOME"), aioctl.journal())
print(aioctl.set_log(None), aioctl.log("x"))
async def main():
    await aioctl.follow()
    await asyncio.gather(*aioctl.tasks())
run(main)
aioctl.debug()
aioctl.status()
aioctl.debug()
""") == [
        "[] [] {}", "None None None {}", "None False True False False",
        "None None None None None", "None None", "debug mode: True", "debug mode: False",
    ]


@pytest.mark.parametrize("call", ["status", "result", "stop", "start", "delete", "traceback"])
def test_an_unknown_name_is_told_with_what_exists(vm, call):
    assert lines(vm, f"""
aioctl.{call}("blink")
aioctl.add(forever, name="x")
print(aioctl.{call}("blink"))
""") == ["Task blink not found in []", "Task blink not found in ['x']",
         {"stop": "False", "start": "False"}.get(call, "None")]


def test_a_service_is_found_without_the_ending_of_its_name(vm):
    vm.ship("aioservices/services/hello_core_service.mpy")
    out = lines(vm, """
import aioservice
async def main():
    await aioservice.boot(debug=False)
    print(aioctl.result("hello_core"), aioctl.start("hello_core"))
    aioctl.add(forever, name="hello_core")  # a task that is really called so goes first
    print(aioctl.result("hello_core"))
run(main)
""")
    assert out == ["ready True", "None"]


def test_an_unknown_function_is_an_attribute_error(vm):
    assert lines(vm, """
for name in ("nothing", "", " ", "add=jobs", "core"):
    try:
        print(name, getattr(aioctl, name))
    except AttributeError as e:
        print("AttributeError", e)
from aioctl import add, tasks
print(add is aioctl.add, tasks())
""")[-1] == "True []"


# -- names ----------------------------------------------------------------------


def test_a_task_is_named_after_its_function_and_a_second_one_gets_a_number(vm):
    assert lines(vm, """
class Led:
    async def blink(self):
        await forever()

async def main():
    aioctl.add(forever)
    aioctl.add(forever)
    aioctl.add(forever, name="forever@2")
    aioctl.add(forever)
    aioctl.add(Led().blink)
    aioctl.add(give(3))
    aioctl.add(lambda: brief(), name="lambda")
    print(names())
    aioctl.delete("forever@1")
    aioctl.add(forever)
    print(names())
run(main)
""") == ["['blink', 'forever', 'forever@1', 'forever@2', 'forever@3', 'lambda', 'task']"] * 2


def test_names_are_literal_but_for_the_star(vm):
    assert lines(vm, r"""
async def main():
    for name in ("a.b", "aXb", "a+", "aa", "[x]", "(", "x^$", "\xfc\u20ac", "*"):
        aioctl.add(forever, name=name)
    for pattern in ("a.b", "a+", "[x]", "(", "x^$", "a*b", "*x*", "\xfc*", "**", ".*", ""):
        print(aioctl.tasks_match(pattern))
    aioctl.delete("a+", "(", "\xfc\u20ac")
    print(names())
run(main)
""") == ["['a.b']", "['a+']", "['[x]']", "['(']", "['x^$']", "['a.b', 'aXb']", "['[x]', 'x^$']",
         r"['\xfc\u20ac']", r"['(', '*', '[x]', 'a+', 'a.b', 'aXb', 'aa', 'x^$', '\xfc\u20ac']",
         "[]", "[]", "['*', '[x]', 'a.b', 'aXb', 'aa', 'x^$']"]


def test_patterns_act_on_all_they_fit(vm):
    assert lines(vm, """
async def main():
    for name in ("led.red", "led.green", "fan"):
        aioctl.add(forever, name=name)
    await ms()
    print(aioctl.stop("led.*"))
    await ms()
    print(names(), words())
    print(aioctl.start("led.*"))
    await ms()
    print(words())
    aioctl.delete("led.*")
    print(names())
    print(aioctl.stop())
    await ms()
    print(words())
run(main)
""") == ["True", "['fan', 'led.green', 'led.red'] ['running', 'stopped', 'stopped']", "True",
         "['running', 'running', 'running']", "['fan']", "True", "['stopped']"]


# -- life -----------------------------------------------------------------------


def test_add_passes_arguments_and_fails_where_it_is_called(vm):
    assert lines(vm, """
async def show(a, b=0, *, c):
    print(a, b, c)

async def main():
    aioctl.add(show, 1, c=3)
    aioctl.add(show(4, c=5), name="it")
    try:
        aioctl.add(show)
    except TypeError:
        print("TypeError", names())
    await ms()
    print(words("it"), aioctl.group().tasks["show"].args, aioctl.group().tasks["show"].kwargs)
run(main)
""") == ["TypeError ['it', 'show']", "1 0 3", "4 0 5", "['done'] (1,) {'c': 3}"]


def test_start_does_nothing_to_a_running_task_and_runs_an_ended_one_again(vm):
    assert lines(vm, """
count = 0

async def once(n, k=0):
    global count
    count += 1
    await asyncio.sleep_ms(10)
    return n + k + count

async def main():
    aioctl.add(once, 10, k=100)
    print(aioctl.start("once"))
    await ms(5)
    aioctl.start("once")
    await ms()
    print(count, aioctl.result("once"))
    aioctl.start("once")
    print(aioctl.result("once"))
    await ms()
    print(count, aioctl.result("once"), names())
run(main)
""") == ["True", "1 111", "None", "2 112 ['once']"]


def test_a_failed_task_starts_afresh(vm):
    assert lines(vm, """
good = []

async def flaky():
    if not good:
        raise OSError(5)
    return "fine"

async def main():
    aioctl.add(flaky)
    await ms()
    print(words(), repr(aioctl.result("flaky")), aioctl.traceback("flaky", rtn=True))
    good.append(1)
    aioctl.start("flaky")
    await ms()
    print(words(), repr(aioctl.result("flaky")), aioctl.traceback("flaky", rtn=True))
run(main)
""") == ["['ERROR'] OSError(5,) True", "['done'] 'fine' False"]


def test_a_coroutine_object_runs_once(vm):
    assert lines(vm, """
async def main():
    aioctl.add(give(3), name="it")
    await ms()
    print(aioctl.result("it"), aioctl.start("it"), words(), aioctl.result("it"))
run(main)
""") == ["Task it not started: ValueError: a coroutine runs once; add the function instead",
         "3 True ['done'] 3"]


def test_stopping_and_starting_at_once_starts_anew(vm):
    assert lines(vm, """
count = 0

async def slow():
    global count
    count += 1
    try:
        await forever()
    finally:
        await asyncio.sleep_ms(5)

async def main():
    aioctl.add(slow)
    await ms()
    aioctl.stop("slow")
    aioctl.start("slow")
    print(count)
    await ms()
    print(count, words(), len(aioctl.tasks()))
    aioctl.stop("slow")
    aioctl.start("slow")
    aioctl.stop("slow")
    await ms()
    print(count, words())
run(main)
""") == ["1", "2 ['running'] 1", "2 ['stopped']"]


def test_a_task_stopped_before_its_first_step_never_runs_and_can_be_started(vm):
    assert lines(vm, """
async def show():
    print("runs")
    await forever()

async def main():
    aioctl.add(show)
    beside = asyncio.gather(*aioctl.tasks())
    aioctl.stop("show")
    aioctl.stop("show")
    await beside
    await ms()
    print(words(), aioctl.group().tasks["show"].cancelled)
    aioctl.start("show")
    await ms()
    print(words())
    aioctl.add(show, name="gone")
    aioctl.delete("gone")
    await ms()
    print(names())
run(main)
""") == ["['stopped'] True", "runs", "['running']", "['show']"]


def test_a_task_may_stop_delete_and_start_itself(vm):
    assert lines(vm, """
async def itself(what):
    what("itself")
    try:
        await asyncio.sleep_ms(5)
        print("went on")
    except asyncio.CancelledError:
        print("cancelled")
        raise

async def main():
    aioctl.add(itself, aioctl.stop)
    await ms()
    print(words())
    aioctl.delete("itself")
    aioctl.add(itself, aioctl.delete)
    await ms()
    print(names(), aioctl.tasks())
    aioctl.add(itself, aioctl.start)
    await ms()
    print(words())
run(main)
""") == ["cancelled", "['stopped']", "cancelled", "[] []", "went on", "['done']"]


def test_a_task_that_swallows_cancellation_runs_on_and_keeps_its_result(vm):
    assert lines(vm, """
async def stubborn():
    for i in range(3):
        try:
            await asyncio.sleep_ms(15)
        except asyncio.CancelledError:
            print("no")
    return "at last"

async def main():
    aioctl.add(stubborn)
    await ms(5)
    aioctl.stop("stubborn")
    await ms(5)
    print(words(), len(aioctl.tasks()), aioctl.result("stubborn"))
    await ms(60)
    print(words(), aioctl.result("stubborn"))
run(main)
""") == ["no", "['running'] 1 None", "['stopped'] at last"]


def test_a_task_that_fails_while_it_is_stopped_has_failed(vm):
    assert lines(vm, """
async def clumsy():
    try:
        await forever()
    finally:
        1 / 0

async def main():
    aioctl.add(clumsy)
    await ms()
    aioctl.stop("clumsy")
    await ms()
    print(words(), repr(aioctl.result("clumsy")))
run(main)
""") == ["['ERROR'] ZeroDivisionError('divide by zero',)"]


@pytest.mark.parametrize("error", [
    "SystemExit(3)", "MemoryError('full')", "KeyboardInterrupt()", "asyncio.TimeoutError()",
    "GeneratorExit()", "StopIteration()", "BaseException('b')", "Nasty()",
])
def test_whatever_a_task_raises_ends_only_that_task(vm, error):
    assert lines(vm, f"""
class Nasty(Exception):
    def __str__(self):
        raise ValueError("no text")

async def bad():
    raise {error}

async def main():
    aioctl.add(forever)
    aioctl.add(bad)
    try:
        await asyncio.wait_for_ms(asyncio.gather(*aioctl.tasks()), 50)
    except asyncio.TimeoutError:
        pass
    aioctl.status("bad")
    aioctl.traceback("bad")
    print(words("bad"), aioctl.group().tasks["bad"].error.__class__.__name__)
run(main)
""")[-1].split("] ")[0] == "['ERROR'"


def test_a_real_interrupt_is_nobodys_failure_and_goes_on(vm):
    assert lines(vm, """
import os, ffi

raise_signal = ffi.open(None).func("i", "raise", "i")

async def hit():
    raise_signal(2)
    for i in range(1000):
        pass

async def main():
    aioctl.add(hit)
    await ms()

try:
    run(main)
except KeyboardInterrupt:
    print("interrupted")
print(words(), aioctl.group().tasks["hit"].error, aioctl.tasks())
""") == ["interrupted", "['stopped'] None []"]


def test_an_exception_that_is_returned_is_a_result(vm):
    out = lines(vm, """
async def main():
    aioctl.add(give, ValueError("five"), name="v")
    await ms()
    print(words(), repr(aioctl.result("v")), aioctl.traceback("v", rtn=True))
    aioctl.traceback("v")
    aioctl.status("v")
run(main)
""")
    assert out[0] == "['done'] ValueError('five',) False"
    assert stamped(out[1]) == "● v: status: done @ <when> --> result: ValueError: five"


def test_a_task_cancelled_by_what_it_awaits_has_stopped(vm):
    assert lines(vm, """
async def main():
    inner = asyncio.create_task(forever())
    async def waits():
        await inner
    aioctl.add(waits)
    await ms()
    inner.cancel()
    await ms()
    print(words())
run(main)
""") == ["['stopped']"]


def test_deleting_a_running_task_ends_it_and_leaves_nothing(vm):
    assert lines(vm, """
async def main():
    aioctl.add(forever)
    await ms()
    task = aioctl.tasks()[0]
    aioctl.delete("forever")
    print(names(), task.done())
    aioctl.add(forever)
    await ms()
    print(names(), task.done(), words())
    aioctl.add(brief)
    await ms()
    aioctl.delete("brief", "forever")
    await ms()
    print(names(), aioctl.tasks())
    from aioctl.jobs import ended
    print(ended)
run(main)
""") == ["[] False", "['forever'] True ['running']", "[] []", "[]"]


# -- decorated tasks ------------------------------------------------------------


DECORATED = """
@aioctl.aiotask
async def blink(n, log=None):
    if n == 0:
        raise OSError(5)
    await asyncio.sleep_ms(10 * n)
    return n

def hook(*args, **kwargs):
    print("hook", [repr(arg) for arg in args], kwargs)
    return "hooked"

def broken(*args, **kwargs):
    raise ValueError("hook")

async def slow(*args, **kwargs):
    await asyncio.sleep_ms(1)
    return "slowly"
"""


def test_a_decorated_task_has_its_functions_name_and_result(vm):
    assert lines(vm, DECORATED + """
async def main():
    aioctl.add(blink, 1, _id="x")
    aioctl.add(blink, 1, log=3, name="led", on_stop=hook, on_error=hook, _id="led")
    await ms(40)
    print(names(), words(), aioctl.result("blink"), aioctl.result("led"))
run(main)
""") == ["['blink', 'led'] ['done', 'done'] 1 1"]


@pytest.mark.parametrize("hook, said, result", [
    ("hook", ["hook ['1'] {'log': 7}"], "('stopped', 'hooked')"), ("'BYE'", [], "('stopped', 'BYE')"),
    ("None", [], "('stopped', None)"), ("broken", [], "('ERROR', ValueError('hook',))"),
    ("slow", [], "('stopped', 'slowly')"),
])
def test_what_on_stop_is_or_returns_is_the_result(vm, hook, said, result):
    assert lines(vm, DECORATED + f"""
async def main():
    aioctl.add(blink, 1, log=7, on_stop={hook})
    await ms(5)
    aioctl.stop("blink")
    await ms()
    print((words()[0], aioctl.result("blink")))
run(main)
""") == said + [result]


@pytest.mark.parametrize("hook, said, result", [
    ("hook", ["hook ['OSError(5,)', '0'] {}"], "hooked"), ("None", [], "[Errno 5] EIO"),
    ("broken", [], "hook"), ("slow", [], "slowly"), ("lambda e, n: e", [], "[Errno 5] EIO"),
])
def test_what_on_error_returns_is_the_result_of_a_failure(vm, hook, said, result):
    assert lines(vm, DECORATED + f"""
async def main():
    aioctl.add(blink, 0, on_error={hook})
    await ms()
    print(words()[0], aioctl.result("blink"), repr(aioctl.group().tasks["blink"].error))
run(main)
""") == said + [f"ERROR {result} OSError(5,)"]


def test_a_decorated_task_stopped_before_its_first_step_calls_no_hook(vm):
    assert lines(vm, DECORATED + """
async def main():
    aioctl.add(blink, 1, on_stop=hook)
    aioctl.stop("blink")
    await ms()
    print(words(), aioctl.result("blink"))
run(main)
""") == ["['stopped'] None"]


def test_a_second_stop_ends_a_hook_that_waits(vm):
    assert lines(vm, DECORATED + """
async def main():
    aioctl.add(blink, 1, on_stop=forever)
    await ms(5)
    aioctl.stop("blink")
    await ms()
    print(words())
    aioctl.stop("blink")
    await ms()
    print(words())
run(main)
""") == ["['running']", "['stopped']"]


# -- beside each other ----------------------------------------------------------


def test_gather_of_all_tasks_beside_everything(vm):
    assert lines(vm, """
import aioschedule

async def main():
    aioctl.add(brief, 10)
    aioctl.add(divide)
    aioctl.add(brief, 40, name="stopped")
    aioctl.add(brief, 40, name="early")
    aioctl.add(brief, 5, name="deleted")
    aioschedule.schedule("tick", print, start_in=0.01)
    tasks = aioctl.tasks()
    print(len(tasks))
    aioctl.stop("early")
    aioctl.delete("deleted")
    async def stopper():
        await asyncio.sleep_ms(5)
        aioctl.stop("stopped")
    asyncio.create_task(stopper())
    await asyncio.gather(*tasks)
    print(words("brief", "divide", "stopped", "early"))
run(main)
""") == ["6", "", "['done', 'ERROR', 'stopped', 'stopped']"]


def test_somebody_waits_for_a_task_while_it_is_gathered(vm):
    assert lines(vm, """
async def main():
    aioctl.add(brief, 10)
    record = aioctl.group().tasks["brief"]
    async def waiter():
        await record.ended()
        print("ended", record.result)
    beside = [asyncio.create_task(waiter()) for i in range(2)]
    await asyncio.gather(*aioctl.tasks())
    await asyncio.gather(*beside)
    await record.ended()
run(main)
""") == ["ended 10", "ended 10"]


def test_a_record_has_what_asyncmd_knows_of_a_task(vm):
    assert lines(vm, """
async def main():
    aioctl.add(brief, 10, name="b")
    record = aioctl.group().tasks["b"]
    print(record.name, record.args, record.kwargs, record.since, record.done_at, record.cancelled,
          record.service, record.task.done())
    await ms()
    print(record.since >= 0, record.done_at >= record.since, record.task.done(), record.result)
run(main)
""") == ["b (10,) {} None None False None False", "True True True 10"]


def test_ended_tasks_are_kept_up_to_a_bound_the_oldest_goes_first(vm):
    assert lines(vm, """
async def main():
    aioctl.add(forever)
    for i in range(40):
        aioctl.add(give, i, name="t%02d" % i)
        await ms(0)
    await ms()
    print(len(names()), names()[0], names()[1], names()[-1], aioctl.result("t39"))
    aioctl.start("t24")
    await ms()
    aioctl.add(give, name="new")
    await ms()
    print("t24" in names(), "t25" in names())
run(main)
""") == ["17 forever t24 t39 39", "True False"]


# -- what people read -----------------------------------------------------------


def test_status_lines(vm):
    out = lines(vm, """
async def main():
    aioctl.add(forever, name="blink")
    aioctl.add(divide)
    aioctl.add(give, "x")
    aioctl.add(forever, name="led")
    await ms()
    aioctl.stop("led")
    await ms()
    aioctl.status()
    print("-")
    aioctl.status("g*")
    aioctl.status("blink")
    aioctl.status("none*")
run(main)
""")
    assert re.fullmatch(r"● blink: status: running since " + STAMP, out[0])
    assert [stamped(line) for line in out] == [
        "● blink: status: running since <when>",
        "● divide: status: ERROR @ <when> --> result: ZeroDivisionError: divide by zero",
        "● give: status: done @ <when> --> result: x",
        "● led: status: stopped @ <when> --> result: None",
        "-",
        "● give: status: done @ <when> --> result: x",
        "● blink: status: running since <when>",
    ]


def test_status_counts_seconds_and_hours(vm):
    out = lines(vm, """
import aioschedule

async def main():
    aioctl.add(forever, name="blink")
    await ms()
    aioschedule.clock[0] += 38
    aioctl.status()
    aioschedule.clock[0] += 7200
    aioctl.status()
run(main)
""")
    assert re.search(r"; 3[89] s ago$", out[0])
    assert re.search(r"; 02:00:3[89] ago$", out[1])


def test_colours_are_for_terminals_only(vm):
    code = TASKS + """
async def main():
    aioctl.add(forever, name="blink")
    aioctl.add(divide)
    await ms()
    aioctl.status()
run(main)
"""
    assert "\x1b" not in vm.run(code).out
    session = vm.session(code)
    session.wait()
    seen = session.seen
    assert "\x1b[92m●\x1b[0m blink: status: \x1b[92mrunning\x1b[0m since " in seen
    assert "\x1b[91m●\x1b[0m divide: status: \x1b[91mERROR\x1b[0m @ " in seen


def test_debug_adds_arguments_runtime_and_traceback(vm):
    out = lines(vm, """
async def main():
    aioctl.add(divide, n=0)
    await ms()
    aioctl.status(debug=True)
    aioctl.debug()
    aioctl.status("divide")
    aioctl.debug()
run(main)
""")
    detailed = [
        "● divide: status: ERROR @ <when> --> result: ZeroDivisionError: divide by zero",
        "    ┗━► runtime: 0 s",
        "    ┗━► args: ()",
        "    ┗━► kwargs: {'n': 0}",
        "    ┗━► traceback:",
        "        Traceback (most recent call last):",
        "        ZeroDivisionError: divide by zero",
    ]
    got = [stamped(line) for line in out if "  File " not in line]
    assert got == detailed + ["debug mode: True"] + detailed + ["debug mode: False"]


SERVICE = """
from aioclass import Service

class Blink(Service):
    info = "Blinks a LED"
    docs = "docs/blink.md"
    args = (2,)

    async def task(self, pin):
        import aioctl
        self.add_ctask(aioctl, self.child, "child", 7)
        await self.child(0)

    async def child(self, n):
        import asyncio
        while True:
            await asyncio.sleep(1)

    def show(self):
        return {show}

service = Blink("blink")
"""


@pytest.mark.parametrize("show, shown", [
    ('"Stats", "n=3"', "Stats: n=3"), ('"plain"', "plain"), ("1, 2, 3", "1: 2: 3"),
    ("1 / 0", "show(): ZeroDivisionError: divide by zero"),
])
def test_debug_of_a_service_adds_its_info_type_docs_show_and_children(vm, show, shown):
    vm.put("aioservices/services/blink_service.py", SERVICE.replace("{show}", show))
    out = lines(vm, """
import aioservice

async def main():
    aioservice.load("blink")
    await ms()
    aioctl.status("blink.service", debug=True, log=False)
run(main)
""")
    path = f"./aioservices/services/blink_service.{'mpy' if vm.compiled else 'py'}"
    assert [stamped(line) for line in out[1:]] == [
        "● blink.service - Blinks a LED",
        f"    Loaded: Service: blink.service from {path}",
        "    Active: status: running since <when>",
        "    Type: runtime.service",
        "    Docs: docs/blink.md",
        "    " + shown,
        "    CTasks: 1",
        "        ┗━► blink.service.child: status: running since <when>",
        "    ┗━► runtime: 0 s",
        "    ┗━► args: (2,)",
        "    ┗━► kwargs: {}",
    ]


def test_the_status_of_one_task_shows_its_last_lines_of_the_journal(vm):
    out = lines(vm, """
import aiolog
aioctl.set_log(aiolog.Journal(1000))

async def main():
    aioctl.add(divide)
    await ms()
    aioctl.status("divide")
    aioctl.status("divide", log=False)
run(main)
""")
    assert len(out) == 3
    assert out[1].endswith("[ERROR] [divide] ZeroDivisionError: divide by zero")


def test_results(vm):
    assert lines(vm, """
async def main():
    aioctl.add(give, 3, name="a")
    aioctl.add(divide, name="b")
    aioctl.add(forever, name="c")
    await ms()
    print(aioctl.result("a"), repr(aioctl.result("b")), aioctl.result("c"))
    aioctl.result()
    aioctl.result("a*")
    found = aioctl.result_all(as_dict=True)
    print([(name, repr(found[name])) for name in sorted(found)])
run(main)
""") == ["3 ZeroDivisionError('divide by zero',) None", "a --> 3", "b --> divide by zero", "c --> None",
         "a --> 3", "[('a', '3'), ('b', \"ZeroDivisionError('divide by zero',)\"), ('c', 'None')]"]


def test_tracebacks(vm):
    out = lines(vm, """
import io

async def main():
    aioctl.add(divide, name="b")
    aioctl.add(forever, name="c")
    await ms()
    aioctl.traceback("c")
    aioctl.traceback("b")
    aioctl.traceback(indent="  ")
    text = io.StringIO()
    aioctl.traceback("*", file=text)
    print(text.getvalue().count("ZeroDivisionError"), [aioctl.traceback(name, rtn=True) for name in "bc"])
run(main)
""")
    got = [line for line in out if "  File " not in line]
    text = ["b: Traceback", "Traceback (most recent call last):", "ZeroDivisionError: divide by zero"]
    assert got == text + ["  " + line for line in text] + ["1 [True, False]"]


def test_a_failure_is_noted_in_the_journal_or_the_logger_given(vm):
    out = lines(vm, """
import aiolog

class Own:
    def error(self, text):
        print("error", text)

class Broken:
    def error(self, text):
        raise OSError(5)

async def main():
    for log in (aiolog.Journal(500), Own(), Broken(), object(), None):
        aioctl.set_log(log)
        aioctl.add(divide)
        await ms()
        aioctl.log()
        aioctl.delete("divide")
    print(aioctl.journal())
run(main)
""")
    assert out[0].endswith("[ERROR] [divide] ZeroDivisionError: divide by zero")
    text = "[divide] ZeroDivisionError: divide by zero"
    assert out[1:3] == ["error " + text, text + " (the logger: OSError: [Errno 5] EIO)"]
    assert out[3].startswith(text + " (the logger: AttributeError") and out[4:] == ["None"]


def test_log_and_follow_show_the_lines_of_a_task(vm):
    out = lines(vm, """
import aiolog
journal = aiolog.Journal(1000)
aioctl.set_log(journal)
journal.put(20, "a", "one")
journal.put(20, "b", "two")

async def main():
    aioctl.log("[a]")
    follower = asyncio.create_task(aioctl.follow("[b]"))
    await ms()
    journal.put(20, "b", "three")
    await ms()
    follower.cancel()
run(main)
""")
    assert [line.split("[INFO] ")[1] for line in out] == ["[a] one", "[b] two", "[b] three"]


def test_getenv_reads_names_and_evaluates_nothing(vm):
    vm.put(".env", "# secrets\nA=1\nexport B = 'two # 2'\nC=\"x\"\nD=a # b\nE=\n"
                   "F=__import__('os')\nbad line\n=x\n")
    assert lines(vm, """
print([aioctl.getenv(name) for name in "ABCDEFG"], aioctl.getenv("G", "alt"), aioctl.getenv("G", alt=3))
import time
print(aioctl.get_datetime((2026, 3, 16, 11, 27, 11, 0, 75)))
""") == ["['1', 'two # 2', 'x', 'a', '', \"__import__('os')\", None] alt 3", "2026-03-16 11:27:11"]


def test_getenv_without_a_file_or_with_one_that_is_no_text(vm):
    code = 'print(aioctl.getenv("A"), aioctl.getenv("A", 1))'
    assert lines(vm, code) == ["None 1"]
    vm.put(".env", b"\xff\xfe\x00A=1")
    assert lines(vm, code) == ["None 1"]


# -- memory ---------------------------------------------------------------------


HEAP = """
import gc

def used():
    gc.collect()
    return gc.mem_alloc()

async def cycle(i):
    aioctl.add(forever, i, name="t%d" % (i % 7))
    aioctl.add(brief, 0)
    aioctl.add(divide)
    aioctl.add(give, i)
    aioctl.add(forever, name="early")
    aioctl.delete("early")
    await ms(0)
    await ms(0)
    if i % 5 == 0:
        aioctl.status("t*")
    aioctl.delete("*")
    await ms(0)

async def main():
    for i in range(30):
        await cycle(i)
    i = 0
    before = after = used()
    for i in range(1000):
        await cycle(i)
    i = 0
    after = used()
    print("grown", after - before, names(), aioctl.tasks())
run(main)
"""


def test_a_thousand_adds_and_deletes_leave_the_heap_where_it_was(vm):
    assert lines(vm, HEAP, timeout=60)[-1] == "grown 0 [] []"


RESTARTS = """
import gc

def used():
    gc.collect()
    return gc.mem_alloc()

async def cycle():
    aioctl.start("*")
    await ms(0)
    await ms(0)
    aioctl.stop("*")
    await ms(0)
    await ms(0)

async def main():
    aioctl.add(forever)
    aioctl.add(divide)
    aioctl.add(give, 1)
    heap = [0, 0, 0]
    for look in range(3):  # all at the same point of the program, the first after a warm-up
        for i in range(500 if look else 30):
            await cycle()
        heap[look] = used()
    # Stacks hold on to a piece of garbage now and then; what grows does so in both halves.
    print("grown", min(heap[2] - heap[1], heap[1] - heap[0]), words())
run(main)
"""


def test_a_thousand_starts_and_stops_leave_the_heap_where_it_was(vm):
    assert lines(vm, RESTARTS, timeout=60)[-1] == "grown 0 ['ERROR', 'stopped', 'done']"


def test_importing_aioctl_brings_only_its_core(vm):
    assert lines(vm, """
import sys
print(sorted([m for m in sys.modules if "aio" in m]))
aioctl.group()
aioctl.add(forever)
print(sorted([m for m in sys.modules if "aio" in m]))
""") == ["['aiobase', 'aioctl']", "['aiobase', 'aioctl', 'aioctl.jobs', 'aioschedule']"]
