"""What people say to services, one word behind the other: the last one wins, at whatever pass of the loop it comes."""
import pytest
from support.harness import ROOT

FIRST = ("running", "stopped", "gone", "leaving", "masked", "disabled", "held")


@pytest.fixture
def words(vm32):
    (vm32.root / "aioservices/services").mkdir(parents=True)
    vm32.put("lib/words.py", (ROOT / "tools/measure/soaks/words.py").read_text())

    def run(cases):
        return vm32.run(f"from words import *; run({cases})", timeout=150, heap="2m").out.splitlines()

    run.vm = vm32
    return run


@pytest.mark.parametrize("first", FIRST)
def test_two_words_to_one_service_end_as_if_each_had_been_heard_to_its_end(words, first):
    """Some of each two words, the second at some pass behind the first; `make soak` tries all."""
    n = FIRST.index(first)
    assert words(f"pairs(({first!r},), ({n}, {3 * n + 9}, {60 - 4 * n}), False, 10, {n})") == ["tried 30", "wrong 0"]


def test_two_words_to_services_that_require_each_other(words):
    assert words("pairs(FIRST, (0, 5, 23), True, 401)") == ["tried 48", "wrong 0"]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_last_of_many_words_wins(words, seed):
    assert words(f"chains({seed}, 50)") == ["tried 50", "wrong 0"]


@pytest.mark.parametrize("first, said", [
    ("leaving", (("stop", "mid"), 23, ("enable", "mid"))),
    ("leaving", (("disable", "mid"), 23, ("enable", "mid"))),
    ("leaving", (("unload", "top"), 1, ("stop", "top"), 2, ("disable", "mid"))),
    ("leaving", (("stop", "mid"), 23, ("unload", "mid"))),
    ("leaving", (("stop", "mid"), 0, ("unload", "mid"))),
    ("leaving", (("stop", "mid"), 23, ("restart", "mid"))),
    ("leaving", (("restart", "mid"), 23, ("stop", "need"))),
    ("leaving", (("unload", "mid"), 1, ("unload", "top"), 0, ("restart", "need"))),
    ("stopped", (("reload", "top"), 0, ("load", "top"))),
    ("masked", (("reload", "top"), 0, ("load", "top"))),
    ("masked", (("load", "mid"), 4, ("reload", "top"), 0, ("start", "top"))),
])
def test_words_that_meet_what_is_on_its_way(words, first, said):
    """Such as `make soak` has found: words, and how many passes lie between them."""
    assert words(f"[{(first, said[::2], said[1::2])!r}]") == ["tried 1", "wrong 0"]


LEAVING = """
import asyncio, sys
import aioservice, words
from words import manager, passes, lives
async def main():
    for name in words.NAMES:
        lives[name] = [0, 0]
        with open("aioservices/services/%s_service.py" % name, "w") as file:
            file.write(words.FILE % name)
    aioservice.load()
    await aioservice.start("top")
    aioservice.unload("mid")
{body}
    for _ in range(300):
        await asyncio.sleep_ms(0)
    print(sorted(manager().services), lives["mid"], sum("mid" in name for name in sys.modules))
    await aioservice.shutdown()
    print([a - b for a, b in lives.values()])
asyncio.run(main())
"""


def left(words, body):
    body = "\n".join("    " + line for line in body.strip("\n").split("\n"))
    out = words.vm.run(LEAVING.replace("{body}", body)).out.splitlines()
    return [line for line in out if not line.startswith("[ ")]


@pytest.mark.parametrize("load", ['load("mid")', 'load("m*")', 'load()', 'start("mid")', 'load("mid"); aioservice.load("mid")'])
@pytest.mark.parametrize("unload", ['unload("mid")', 'unload("mid.service")', 'unload("m*")'])
def test_unload_takes_back_a_load_that_waits_for_the_cleanup(words, load, unload):
    """Nothing of it is imported, none of its code runs."""
    assert left(words, f"""
try:
    aioservice.{load}
except aioservice.ServiceNotFound:
    pass
await passes(2)
print(aioservice.{unload})
""") == ["True", "['need', 'top'] [1, 1] 0", "[0, 0, 0]"]


def test_unload_of_what_a_load_would_bring_along_takes_that_back_too(words):
    assert left(words, """
aioservice.load("top")
print(aioservice.unload("mid"))
await passes(300)
print(aioservice.service("top").state)
""") == ["True", "stopped", "['need', 'top'] [1, 1] 0", "[0, 0, 0]"]


def test_load_behind_an_unload_that_took_one_back_counts(words):
    assert left(words, """
aioservice.load("mid"); aioservice.unload("mid"); aioservice.load("mid")
""") == ["['mid', 'need', 'top'] [2, 1] 1", "[0, 0, 0]"]


def test_unload_alone_is_said_once(words):
    assert left(words, """
try:
    aioservice.unload("mid")
except aioservice.ServiceNotFound as e:
    print("not loaded" in str(e))
""") == ["True", "['need', 'top'] [1, 1] 0", "[0, 0, 0]"]


def test_stop_behind_a_load_that_waits_starts_nothing(words):
    assert left(words, """
aioservice.load("mid")
await aioservice.stop("mid")
""") == ["['mid', 'need', 'top'] [1, 1] 1", "[0, 0, 0]"]


@pytest.mark.parametrize("more", ["pass", 'aioservice.load("mid")', 'aioservice.load("top")'])
@pytest.mark.parametrize("n", [0, 1, 4, 9])
def test_shutdown_waits_for_the_cleanup_of_what_is_being_unloaded(words, more, n):
    """And what waited to be loaded again is not."""
    out = left(words, f"""
{more}
await passes({n})
await aioservice.shutdown()
print([a - b for a, b in lives.values()], lives["mid"])
""")
    assert out[0] == "[0, 0, 0] [1, 1]" and out[1].split("] ")[1] == "[1, 1"
