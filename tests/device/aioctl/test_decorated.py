"""Named tasks, aioctl: decorated ones. On the real VM."""
import pytest
from support.tasks import lines

DECORATED = """
@aioctl.aiotask
async def blink(n, log=None):
    if n == 0:
        raise OSError(5)
    await ms(10 * n)
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
