"""package.json and manifest.py: the other two ways of lib/ onto a board."""
from __future__ import annotations

import functools
import http.server
import shutil
import threading

import pytest
from support.deploying import BARE
from support.harness import ROOT, mpremote

from svctl.build import package


@pytest.mark.parametrize("path", package.texts(), ids=lambda path: path.name)
def test_says_what_lib_holds(path):
    assert path.read_text() == package.texts()[path], f"{path.name} is not up to date: make package"


def test_manifest_freezes_all_of_lib():
    """Executed as makemanifest does it, with functions that take what its own take."""
    found = {}

    def add(base_path, file, opt):
        assert (ROOT / base_path / file).is_file() and opt == 2
        assert file not in found
        found[file] = base_path

    def module(module_path, base_path=".", opt=None):
        assert "/" not in module_path and module_path.endswith(".py")
        add(base_path, module_path, opt)

    def a_package(package_path, files=None, base_path=".", opt=None):
        for file in files:
            add(base_path, f"{package_path}/{file}", opt)

    # MicroPython executes it with its own folder as the working directory and these names only.
    exec((ROOT / "manifest.py").read_text(), {"module": module, "package": a_package})
    assert sorted(found) == package.modules() and set(found.values()) == {"lib"}


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the project; its package.json as `make package BASE=…` would write it for this server."""

    def do_GET(self):
        if self.path != "/package.json":
            return super().do_GET()
        text = package.package_json(package.modules(), "%s://127.0.0.1:%d" % ("http", self.server.server_port)).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """The address of a server on this machine."""
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(ROOT)))
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield "%s://127.0.0.1:%d/" % ("http", found.server_port)
    found.shutdown()
    thread.join()
    found.server_close()


def installed(root):
    return {path.relative_to(root / "lib").as_posix(): path.read_bytes() for path in (root / "lib").rglob("*.py")}


def of_project():
    return {name: (ROOT / "lib" / name).read_bytes() for name in package.modules()}


def test_interpreters_own_mip_installs_lib_and_the_board_boots(vm32, server):
    shutil.rmtree(vm32.root / "lib")
    (vm32.root / "lib").mkdir()
    assert vm32.run(f"import mip; mip.install({server!r})").out.endswith("Done\n")
    assert installed(vm32.root) == of_project()
    vm32.ship()
    session = vm32.session()
    assert "hello.service from ./aioservices/services/hello_service" in session.expect("--> ")
    assert session.line('service("hello").state') == "'running'\n"


def test_mpremotes_mip_installs_lib(vm32, board_tree):
    """From package.json as it is, over a pty."""
    shutil.rmtree(vm32.root / "lib")
    session = vm32.session(BARE % str(board_tree / "lib"))
    session.expect("--> ")
    said = mpremote(session, "mip", "install", "--target", "lib", str(ROOT / "package.json")).out
    assert said.endswith("Done\r\n") or said.endswith("Done\n")
    assert installed(vm32.root) == of_project()
