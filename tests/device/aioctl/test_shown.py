"""Named tasks, aioctl: what people read of them, and the memory that they take. On the real VM."""
import re

import pytest
from support.tasks import STAMP, TASKS, lines, stamped


# -- what people read ----------------------------------------------------------


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


# -- memory --------------------------------------------------------------------

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
