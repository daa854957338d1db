"""A deploy whose new set hangs, on the chip's own timer: the power is pulled, a Ctrl-C is typed, and the good
version comes back by itself."""
from __future__ import annotations

import shutil
import subprocess

from bench import PATIENCE
from support.harness import ROOT

from svctl.build import mpy

SERVICE = "aioservices/services/hello_service"
HANGS = """
from aioclass import Service

class Hello(Service):
    enabled = True

    async def task(self, *args, **kwargs):
        __import__("time").sleep(3600)  # as any code that hangs

service = Hello("hello")
"""
SIZE = f"__import__('os').stat('{SERVICE}.mpy')[6]"


def test_a_version_that_hangs_goes_back_whoever_attaches_meanwhile(pico, tree, tmp_path):
    new = tmp_path / "new"
    shutil.copytree(tree, new)
    (tmp_path / "hello.py").write_text(HANGS)
    mpy.compile_file(tmp_path / "hello.py", new / f"{SERVICE}.mpy", f"{SERVICE}.py")
    before = pico.value(SIZE)
    host = subprocess.Popen(pico.svctl_command("deploy", "--tree", str(new)), cwd=ROOT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = []
    for line in host.stdout:
        said.append(line)
        if "goes back by itself within 90 s" in line:
            break
    host.kill()
    host.wait(PATIENCE)
    assert "goes back by itself within 90 s" in said[-1], said
    pico.raw()
    pico.forget()
    pico._on()
    pico.expect("hello_core.service")
    pico.send("\x03")  # as a host that attaches
    pico.passes(90)
    pico.expect("the deploy was undone: ")
    assert "hello.service hangs: no sign of life for 90 s" in pico.up()
    assert pico.value(SIZE) == before
    assert "[ OK ] Service: hello.service" in pico.line("aioservice.status('hello')")
    assert "the deploy was undone" in pico.svctl("list").stderr
