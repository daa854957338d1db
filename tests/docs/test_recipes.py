"""What recipes.md shows works, and bears what it says that it bears: a server that goes, power that goes, a deploy."""
from __future__ import annotations

import contextlib
import re
import shutil
import socket
import threading

import pytest
from support import docpage
from support.harness import ROOT

from svctl import cli
from svctl.build import tree

PAGE = ROOT / "docs/recipes.md"
TEXT = PAGE.read_text(encoding="utf-8")


def block(mark: str) -> str:
    """The one Python block of the page in which that stands."""
    (found,) = [each.text for each in docpage.blocks(TEXT) if each.tag == "python" and mark in each.text]
    return found


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


def port(text: str, server: socket.socket) -> str:
    """A text of the page, with the server's port in place of the page's."""
    assert '"port": 9000' in text
    return text.replace("9000", str(server.getsockname()[1]))


def test_page(tmp_path, board_tree, compiled, listening):
    def serve():
        with contextlib.suppress(OSError):  # the test is over
            client = listening.accept()[0]
            with client, client.makefile("rwb") as stream:
                for line in stream:
                    stream.write(b"ok " + line)
                    stream.flush()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    here = tmp_path / PAGE.name
    here.write_text(port(TEXT, listening), encoding="utf-8")
    page = docpage.Page(here, tmp_path, board_tree, compiled)
    try:
        page.run()
    finally:
        page.close()
    thread.join(60)


def test_client_survives_its_server(vm32, listening):
    """Each line arrives, though the server closes before its answer, with one, and in the middle of one."""
    vm32.ship()
    vm32.put("aioservices/services/uplink_service.py", port(block("class Uplink"), listening))
    session = vm32.session()
    session.expect("--> ")
    session.line('uplink = service("uplink")')
    session.line('uplink.send("one")')
    seen = []
    for answer in (b"", b"ok\n", b"", b"ok\n"):
        client = listening.accept()[0]
        client.settimeout(60)
        with client, client.makefile("rwb") as stream:
            seen.append(stream.readline())
            stream.write(answer)
        if seen == [b"one\n"] * 2:
            session.line('uplink.send("two")')
    assert seen == [b"one\n", b"one\n", b"two\n", b"two\n"]
    while session.line("uplink.answered").strip() != "2":
        pass
    assert session.line("uplink.waiting, uplink.state, uplink.restarts").strip() == "([], 'running', 0)"


def test_lines_that_wait_are_bounded(vm32, listening):
    vm32.ship()
    vm32.put("aioservices/services/uplink_service.py", port(block("class Uplink"), listening))
    session = vm32.session()
    session.expect("--> ")
    session.line('uplink = service("uplink")')
    session.line("[uplink.send(str(i)) for i in range(50)] and None")
    assert session.line("len(uplink.waiting), uplink.dropped, uplink.waiting[-1]").strip() == "(20, 30, '49')"


def test_a_save_that_is_cut_anywhere_leaves_the_one_before(vm32):
    vm32.put("lib/keeping.py", block("class Kept"))
    out = vm32.run("""
from keeping import Kept
kept = Kept("x")
print(kept.load("none"))
kept.save({"n": 1})
kept.save([2, "two"])
kept.save("three")
newest = kept.files[1]
with open(newest, "rb") as file:
    whole = file.read()
found = set()
for n in range(len(whole)):
    with open(newest, "wb") as file:
        file.write(whole[:n])
    found.add(str(kept.load()))
    if n:
        with open(newest, "wb") as file:
            file.write(whole[: n - 1] + bytes([whole[n - 1] ^ 1]) + whole[n:])
        found.add(str(kept.load()))
print(found, kept.load("none"))
kept.save(4)
print(kept.load(), Kept("x").load())
""").out
    assert out.splitlines() == ["none", """{"[2, 'two']"} [2, 'two']""", "4 4"]


@pytest.fixture
def shared(board_tree, compiled, vm32, tmp_path):
    """A board with a service that shares code, and the tree that it came from."""
    vm32.ship()
    vm32.put("lib/measures.py", block("def fahrenheit"))
    vm32.put("aioservices/services/porch_service.py", block("class Porch"))
    found = tmp_path / "tree"
    shutil.copytree(vm32.root, found)
    return found


def test_a_deploy_of_shared_code_restarts_its_services(shared, vm32, capsys):
    session = vm32.session()
    session.expect("--> ")
    assert session.line('service("porch").degrees').strip() == "68.0"
    (path,) = (shared / "lib").glob("measures.*")
    if path.suffix == ".mpy":
        path.unlink()
    (shared / "lib/measures.py").write_text(block("def fahrenheit").replace("+ 32", "+ 33"))
    assert cli.main(["-t", session.tty, "deploy", "--tree", str(shared)]) == 0, capsys.readouterr()
    said = capsys.readouterr().out
    assert "lib/measures.py" in said and "the board was reset, and is up with it" in said, said
    session.send("print('it is', service('porch').degrees)\r")  # what the host left is still to be read
    session.expect("it is 69.0")


def test_data_files_and_shared_code_are_part_of_a_board(tmp_path):
    for name in ("lib/measures.py", "aioservices/data/tank.json", "aioservices/services/tank_service.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert sorted(name for name, _ in tree.sources(tmp_path)) == [
        "aioservices/data/tank.json", "aioservices/services/tank_service.py", "lib/measures.py"]


def test_each_recipe_has_a_session():
    for text in TEXT.split("\n## ")[1:]:
        assert re.search(r"^```console$", text, re.M) and re.search(r"^```python", text, re.M), text.partition("\n")[0]
