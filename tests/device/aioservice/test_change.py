"""patch() and reload(): what changes the services themselves while the board runs."""
import pytest

SERVICE = """
import asyncio
from aioclass import Service

class X(Service):
    enabled = True
    {attributes}
    version = {version}
    async def setup(self):
        {setup}
    async def task(self, period=1):
        self.period = period
        await asyncio.sleep(1000)
    async def cleanup(self):
        print(self.name, self.version, "cleaned up")

service = X("{name}")
"""


BROKEN = SERVICE.format(name="one", version=1, attributes='restart = "no"', setup="raise OSError(5)")


@pytest.fixture
def board(vm):
    """`board(name, …)` writes a service; `board.run(body)` runs an async body after the boot."""

    def write(name, version=1, attributes="pass", setup="pass"):
        text = SERVICE.format(name=name, version=version, attributes=attributes, setup=setup)
        vm.put(f"aioservices/services/{name}_service.py", text)
        return text

    def run(body, before=""):
        lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
        script = f"""
import asyncio, sys
import aioctl, aioservice
{before}
def put(name, text):
    with open("aioservices/services/%s_service.py" % name, "w") as file:
        file.write(text)
def states():
    return sorted([(s["name"], s["state"]) for s in aioservice.snapshot()["services"]])
async def failure(operation):
    try:
        await operation
    except aioservice.ServiceError as e:
        return str(e)
async def main():
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await asyncio.sleep_ms(20)
{lines}
asyncio.run(main())
"""
        return vm.run(script).out

    write.run, write.vm = run, vm
    return write


def as_source(board, *services):
    """The services as .py, which the test then overwrites on the board."""
    for name, attributes in services:
        text = board(name, attributes=attributes)
        (board.vm.root / f"aioservices/services/{name}_service.mpy").unlink(missing_ok=True)
        board.vm.put(f"aioservices/services/{name}_service.py", text, compile=False)


def new(**values):
    return SERVICE.format(**{"version": 2, "attributes": "pass", "setup": "pass", **values})


def test_reload_runs_the_new_file_and_brings_dependents_back(board):
    as_source(board, ("one", "pass"), ("two", 'require = "one"'))
    out = board.run(f"""
put("one", {new(name="one")!r})
print(aioservice.reload("one.service"))
operation = aioservice.reload("one")
await asyncio.sleep_ms(0)
await operation
await asyncio.sleep_ms(20)
print(aioservice.service("one").version, aioservice.service("two").deps["one"].version, states())
""".replace('print(aioservice.reload("one.service"))\n', ""))
    assert out.splitlines() == [
        "two 1 cleaned up", "one 1 cleaned up", "2 2 [('one', 'running'), ('two', 'running')]"]


@pytest.mark.parametrize("text, why", [
    ("1/0", "ZeroDivisionError: divide by zero"),
    ("service = 5", "no `service = …('one')` in it"),
])
def test_reload_of_a_file_that_cannot_be_loaded_leaves_all_as_it_was(board, text, why):
    as_source(board, ("one", "pass"))
    out = board.run(f"""
put("one", {text!r})
print(await failure(aioservice.reload("one")))
print(aioservice.service("one").version, states(), "aioservices.services.one_service" in sys.modules)
""")
    first, second = out.splitlines()
    assert first.startswith("not reloaded: ") and why in first and first.endswith("; the version before goes on")
    assert second == "1 [('one', 'running')] True"


@pytest.mark.parametrize("text, error, line, where, ends", [
    ("1/0", "ZeroDivisionError: divide by zero", 1, "in <module>", "goes on"),
    ("x = (\n\n1 1)", "SyntaxError: invalid syntax", 3, "", "goes on"),
    (new(name="one", setup="raise OSError(5)"), "OSError: [Errno 5] EIO", 10, "in setup", "runs again"),
    (new(name="one").replace("self.period =", "self.period, self.no ="), "TypeError: 'int' object isn't iterable",
     12, "in task", "runs again"),
])
def test_a_refused_version_says_where_and_its_traceback_is_kept(board, text, error, line, where, ends):
    as_source(board, ("one", "pass"))
    out = board.run(f"""
put("one", {text!r})
aioctl.log("one")
print(await failure(aioservice.reload("one")))
await asyncio.sleep_ms(20)
print(states(), aioservice.service("one").version)
aioservice.traceback("one")
print("--")
aioctl.log("aioservice")
aioctl.log("one")
put("one", {new(name="one")!r})
await aioservice.reload("one")
print(aioservice.traceback("one", True))
""")
    file = "aioservices/services/one_service.py"
    told = f"not reloaded: {error} ({file}, line {line}); the version before {ends}"
    assert told in out.splitlines()
    shown, _, journal = out.partition("--\n")
    assert shown.endswith(f"""
[('one', 'running')] 1
one: Traceback (of the version that was not reloaded)
Traceback (most recent call last):
  File "{file}", line {line}{", " + where if where else ""}
{error}
""")
    assert told in journal and journal.endswith("\n\n")


