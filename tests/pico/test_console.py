"""The project on a Pico as its README deploys it: autostart, and the functions of the console."""
from __future__ import annotations

import json
import re
from pathlib import Path

from bench import FIRMWARE_PROMPT
from support.harness import ROOT

HELLO = "[ OK ] Service: hello.service from ./aioservices/services/hello_service.mpy loaded\n"


def test_the_deployed_board_starts_by_itself_at_power_on(boards, deployed, tree):
    board = boards("pico", deployed)
    text = board.up()
    names = ["hello_core", "world", "hello"]
    assert all(f"[ OK ] Service: {name}.service from ./aioservices/services/{name}_service.mpy loaded" in text
               for name in names)
    on_flash = board.value("__import__('os').listdir('/lib')")
    assert sorted(on_flash) == sorted(path.name for path in (tree / "lib").iterdir())
    board.power()
    assert HELLO in board.up()


def test_functions_of_the_prompt(pico):
    assert pico.line("aioservice.list()") == "".join(
        f"Service: {name}.service from ./aioservices/services/{name}_service.mpy\n"
        for name in ("hello", "hello_core", "repl", "world"))
    assert pico.line('aioservice.service("hello")') == \
        "Service: hello.service from ./aioservices/services/hello_service.mpy\n"
    assert pico.line('aioservice.status("hello.service")') == HELLO
    assert pico.line("aioservice.status()").count("[ OK ]") == 4
    text = pico.line('aioservice.load("dofail")')
    assert text == ("[ ERROR ] Service: dofail.service from ./aioservices/services/dofail_service.mpy not loaded: "
                    "Error: ZeroDivisionError\n")
    text = pico.line('aioservice.traceback("dofail")')
    assert text.startswith("dofail: Traceback\nTraceback (most recent call last):\n") and "ZeroDivisionError" in text
    assert "ZeroDivisionError" in pico.line('print(aioservice.traceback("dofail", rtn=True))')
    assert "ServiceNotFound" in pico.line('aioservice.status("nobody")')
    assert pico.line('aioservice.unload("world")') == "True\n"
    assert "world" not in pico.line("aioservice.list()")
    # load() waits for the cleanup of its namesake: its line may come behind the prompt.
    pico.send('aioservice.load("world")\r')
    pico.expect("[ OK ] Service: world.service from ./aioservices/services/world_service.mpy loaded\n")
    pico.mark()
    assert pico.line("aioservice.init()") == ""
    assert "hello.service" in pico.line("aioservice.tree()")
    assert "ms hello_core.service" in pico.line("aioservice.blame()")
    assert "hello" in pico.line('aioservice.chain("hello")')
    assert pico.line("sorted(aioservice.last_boot())[:2], aioservice.last_boot()['cause']") == \
        "(['cause', 'failed'], 'power-on')\n"
    assert "hello" in pico.line("import json; print(json.dumps(aioservice.snapshot()))")
    assert "Traceback" not in pico.line("aioservice.check()")


def test_starting_stopping_and_settings_at_the_prompt(pico):
    assert pico.line('going = aioservice.stop("hello"); going') == "hello.service: stopping\n"
    assert pico.line("await going") == ""
    assert pico.line('await aioservice.start("hello")') == ""
    assert pico.line('aioservice.service("hello").is_running()') == "True\n"
    assert pico.line('await aioservice.restart("hello")') == ""
    assert pico.line('await aioservice.reload("hello")') == ""
    assert pico.line('aioservice.config("hello", True, 3, 2)') == "True\n"
    assert pico.line('aioservice.get_config("hello")') == "{'enabled': True, 'args': [3, 2]}\n"
    assert pico.line('aioservice.disable("world")') == "True\n"
    assert pico.line('aioservice.get_config("world")') == "{'enabled': False}\n"
    assert pico.line('aioservice.enable("world")') == "True\n"
    assert pico.line("await aioservice.reload()") == ""
    assert pico.line('aioservice.service("hello").args') == "[3, 2]\n"
    assert pico.line('aioservice.mask("world")') == "True\n"
    pico.power()
    text = pico.up()
    assert "[ OK ] Service: hello.service" in text
    assert pico.line('aioservice.service("hello").args') == "[3, 2]\n"
    assert "[ MASK ] Service: world.service" in pico.line('aioservice.status()')
    assert pico.line('aioservice.unmask("world")') == "True\n"


