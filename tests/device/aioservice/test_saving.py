"""services.config: config(), and that nothing is ever lost: bad and full flash, a simulated one; for power cuts see
tests/host/measure/test_soak.py."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import pytest
from support.flash import FLASH


# -- config() ------------------------------------------------------------------


def test_config_keeps_what_is_not_named(board):
    board.service("one").service("two")
    board.config(
        {
            "one": {"args": [1], "kwargs": {"a": 1}, "restart": "no", "pin": 5},
            "_boot": {"groups": ["x"]},
            "two": {"enabled": True},
            "bad": 7,
        }
    )
    out = board.run("""
print(config("one", False))
print(config("one", True, b=2, stop_grace=3))
print(config("one.service", True, 8, 9))
print(get_config("one") == {"enabled": True, "args": [8, 9], "kwargs": {"a": 1, "b": 2}, "restart": "no", "pin": 5, "stop_grace": 3})
print(enable("two"), disable("two"), get_config("two"))
""")
    assert out == "True\nTrue\nTrue\nTrue\nTrue True {'enabled': False}\n"
    found = board.settings()
    assert found["_boot"] == {"groups": ["x"]} and found["bad"] == 7 and found["two"] == {"enabled": False}


def test_config_takes_kwargs_as_a_whole_and_one_by_one(board):
    board.service("one").config({"one": {"kwargs": {"old": 1}}})
    assert board.run("""
print(config("one", True, kwargs={"b": 2}, a=1), get_config("one")["kwargs"] == {"a": 1, "b": 2})
given = {"c": 3}
print(config("one", True, kwargs=given), config("one", True, d=4), get_config("one")["kwargs"] == {"c": 3, "d": 4}, given)
print(config("one", True, kwargs={}), get_config("one")["kwargs"])
""") == "True True\nTrue True True {'c': 3}\nTrue {}\n"


def test_config_then_get_config_prints_as_documented(board):
    board.service("one")
    assert board.run('print(config("one", True, 3, 2))\nprint(get_config("one"))') == (
        "True\n{'enabled': True, 'args': [3, 2]}\n"
    )


@pytest.mark.parametrize(
    "call, why",
    [
        ("config('one', True, object())", "JSON cannot hold <object"),
        ("config('one', True, b'x')", "JSON cannot hold b'x'"),
        ("config('one', True, {1: 2})", "JSON has no key 1, only text"),
        ("config('one', True, k={'a': [{3}]})", "JSON cannot hold {3}"),
        ("config('one', True, float('nan'))", "JSON cannot hold nan"),
        ("config('one', True, -1e999)", "JSON cannot hold -inf"),
        ("config('one', True, loop)", "a value is nested too deep, or holds itself"),
        ("config('one', True, asyncio.sleep)", "JSON cannot hold <function sleep"),
        ("config('one', 3, 2)", "one.enabled: expected true or false, not 3"),
        ("config('one', period=1)", 'one: say whether it is to run: config("one", True, …)'),
        ("config('one')", 'one: say whether it is to run: config("one", True, …)'),
        ("config('one', True, kwargs=5, a=1)", "one.kwargs: expected an object {name: value}, not 5"),
        ("config('one', True, restart='never')", "one.restart: expected"),
        ("config('one', True, require=5)", "one.require: expected a name"),
        ("config('one', True, instances=0)", "one.instances: expected a number, 1 to 99, not 0"),
    ],
)
def test_config_refuses_before_anything_is_written(board, call, why):
    board.service("one").config({"one": {"args": [1]}})
    out = board.run(f"loop = []; loop.append(loop)\nprint({call})")
    assert out.startswith("not saved: one") and why in out and out.endswith("\nFalse\n")
    assert board.settings() == {"one": {"args": [1]}}
    assert sorted(path.name for path in board.vm.root.glob("services*")) == ["services.config"]


def test_config_applies_at_the_next_load(board):
    board.service("one", "", "print(args)")
    out = board.run("""
await up()
config("one", True, 7)
unload("one")
await ended("one")
load("one")
await asyncio.sleep_ms(20)
""").replace("[7]", "(7,)")
    assert out == "()\n" + board.line("one") + "(7,)\n"


# -- bad and full flash, a simulated one; for power cuts see test_soak.py ------


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
def test_a_single_failing_write_keeps_the_old_or_the_new(vm, fat):
    """The flash answers with one error and works again: save() says so and nothing is torn."""
    out = vm.run(
        FLASH % (fat, 100)
        + """
save(1), save(2)
before = bytes(flash.data)
flash.written = 0
save(3)
def once(at, buf):
    flash.written += 1
    if flash.written == flash.bad: raise OSError(5)
    flash.data[at : at + len(buf)] = buf
count = flash.written
for n in range(1, count + 1):
    flash.data[:] = before
    mount()
    flash.written, flash.bad, flash.write = 0, n, once
    why = save(3)
    flash.bad = None
    mount()
    found, fault = read()
    if why is None and found != entries(3): print("write", n, "said to be saved")
    if why is not None and found not in (entries(2), entries(3)): print("write", n, "lost", fault)
print("fine")
""",
        timeout=60,
        heap="2m",
    ).out
    assert "fine\n" in out and "write " not in out.replace("in write", ""), out


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
def test_a_full_flash_keeps_the_old_file(vm, fat):
    out = vm.run(
        FLASH % (fat, 100)
        + """
print(save(1), save(2))
def fill(free):
    with open("filler", "wb") as file:
        try:
            while os.statvfs("/f")[3] > free:
                file.write(bytes(512))
                file.flush()
        except OSError: pass
for free in (20, 12, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0):
    fill(free)
    old = read()
    big = {"s%02d" % i: {"args": ["y" * 40] * 3} for i in range(15 + free)}
    why = aioservice.configure.save(big)
    new = read()
    if new[1]: print(free, "fault", new[1])
    if new[0] != (big if why is None else old[0]): print(free, "lost", why)
    os.remove("filler")
fill(0)
print(aioservice.configure.save(big) is not None, read()[1])
os.remove("filler")
print(save(3), read() == (entries(3), None))
""",
        timeout=60,
        heap="2m",
    ).out
    assert out == "None None\nTrue None\nNone True\n"


def test_config_on_a_full_flash_says_so(board):
    board.service("one")
    out = board.run("""
config("one", True, 1)
import aioservice.configure as configure
def full(path, text): raise OSError(28)
configure.put = full
print(configure.config("one", True, 2))
print(get_config("one"))
""")
    assert out.startswith("not saved: services.config: ") and out.endswith(
        "False\n{'enabled': True, 'args': [1]}\n"
    )
