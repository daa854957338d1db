"""The led service on the simulated board."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json

from support.shipped import line

BEATS = """
def beats(pin):
    # how many flashes each heartbeat had, of those that are over
    groups, last = [], None
    for ms, level in sim.history(pin):
        if level:
            if last is None or ms - last > 350: groups.append(0)
            groups[-1] += 1
        last = ms
    return groups[:-1]
"""


def test_led_shows_how_the_services_are(board):
    board.use("led", every=0.35, pin=3).service("sick", "restart = 'no'", "import sim\n        while not hasattr(sim, 'sick'): await asyncio.sleep(0.02)\n        raise OSError(5)")
    out = board.run(BEATS + """
await up()
led = service("led")
await until(lambda: len(beats(3)) > 1)
print(beats(3)[:2], led.show(), states()["sick"])
sim.sick = True
await until(lambda: states()["sick"] == "failed")
n = len(beats(3)) + 1
await until(lambda: len(beats(3)) > n + 1)
print(beats(3)[n], led.show())
await aioservice.stop("led")
import machine
print(machine.Pin(3).value())
""", timeout=30)
    assert out.splitlines() == ["[1, 1] ('Health', 'steady') running", "2 ('Health', 'failing')", "0"]


def test_led_in_safe_mode_inverted_and_without_a_pin(board):
    board.use("led", every=0.05, invert=True)
    out = board.run("""
await up()
class Guard:
    def safe(self): return True
sys.modules["aioboot.guard"] = Guard()
await until(lambda: len(sim.history("LED")) > 6)
led = service("led")
print(led.safe, led.show(), [level for _, level in sim.history("LED")[:3]])
await aioservice.stop("led")
import machine
print(machine.Pin("LED").value())
""")
    assert out.splitlines() == ["True ('Health', 'safe mode') [1, 0, 1]", "1"]
    board.use("led", pin=-1)
    out = board.run("await up()\nawait until(lambda: states()['led'] == 'restarting')\nstatus()")
    assert out.startswith(line("led", "failed: ValueError: this board has no pin -1: set `pin` in services.config; restart")[:-1])


def test_led_in_a_real_safe_mode(board):
    board.use("led", every=0.05).vm.ship("boot.py")
    board.vm.put("main.py", "import aioservice\naioservice.run()\n")
    board.vm.put("services.config", json.dumps(board.settings))
    board.service("bad", "", "import machine; machine.reset()")
    board.service("spy", "safe = True", "import sim\n        while len(sim.history('LED')) < 8: await asyncio.sleep(0.02)\n"
                  "        print(self.manager.services['led'].show(), sorted(self.manager.services))\n        self.manager.quit.set()")
    out = board.vm.run(env={"BOARD_KEEPS": "scratch"}, timeout=30).out
    assert out.count("safe mode: 3 boots did not last 30 s") == 1
    assert "('Health', 'safe mode') ['bad', 'led', 'spy']\n" in out or "('Health', 'safe mode') ['led', 'spy']\n" in out
