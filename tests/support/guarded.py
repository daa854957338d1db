"""A board whose boots do not last."""
from __future__ import annotations

import json
import re

from support.harness import ROOT

MAIN = """
import machine, sys, os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as file:
    file.write(str(n + 1))
print("life", n, machine.reset_cause())
if n >= %d:
    machine.reset = lambda: sys.exit(9)
import aioservice
%s
aioservice.run()
"""
SERVICE = """
import asyncio, machine, sys, time
import aioctl, aioservice
from aioclass import Service
%s
class Made(Service):
    enabled = True
%s
service = Made("%s")
"""
FOREVER = "    async def task(self):\n        await asyncio.sleep(99)"
QUIT = "self.manager.quit.set()"
MEMORY = ["rtc", "scratch", ""]


class Board:
    """A board with or without memory that survives a reset, and services of the test."""

    def __init__(self, vm):
        self.vm = vm
        self.keeps = "scratch"
        vm.ship("boot.py")
        text = (ROOT / "lib/aioboot/guard.py").read_text()
        assert "_LASTS = const(30)" in text
        vm.put("lib/aioboot/guard.py", text.replace("_LASTS = const(30)", "_LASTS = const(1)"))
        self.main()

    def main(self, lives=9, more=""):
        self.vm.put("main.py", MAIN % (lives, more))

    def watchdog(self):
        self.vm.put("services.config", json.dumps({"_boot": {"watchdog": 1}}))

    def service(self, name, body, top=""):
        self.vm.put("aioservices/services/%s_service.py" % name, SERVICE % (top, body, name))

    def ends(self, lines=()):
        """A safe service that shows the status and ends the run in safe mode, or after two seconds."""
        lines = ["aioservice.status()", "print('LAST', sorted(aioservice.last_boot().items()))", *lines, QUIT]
        self.service("ends", "    safe = True\n    async def task(self):\n"
                     "        while 'safe mode' not in (self.manager.fault or '') and aioctl_uptime() < 2:\n"
                     "            await asyncio.sleep(0.1)\n" + "".join("        %s\n" % line for line in lines),
                     "from aioschedule import uptime as aioctl_uptime")

    def run(self, **options):
        return self.vm.run(env={"BOARD_KEEPS": self.keeps}, **options).out

    def lives(self, out):
        return [int(cause) for _, cause in re.findall(r"^life (\d+) (\d)$", out, re.M)]


HANG = "while True: pass"

EARLY = "if (%s): machine.reset()"  # before there is a service to blame