def test_ctrl_d_shuts_down_and_ends_at_the_firmwares_prompt(pico):
    pico.ctrl("c")
    pico.expect("--> ")
    pico.ctrl("d")
    pico.expect(FIRMWARE_PROMPT)
    assert pico.line("aioservice.service('hello').state", prompt=FIRMWARE_PROMPT) == "'stopped'\n"
    # A soft reset starts it anew, and is no boot that did not last.
    pico.ctrl("d")
    assert "hello.service" in pico.up()
    assert pico.line("aioservice.last_boot()['failed']") == "False\n"


def test_mpremote_works_while_services_run(pico, tmp_path):
    before = pico.value("aioservice.service('hello').count")
    (tmp_path / "note.txt").write_text("x" * 3000)
    pico.mpremote("fs", "cp", "note.txt", ":note.txt", cwd=tmp_path)
    assert pico.run("import os; print(os.stat('note.txt')[6])") == "3000\n"
    pico.passes(10)
    assert pico.value("aioservice.service('hello').count") >= before + 4


PATCHED = """
import aioservice, asyncio
from aioclass import Service

class Other(Service):
    enabled = True

    async def task(self, *args, **kwargs):
        while self.is_running():
            await asyncio.sleep_ms(100)

async def main():
    aioservice.patch("hello", Other)
    print(await aioservice.boot(debug=False))
    aioservice.init(debug=False, groups="home", exclude="repl")
    hello, world = map(aioservice.service, ("hello", "world"))
    while not (hello.is_running() and world.is_up()):
        await asyncio.sleep_ms(10)
    print(type(hello).__name__, type(world).__name__)
    await aioservice.shutdown(grace=5)
    print(hello.state, world.state, hello.forced)

asyncio.run(main())
"""


def test_a_program_that_boots_patches_and_shuts_down_and_groups_in_the_settings(bare, tmp_path):
    groups = {"_boot": {"groups": ["lab"]}, "hello": {"enabled": True, "groups": ["lab", "home"]},
              "world": {"enabled": True, "groups": "home"}, "hello_core": {"enabled": True}, "dofail": {"enabled": False}, "repl": {"enabled": True}}
    bare.put(tmp_path, {"services.config": json.dumps(groups)})
    assert bare.run(PATCHED, resume=False) == "True\nOther World\nstopped stopped False\n"
    # What main.py does, typed: hello is in the group, hello_core in none.
    bare.mark(FIRMWARE_PROMPT)
    bare.ctrl("d")
    bare.expect(FIRMWARE_PROMPT)
    bare.send("import aioservice; aioservice.run(debug=False)\r")
    bare.up()
    assert bare.line("sorted(s['name'] for s in aioservice.snapshot()['services'])") == "['hello', 'hello_core', 'repl']\n"
    bare.ctrl("d")
    bare.expect(FIRMWARE_PROMPT)


def test_every_public_function_is_used_on_the_board():
    table = re.search(r"_TABLE = {(.*?)}", (ROOT / "lib/aioservice/__init__.py").read_text(), re.S).group(1)
    names = [name for name in re.sub(r'"\w+":', "", table).replace('"', " ").replace(",", "").split() if name[:7] != "Service"]
    used = "".join(path.read_text() for path in Path(__file__).parent.glob("*.py"))
    assert len(names) > 25
    assert [name for name in names if f"aioservice.{name}(" not in used] == []
