"""Named tasks, aioctl: their life, and beside each other. On the real VM."""
import pytest
from support.tasks import lines, stamped


# -- life ----------------------------------------------------------------------


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
    await ms(10)
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
        await ms(5)

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
        await ms(5)
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
            await ms(15)
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


# -- beside each other ---------------------------------------------------------


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
        await ms(5)
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
