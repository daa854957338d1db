"""A board with services of a test's own."""
from __future__ import annotations

import json

SERVICE = """
import asyncio
from aioclass import Service
class Made(Service):
    enabled = True
%s
    async def task(self, *args, **kwargs):
        %s
service = Made("%s")
"""
FOREVER = "await asyncio.sleep(3600)"
CORE = 'type = "core.service"'
PRELUDE = """
import asyncio, gc, sys
import aioservice
from aioservice import (service, status, load, unload, config, enable, disable, get_config, traceback, start,
    stop, restart, shutdown, snapshot, init, boot, ServiceNotFound, ServiceError)
async def until(test):
    for _ in range(1000):
        if test(): return
        await asyncio.sleep_ms(5)
    raise RuntimeError("it never came")
def state(name): return service(name).state
def states(): return {s["name"]: s["state"] for s in snapshot()["services"]}
async def ended(name):
    from aioservice.manager import manager
    await until(lambda: name not in manager().leaving)
async def up():
    result = await boot(debug=False)
    init(debug=False)
    await asyncio.sleep_ms(30)
    return result
async def main():
%s
asyncio.run(main())
"""


class Board:
    """A board with services of a test's own."""

    def __init__(self, vm):
        self.vm = vm
        self.ext = "mpy" if vm.compiled else "py"

    def path(self, name):
        return f"./aioservices/services/{name}_service.{self.ext}"

    def line(self, name, what="loaded", tag="OK"):
        return f"[ {tag} ] Service: {name}.service from {self.path(name)} {what}\n"

    def failed(self, name, error):
        return self.line(name, f"not loaded: Error: {error}", "ERROR")

    def file(self, name, text, compile=None):
        return self.vm.put(f"aioservices/services/{name}_service.py", text, compile)

    def service(self, name, attributes="", task=FOREVER):
        lines = "\n".join("    " + line for line in attributes.split("\n"))
        self.file(name, SERVICE % (lines, task, name))
        return self

    def config(self, text):
        self.vm.put("services.config", text if isinstance(text, (str, bytes)) else json.dumps(text))
        return self

    def settings(self):
        return json.loads((self.vm.root / "services.config").read_text())

    def run(self, body, **options):
        lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
        (self.vm.root / "test.py").write_text(PRELUDE % lines)
        result = self.vm.run("test.py", **options)
        assert result.err == ""
        return result.out
