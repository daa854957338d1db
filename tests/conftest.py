"""Fixtures for tests on the real VM.

    def test_hello(vm):
        vm.put("aioservices/services/x_service.py", "...")     # compiled to .mpy there
        vm.put("services.config", '{"x": {"enabled": true}}')
        result = vm.run("import aioservice; print(1)", timeout=5, heap="64k")
        assert result.out == "1\\n"                             # and result.err, result.code

        session = vm.session("script.py")                       # or code, or None: power on
        session.expect("--> ")                                  # a text or re.compile(...)
        assert session.line("1 + 1") == "2\\n"                  # type a line at the prompt
        session.send("abc\\r"); session.ctrl("c")
        assert mpremote(session, "exec", "print(1)").out == "1\\r\\n"   # from support.harness import mpremote
        session.ctrl("d")
        assert session.wait() == 0

`vm` is a fresh board folder (`vm.root`) with the project's lib/ inside, for 32 bits (192k of heap)
and, a third of the tests (all with ALL=1), for 64 (384k); `vm.bits` says which. `vm.ship()` adds the project's own boot.py, main.py,
services.config and aioservices/, `vm.ship(name, …)` some of them. `vm.burn({path: text})` gives it a ROM. Every run is a fresh process
with a hard time limit; at the end of a test all are ended. `board_tree` is the compiled tree,
`rom_tree` that of a ROM.
`--source` runs everything from .py instead, with 64 bits only.
"""
from __future__ import annotations

import builtins
import os
import signal
import zlib
from pathlib import Path

import pytest

from svctl.build import mpy, tree
from svctl.setup import unixport
from svctl.testing import forked

pytest.register_assert_rewrite("support")
# What tests start imports svctl from here, whatever environment Python has.
os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent / "tools")
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a job in the background, which hands that on
    signal.signal(signal.SIGINT, signal.default_int_handler)
forked.ANEW = bool(os.environ.get("ALL"))  # in `make soak`
builtins.const = lambda value: value  # for the device modules that are tried on CPython too

from support.harness import ROOT, Vm  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--source", action="store_true", help="run device code from .py, 64-bit only")


def pytest_generate_tests(metafunc):
    if "vm" in metafunc.fixturenames:
        bits = [64] if metafunc.config.getoption("--source") or not _has32() else [32]
        if bits == [32] and (os.environ.get("ALL") or _is_tried_twice(metafunc.function)):
            bits.append(64)
        metafunc.parametrize("vm", bits, indirect=True, ids=lambda bits: f"{bits}bit")


def pytest_collection_modifyitems(items):
    """The longest ones first, so that in the end no worker is left alone with one."""
    items.sort(key=lambda item: not item.path.is_relative_to(ROOT / "tests/host/measure"))


def _is_tried_twice(test) -> bool:
    """Whether a test is one of the third that is tried for 64 bits as well, by its name, which nobody chooses for that.
    Boards have 32; what differs are small integers, and `make soak` tries all."""
    return zlib.crc32(f"{test.__module__}.{test.__name__}".encode()) % 3 == 0


def _has32() -> bool:
    """Missing is a failure where it can be provisioned; make unixport has said so elsewhere."""
    return (unixport.CACHE / "bin" / unixport.BITS32).exists() or not unixport.without32()


@pytest.fixture(scope="session")
def compiled(request) -> bool:
    return not request.config.getoption("--source")


def pytest_sessionstart(session):
    """Build what tests share, once and before pytest-xdist starts its workers."""
    if hasattr(session.config, "workerinput"):
        return
    compiled = not session.config.getoption("--source")
    dest = _tree(compiled)
    tree.build(dest, compiled=compiled)
    # Nobody edits this one: the project's own settings always.
    for name in tree.EDITED:
        if (ROOT / name).exists():
            (dest / name).write_bytes((ROOT / name).read_bytes())
    tree.build(_tree(compiled, rom=True), compiled=compiled, rom=True)
    mpy.simulation()


def _tree(compiled: bool, rom: bool = False) -> Path:
    return ROOT / "build" / f"test-{'rom' if rom else 'board'}{'' if compiled else '-source'}"


@pytest.fixture(scope="session")
def board_tree(compiled) -> Path:
    """The project's board tree for tests, up to date."""
    return _tree(compiled)


@pytest.fixture(scope="session")
def rom_tree(compiled) -> Path:
    """What `make romfs` packs into an image, up to date."""
    return _tree(compiled, rom=True)


@pytest.fixture
def vm(request, tmp_path, board_tree, compiled):
    """A fresh board; see above."""
    board = Vm(tmp_path / "board", request.param, board_tree, compiled)
    yield board
    board.close()


@pytest.fixture
def vm32(tmp_path, board_tree, compiled, needed):
    """A fresh board of 32 bits alone (64 with --source)."""
    board = Vm(tmp_path / "board", 32 if compiled else 64, board_tree, compiled, needed)
    yield board
    board.close()


@pytest.fixture
def lab(vm):
    """Runs the body of an async function with everything from lab.py; returns what it printed."""
    vm.put("lib/lab.py", (ROOT / "tests/support/lab.py").read_text())

    def run(body: str, timeout: float = 20) -> list:
        body = "\n".join("    " + line for line in body.strip("\n").split("\n"))
        script = f"from lab import *\nasync def main():\n{body}\nrun(main)\n"
        return vm.run(script, timeout=timeout).out.split("\n")[:-1]

    run.vm = vm
    return run


@pytest.fixture
def svctl(capsys):
    """Runs svctl in this process: (exit code, stdout, stderr), the port as PORT."""
    from svctl import cli

    def run(port, *args):
        code = cli.main([*(["-t", port] if port else []), *args])
        return code, *(text.replace(port, "PORT") if port else text for text in capsys.readouterr())

    return run