def test_reload_of_a_service_that_does_not_start_falls_back(board):
    as_source(board, ("one", "pass"), ("two", 'require = "one"'))
    out = board.run(f"""
put("one", {new(name="one", setup="raise OSError(5)", attributes='restart = "no"')!r})
print(await failure(aioservice.reload("one")))
await asyncio.sleep_ms(20)
print(aioservice.service("one").version, aioservice.service("two").deps["one"].version, states())
""")
    assert out.splitlines()[-2:] == [
        "not reloaded: OSError: [Errno 5] EIO (aioservices/services/one_service.py, line 10); the version before runs again",
        "1 1 [('one', 'running'), ('two', 'running')]"]


def test_reload_of_what_had_failed_starts_the_mended_file_and_what_waited_for_it(board):
    as_source(board, ("one", "pass"), ("two", 'require = "one"'), ("three", 'want = "one"'))
    board.vm.put("aioservices/services/one_service.py", BROKEN, compile=False)
    out = board.run(f"""
print(states())
put("one", {new(name="one")!r})
await aioservice.reload("one")
await asyncio.sleep_ms(20)
print(states())
print([aioservice.service(name).deps["one"].version for name in ("two", "three")])
""")
    assert out.splitlines() == [
        "one 1 cleaned up", "[('one', 'failed'), ('three', 'running'), ('two', 'blocked')]",
        "[('one', 'running'), ('three', 'running'), ('two', 'running')]", "[2, 2]"]


def test_reload_of_what_had_failed_says_so_when_it_fails_again(board):
    as_source(board, ("one", "pass"))
    board.vm.put("aioservices/services/one_service.py", BROKEN, compile=False)
    out = board.run("""
while aioservice.service("one").state != "failed":
    await aioservice.service("one").changed()
print(await failure(aioservice.reload("one")))
print(states(), aioservice.service("one").version)
""")
    assert out.splitlines() == ["one 1 cleaned up"] * 2 + [
        "reloaded, but failed: OSError: [Errno 5] EIO (aioservices/services/one_service.py, line 10)",
        "[('one', 'failed')] 1"]


def test_reload_of_what_was_stopped_does_not_start_it(board):
    as_source(board, ("one", "pass"))
    out = board.run(f"""
await aioservice.stop("one")
put("one", {new(name="one")!r})
await aioservice.reload("one")
print(states(), aioservice.service("one").version)
await aioservice.start("one")
print(states())
""")
    assert out.splitlines() == ["one 1 cleaned up", "[('one', 'init')] 2", "[('one', 'running')]"]


def test_reload_brings_what_the_new_file_requires(board):
    as_source(board, ("one", "pass"))
    out = board.run(f"""
put("dep", {new(name="dep")!r})
put("one", {new(name="one", attributes="require = 'dep'")!r})
await aioservice.reload("one")
print(states(), aioservice.service("one").deps["dep"].version)
""")
    assert out.splitlines() == ["one 1 cleaned up", "[('dep', 'running'), ('one', 'running')] 2"]


def test_reload_of_the_settings_restarts_what_changed(board):
    for name in ("one", "two", "three", "four"):
        board(name)
    board.vm.put("services.config", '{"two": {"kwargs": {"period": 5}}, "four": {"enabled": false}}')
    out = board.run("""
with open("services.config", "w") as file:
    file.write('{"one": {"kwargs": {"period": 7}}, "two": {"kwargs": {"period": 5}}, "three": {"enabled": false}}')
await aioservice.reload()
await asyncio.sleep_ms(50)
print(states(), aioservice.service("one").period, aioservice.service("two").period)
""")
    *cleaned, last = out.splitlines()
    assert sorted(cleaned) == ["one 1 cleaned up", "three 1 cleaned up"]
    assert last == "[('four', 'running'), ('one', 'running'), ('three', 'stopped'), ('two', 'running')] 7 5"


def test_reload_of_the_settings_says_what_it_does_also_without_a_service(board):
    out = board.run("""
operation = aioservice.reload()
print(operation)
await operation
print(operation)
with open("services.config", "w") as file:
    file.write("{")
operation = aioservice.reload()
print(await failure(operation) is not None, operation)
""")
    assert out.splitlines() == ["services.config: reloading", "services.config: reloaded",
                                "True services.config: not reloaded"]


def test_patch_stands_in_for_a_service_that_is_never_constructed(board):
    board("real", setup="print('real hardware')")
    board("user", attributes='require = "real"')
    out = board.run("""
print(states(), type(aioservice.service("user").deps["real"]).__name__, "aioservices.services.real_service" in sys.modules)
try:
    aioservice.patch("user", Fake)
except aioservice.ServiceError as e:
    print(e)
""", before="""
from aioclass import Service
class Fake(Service):
    enabled = True
    require = "helper"
    async def setup(self):
        print("fake, after", self.deps["helper"].name)
class Helper(Service):
    enabled = True
aioservice.patch("real.service", Fake)
aioservice.patch("helper", Helper)
""")
    assert out.splitlines() == [
        "fake, after helper",
        "[('helper', 'running'), ('real', 'running'), ('user', 'running')] Fake False",
        "user.service is loaded already; unload it first",
    ]
