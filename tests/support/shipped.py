"""A board with shipped services, and a world around it."""
from __future__ import annotations

import json

PRELUDE = """
import asyncio, sys, time
import aioctl, aioservice, sim
from aioservice import service, status
async def until(test, ms=8000):
    end = sim.now() + ms
    while not test():
        if sim.now() > end:
            raise RuntimeError("it never came")
        await asyncio.sleep_ms(10)
def states():
    return {s["name"]: s["state"] for s in aioservice.snapshot()["services"]}
async def up():
    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    await asyncio.sleep_ms(20)
async def main():
%s
asyncio.run(main())
"""
NEEDS = """
import asyncio
from aioclass import Service
class Made(Service):
    enabled = True
%s
    async def task(self):
        %s
service = Made("%s")
"""
FOREVER = "await asyncio.sleep(99)"
SECRETS = "WIFI_SSID=home\nWIFI_PASSWORD=hunter2!\nAP_PASSWORD=longenough\n"
HOME = {"home": {"key": "hunter2!"}}


class Board:
    def __init__(self, vm):
        self.vm = vm
        self.settings = {}

    def use(self, *names, **kwargs):
        """Ships services, enabled; kwargs are those of the last one."""
        for name in names:
            self.vm.ship(f"aioservices/services/{name}_service.mpy")
            self.settings[name] = {"enabled": True}
        if kwargs:
            self.settings[names[-1]]["kwargs"] = kwargs
        return self

    def world(self, **script):
        self.vm.put("simulation.json", json.dumps(script))
        return self

    def env(self, text=SECRETS):
        self.vm.put(".env", text)
        return self

    def service(self, name, attributes="", task=FOREVER):
        lines = "\n".join("    " + line for line in attributes.split("\n"))
        self.vm.put(f"aioservices/services/{name}_service.py", NEEDS % (lines, task, name))
        return self

    def run(self, body, **options):
        self.vm.put("services.config", json.dumps(self.settings))
        lines = "\n".join("    " + line for line in body.strip("\n").split("\n"))
        (self.vm.root / "test.py").write_text(PRELUDE % lines)
        result = self.vm.run("test.py", **options)
        assert result.err == ""
        return result.out.replace("_service.py ", "_service.mpy ")


def line(name, what, tag="FAIL"):
    return f"[ {tag} ] Service: {name}.service from ./aioservices/services/{name}_service.mpy {what}\n"


CHANGES = """
import json
def world(**script):
    with open("simulation.json", "w") as file:
        file.write(json.dumps(script))
"""

EAR = """
heard = []
class Ear:
    def info(self, text, *args): heard.append(text % args if args else text)
    warning = error = info
"""
