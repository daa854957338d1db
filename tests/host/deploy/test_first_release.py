"""A board with the first release, whose lib/ was flat, gets the rooms, and goes back: see tests/support/release1."""
import os
import re
import shutil
import zlib

import pytest
from support.harness import ROOT

from tools.measure import soak
from svctl.build import mpy
from svctl.build import tree as trees

FIRST = ROOT / "tests" / "support" / "release1"


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """A board with what its boot.py, main.py and aioswitch are replaced by, and those of the first release."""
    folder = tmp_path_factory.mktemp("first")
    made = soak.switch_bench(folder)
    first = folder / "parts" / "first"
    first.mkdir()
    for name in ("boot.py", "main.py"):
        shutil.copy(FIRST / name, first)
    for name in ("aioswitch", "aioguard"):
        mpy.compile_file(FIRST / f"{name}.py", first / f"{name}.mpy", f"lib/{name}.py")
    return made


@pytest.mark.parametrize("fat", [False, True], ids=["littlefs", "fat"])
@pytest.mark.parametrize("what", ["put", "undo", "boots", "settle"])
@pytest.mark.parametrize("first", ["old", "new"], ids=["forward", "back"])
def test_a_cut_leaves_one_or_the_other(bench, first, what, fat):
    """The power goes at each twelfth write or erase, or with ALL=1 at each, and again while the board recovers.
    What is being written then is torn."""
    stride, shares = (40, 1) if os.environ.get("ALL") else (900, 12)
    share = zlib.crc32(f"{first} {what} {fat}".encode()) % shares
    call = f"{what!r}, {fat}, {fat}, {stride}, 1, 'parts', True, {share}, {shares}, {first!r}"
    found = bench.run(f"import switches; switches.run({call})", heap="8m")
    assert found is not None and found["tried"] > 0 and found["steps"] > 3
    assert (found["lost"], found["stuck"]) == (0, 0), found


def test_a_copy_over_it_imports_nothing_old_and_names_what_is_left(vm):
    """mpremote removes nothing: a folder goes before a file of its name, and no other old file is imported."""
    vm.ship("boot.py")
    names = [path.relative_to(vm.root).as_posix() for path in vm.root.rglob("*") if path.is_file()]
    (vm.root / "manifest.txt").write_text(trees.manifest(vm.root, names))
    old = ["aioclass", "aioconsole", "aiolog", "aioschedule", "aioguard", "aiowatchdog", "aiolines", "aiotimers", "aioctl/kept",
           "aioservice/near"]
    for name in old:
        vm.put(f"lib/{name}.py", "raise RuntimeError('an old file')")
    out = vm.run("import sys, aioservice, aioconsole\nexec(open('boot.py').read(), {})\nfound = aioservice.check()\n"
                 "print(len(found), [m.__file__ for n, m in sys.modules.items() if n in ('aioclass', 'aiolog', 'aioschedule')])\n").out
    for name in old:
        assert re.search(rf"^lib/{name}\.\w+: not in manifest.txt, and nothing of this version: remove it$", out, re.M), out
    assert out.splitlines()[-1].startswith(f"{len(old)} [") and out.count("__init__") == 3
