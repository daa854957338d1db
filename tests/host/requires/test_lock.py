"""svctl lock, and builds of what is locked: once, again, offline, with an empty cache, and with what is wrong."""
from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from support.packages import wheel

from svctl.build import board, overlay, romfs, tree
from svctl.requires import brought, fetch, locked, paths, store
from svctl.setup import place

LOCK = "requirements-board.lock"
FINE = {"x.py": "import machine\n\nx = 1\n"}


def beside(tree):
    """What lies in lib/ beside what is ours."""
    return sorted(name for name in (path.relative_to(tree / "lib").as_posix() for path in (tree / "lib").rglob("*") if path.is_file())
                  if name.split("/")[0].split(".")[0] not in paths.ours())


def laid(root):
    return beside(overlay.of(root))


def module(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_all_kinds(station, lock, svctl, links, server, built):
    wheel(links, "bme", "1.0", {"bme/__init__.py": "from .parts import x\n", "bme/parts.py": "x = 1\n", "bme/idle.py": "import jinja2\n"})
    server.github("o/r", "v1", {"r/__init__.py": "import logging\n"}, [["logging", "latest"]])
    server.index("logging", "0.6", {"logging.py": "x = 1\n"})
    module(station, "drivers/lamp/__init__.py", "def on():\n    pass\n")
    code, out, err = lock("bme>=1\n./drivers/lamp\ngithub:o/r@v1\n")
    assert (code, err) == (0, "") and out == """\
new      ./drivers/lamp
new      github:o/r v1
new      logging 0.6
new      bme 1.0
written: requirements-board.lock, 4 packages, 6 files
"""
    found = {each.name: each for each in locked.read(station)}
    assert found["logging"].lines == () and found["github:o/r"].requires == ("logging@latest",)
    assert found["bme"].url == "bme-1.0-py3-none-any.whl" and found["./drivers/lamp"].files == ()
    text = (station / LOCK).read_text()

    asked = len(server.asked)
    assert svctl(None, "lock") == (0, "nothing to do: requirements-board.lock is complete\n", "")
    told = json.loads(svctl(None, "check", "--json")[1])
    shares = [(each["package"], each["flash"], each["heap"]) for each in told["requires"]]
    assert [name for name, *_ in shares] == ["./drivers/lamp", "bme 1.0", "github:o/r v1", "logging 0.6"]
    assert [heap == int(1.6 * flash) for _, flash, heap in shares] == [True, False, True, True]  # nobody imports bme/idle
    assert told["heap_needed"] > sum(heap for *_, heap in shares) + 35_000
    assert svctl(None, "check")[1].splitlines()[:4] == [
        f"{name}: {flash} B of flash, about {heap} B of heap" for name, flash, heap in shares]
    assert beside(built) == ["bme/__init__.mpy", "bme/idle.mpy", "bme/parts.mpy", "lamp/__init__.mpy", "logging.mpy", "r/__init__.mpy"]
    assert len(server.asked) == asked

    shutil.rmtree(place.CACHE)  # another machine
    assert svctl(None, "lock")[2] == "".join(f"requires: fetching {each}, as {LOCK} has it\n"
                                              for each in ("github:o/r v1", "logging 0.6", "bme 1.0"))
    assert (station / LOCK).read_text() == text and len(server.asked) == asked + 2
    server.close()  # and offline
    shutil.rmtree(links)
    assert len(laid(station)) == 6


def test_what_changes_is_locked_and_the_rest_stays(station, lock, svctl, server):
    for name in "one", "two":
        server.index(name, "1.0", {f"{name}.py": f"x = '{name}'\n"})
    lock("one@latest\ntwo@latest\n")
    first = (station / LOCK).read_text()
    for name in "one", "two":
        server.index(name, "1.1", {f"{name}.py": f"x = '{name} again'\n"})
    asked = len(server.asked)
    assert svctl(None, "lock")[1].startswith("nothing to do") and len(server.asked) == asked

    (station / "requirements-board.txt").write_text("one@1.1\ntwo@latest\n")
    said = "requirements-board.txt has changed since it was locked: one@1.1 is new: svctl lock\n"
    assert svctl(None, "check")[::2] == (1, f"check: {said}")
    assert svctl(None, "lock")[:2] == (0, "changed  one 1.0 -> 1.1\nwritten: requirements-board.lock, 2 packages, 2 files\n")
    assert not any("two" in path for path in server.asked[asked:])
    (station / "requirements-board.txt").write_text("two@latest\n")
    assert svctl(None, "check")[2].endswith("one@1.1 is no longer there: svctl lock\n")
    assert svctl(None, "lock")[1].startswith("removed  one 1.1\n")

    assert svctl(None, "lock", "--upgrade", "tow") == (
        1, "", "lock: --upgrade tow: requirements-board.txt brings none of that name; did you mean two?\n")
    assert svctl(None, "lock", "--upgrade", "two")[1].startswith("changed  two 1.0 -> 1.1\n")
    server.index("two", "1.2", {"two.py": "x = 3\n"})
    assert svctl(None, "lock", "--upgrade")[1].startswith("changed  two 1.1 -> 1.2\n")
    (station / "requirements-board.txt").write_text("")
    assert svctl(None, "lock")[1] == "removed  two 1.2\nwritten: requirements-board.lock, 0 packages, 0 files\n"
    assert (station / LOCK).read_text() == first[:first.index("\n[[")] and laid(station) == []


def test_lock_that_is_not_there(station, svctl):
    assert svctl(None, "lock")[2].startswith("lock: there is no requirements-board.txt with a line that asks for something, like name==1.0")
    (station / "requirements-board.txt").write_text("./x\n")
    said = "requirements-board.lock is missing: svctl lock writes it, from requirements-board.txt\n"
    assert svctl(None, "check") == (1, "", f"check: {said}")
    assert svctl("/dev/nowhere", "deploy")[2].endswith(said)


def test_changed_where_it_comes_from(station, lock, svctl, server):
    server.github("o/r", "v1", {"r.py": "x = 1\n"})
    assert lock("github:o/r@v1")[0] == 0
    shutil.rmtree(place.CACHE)
    server.github("o/r", "v1", {"r.py": "x = 2\n"})
    assert svctl(None, "check")[2].splitlines()[-1] == (
        "check: github:o/r v1: lib/r.py: its sha256 is another than the lock's: it was changed where it comes from, "
        "https://raw.githubusercontent.com/o/r/v1/r.py. svctl lock --upgrade github:o/r takes the new one, if that is meant")
    assert store.find(hashlib.sha256(b"x = 2\n").hexdigest()) is None
    assert svctl(None, "lock", "--upgrade", "github:o/r")[1].startswith("changed  github:o/r v1: other files\n")
    assert laid(station) == ["r.py"]


def test_nothing_is_left_half(station, lock, svctl, server, monkeypatch):
    server.github("o/r", "v1", {"a.py": "x = 1\n", "b.py": "x = 1\n"}, urls=[["a.py", "a.py"], ["b.py", "gone.py"]])
    code, out, err = lock("github:o/r@v1\n")
    assert code == 1 and "gone.py: the server says 404" in err
    server.github("o/r", "v1", {"a.py": "x = 1\n", "b.py": "x = 1\n"})
    once = fetch.fetch

    def interrupted(url, limit=0):
        if url.endswith("b.py"):
            raise KeyboardInterrupt
        return once(url)

    monkeypatch.setattr(fetch, "fetch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        svctl(None, "lock")
    assert not (station / LOCK).exists() and not list(station.glob(".requirements*"))
    assert not list((place.CACHE / "requires").rglob(".new-*"))
    monkeypatch.undo()


def test_requirements_of_requirements(station, lock, server):
    """A version that a line names is taken for any; packages that require each other are fetched once."""
    server.index("base", "1.0", {"base.py": "x = 1\n"}, latest=False)
    server.index("base", "2.0", {"base.py": "x = 2\n"})
    server.index("one", "1", {"one.py": "import base\n"}, [["base", "latest"], ["two", "1"]])
    server.index("two", "1", {"two.py": "import base, one\n"}, [["one", "latest"], ["base", ""]])
    assert lock("one@1\nbase@1.0\n")[0] == 0
    assert [(each.name, each.version) for each in locked.read(station)] == [("base", "1.0"), ("one", "1"), ("two", "1")]
    assert len(server.asked) == len(set(server.asked)) == 6
    server.index("three", "1", {"three.py": ""}, [["base", "2.0"]])
    code, out, err = lock("one@1\nbase@1.0\nthree@1\n")
    assert (code, err) == (1, "lock: lib/base.py: base 1.0 and base 2.0 both bring it, and not the same: keep one of them\n")


# -- folders ---------------------------------------------------------------------

def test_folders(station, lock, svctl, server):
    module(station, "drivers/one/__init__.py", "x = 1\n")
    module(station, "drivers/one/deep/more.py", "x = 1\n")
    module(station, "drivers/two.py", "x = 1\n")
    module(station, "drivers/three/src/three.py", "import logging\n")
    server.index("logging", "0.6", {"logging.py": "x = 1\n"})
    server.files["/github/o/r/HEAD/far.py"] = "x = 1\n"
    told = {"urls": [["three.py", "src/three.py"], ["far.py", "github:o/r/far.py"]], "deps": [["logging", "latest"]]}
    module(station, "drivers/three/package.json", json.dumps(told))
    assert lock("./drivers/one\n./drivers/two.py\n./drivers/three\n")[0] == 0
    assert laid(station) == ["far.py", "logging.py", "one/__init__.py", "one/deep/more.py", "three.py", "two.py"]
    before = (station / LOCK).read_text()
    module(station, "drivers/two.py", "x = 2\n")  # one's own: taken as it is
    assert svctl(None, "lock")[1].startswith("nothing to do") and len(laid(station)) == 6
    module(station, "drivers/three/package.json", json.dumps({**told, "deps": []}))
    assert svctl(None, "check")[2] == ("check: ./drivers/three: its package.json asks for something else than when it was "
                                       "locked: svctl lock\n")
    module(station, "drivers/three/src/three.py", "x = 1\n")
    assert svctl(None, "lock")[1].startswith("removed  logging 0.6\n") and (station / LOCK).read_text() != before
    (station / "drivers/two.py").unlink()
    assert svctl(None, "check")[2] == "check: ./drivers/two.py: it is not there\n"


FOLDERS = {
    "./gone": "./gone: it is not there",
    "./loose": "./loose: it has neither __init__.py nor package.json: name the module in it",
    "./text.txt": "./text.txt: it is no module, which ends in .py or .mpy",
    "./damaged": "./damaged: https://folder.invalid/package.json is damaged: it is no package.json that mip takes",
    "./out": "./out: https://folder.invalid/package.json: the file ../boot.py leaves lib/",
    "./hole": "./hole: gone.py is no file",
    "./aioclass": "./aioclass: the file aioclass/__init__.py is of aioservices, which has aioclass itself",
    "./large": "./large: large/x.py is larger than 1024 kB, which no board takes",
    "./cut.mpy": "./cut.mpy: lib/cut.mpy: it is cut short, or damaged: copy it anew",
}


@pytest.mark.parametrize("line", FOLDERS)
def test_folder_that_is_none(station, lock, line):
    files = {"loose/x.py": "", "text.txt": "", "damaged/package.json": "{", "out/package.json": '{"urls": [["../boot.py", "x"]]}',
             "hole/package.json": '{"urls": [["x.py", "gone.py"]]}', "aioclass/__init__.py": "", "large/__init__.py": "",
             "large/x.py": "#" * 1_100_000, "cut.mpy": "M\6\0\x1fxx"}
    for path, text in files.items():
        module(station, path, text)
    code, out, err = lock(line)
    assert code == 1 and err.startswith(f"lock: {FOLDERS[line]}") and len(err.splitlines()) == 1
    assert not (station / LOCK).exists()


# -- what boards cannot load -----------------------------------------------------

UNFIT = {
    "not Python": ("x = = 1\n", "SyntaxError: invalid syntax, line 1: x = = 1"),
    "not for MicroPython": ("import machine\n\nmatch machine:\n    case 1:\n        pass\n", "SyntaxError: invalid syntax, line 3: match machine:"),
    "no text": ("\0", "it is no text: there are zero bytes in it"),
    "an import": ("import os\nimport ctypes\n", "imports ctypes, which no board has: add what brings it to requirements-board.txt"),
    "one that is to be had": ("from functools import wraps\n", "imports functools, which no board has: add functools@latest to"),
    "a part of one": ("import os.path\n", "imports os.path, which no board has: add os-path@latest to requirements-board.txt, or take "
                      "another package; where the firmware of your boards has it: --firmware-has os.path"),
    "for a terminal": ("x = = '\x1b[2J'\n", "SyntaxError: invalid syntax, line 1: x = = '?[2J'"),
}


@pytest.mark.parametrize("what", UNFIT)
def test_package_that_no_board_can_load(station, lock, server, what):
    text, why = UNFIT[what]
    server.index("x", "1.0", {"x.py": text})
    code, out, err = lock("x@1.0")
    assert code == 1 and err.startswith("lock: x 1.0: lib/x.py") and why in err and "Nothing was locked" in err, err
    assert not (station / LOCK).exists()


def test_what_turns_out_later(station, lock, svctl, server):
    """Another part of a package that the project imports now, and its own folder that does not compile."""
    server.index("x", "1.0", {"x/__init__.py": "", "x/rare.py": "import ulab\n"})
    module(station, "own.py", "y = 1\n")
    assert lock("x@1.0\n./own.py\n")[0] == 0 and len(laid(station)) == 3
    module(station, "lib/mine.py", "def later():\n    from x import rare\n")
    module(station, "own.py", "y = = 1\n")
    code, out, err = svctl(None, "check")
    assert code == 1 and out.splitlines() == [
        "./own.py: lib/own.py: SyntaxError: invalid syntax, line 1: y = = 1. Take another version, or another package",
        "x 1.0: lib/x/rare.py, line 1: imports ulab, which no board has: add what brings it to requirements-board.txt, or take "
        "another package; where the firmware of your boards has it: --firmware-has ulab"]
    assert svctl("/dev/nowhere", "deploy")[2].endswith("(and 1 more, which svctl check shows)\n")
    module(station, "own.py", "y = 1\n")
    (station / "requirements-board.txt").write_text("--firmware-has ulab\nx@1.0\n./own.py\n")
    assert len(laid(station)) == 4  # with its own


def test_part_that_no_board_can_load_and_nothing_imports(station, lock, svctl, server):
    server.index("x", "1.0", {"x/__init__.py": "try:\n    from . import new\n    import x.new\nexcept ImportError:\n    import time\n",
                              "x/new.py": "def new(a, /):\n    pass\n"})
    note = "x 1.0: lib/x/new.py: left out, as nothing imports it: SyntaxError: invalid syntax, line 1: def new(a, /):"
    assert note in lock("x@1.0\n")[1].splitlines() and laid(station) == ["x/__init__.py"]
    assert note in svctl(None, "check")[1].splitlines()
    module(station, "lib/mine.py", "from x import new\n")
    code, out, err = svctl(None, "check")
    assert (code, out) == (1, "x 1.0: lib/x/new.py: SyntaxError: invalid syntax, line 1: def new(a, /):. Take another version, or "
                              "another package\n")


def test_two_that_bring_one_file(station, lock, server):
    server.index("one", "1", FINE)
    server.index("two", "1", FINE)
    assert lock("one@1\ntwo@1\n")[0] == 0 and laid(station) == ["x.py"]
    server.index("three", "1", {"x.mpy": "M\6\0\x1f" + "x" * 20})
    assert lock("one@1\nthree@1\n")[2] == "lock: lib/x.mpy: one 1 and three 1 both bring it, and not the same: keep one of them\n"


def test_own_file_goes_before(station, lock, server):
    server.index("x", "1.0", {"x.py": "x = 1\n", "y.py": "y = 1\n"})
    module(station, "lib/x.py", "x = 'own'\n")
    note = "lib/x.py: the project's own, which goes before that of x 1.0"
    assert note in lock("x@1.0")[1].splitlines()
    assert overlay.of(station).joinpath("lib/x.py").read_text() == "x = 'own'\n"
    assert sorted(brought.of(station).files) == ["y.py"]


def test_names_stay_what_they_are(station, lock, server, built, vm32):
    """Nothing of it is shortened, and its private names are no others than before."""
    server.index("x", "1.0", {"x.py": "def public(long_name=1, *, _private=2):\n    return long_name + _private\n\ndef _own():\n    pass\n"})
    lock("x@1.0")
    tree.build(built, overlay.of(station))
    shutil.copy(built / "lib/x.mpy", vm32.root / "lib")
    assert vm32.run("import x; print(x.public(long_name=3, _private=4), x._own())").out == "7 None\n"


def test_clone(station, lock, server, monkeypatch):
    """In a clone, too, which has everything itself; a ROM has it as well."""
    for name in ("lib", "aioservices", "boot.py", "main.py"):
        (station / name).unlink() if (station / name).is_file() else shutil.rmtree(station / name, ignore_errors=True)
        (station / name).symlink_to(place.CODE / name)
    (station / place.MARK).unlink()
    assert place.is_whole(station) and overlay.of(station) == station
    server.index("acme", "1.0", {"acme.py": "x = 1\n"})
    assert lock("acme@1.0\n")[0] == 0 and laid(station) == ["acme.py"]
    sources = []
    monkeypatch.setattr(tree, "build", lambda dest, root, **kind: sources.append(root) or tree.Report())
    monkeypatch.setattr(tree, "check", lambda dest: [])
    monkeypatch.setattr(romfs, "pack", lambda folder, image: 0)
    monkeypatch.setattr(board, "ROOT", station)
    monkeypatch.setattr("sys.argv", ["board", str(station / "flash")])
    assert romfs.build(station / "image") == board.main() == 0
    assert [beside(each) for each in sources] == [["acme.py"], ["acme.py"]]
