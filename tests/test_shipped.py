"""The services that are shipped, each on the simulated board: what they do, and what they say when their
surroundings are not as they should be."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import re
import shutil

import pytest
from harness import ROOT

from tools import check, simulation

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


@pytest.fixture
def board(vm32):
    return Board(vm32)


def line(name, what, tag="FAIL"):
    return f"[ {tag} ] Service: {name}.service from ./aioservices/services/{name}_service.mpy {what}\n"


# -- network -----------------------------------------------------------------------

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


def test_network_connects_and_is_done(board):
    """What requires it starts then; the password stands nowhere."""
    board.use("network").env().world(networks=HOME).service("web", "require = 'network'")
    out = board.run("""
await up()
net = service("network")
print(states(), net.result, net.is_connected(), sorted(net.stats().items()))
print(service("web").deps["network"] is net, [c.name for c in net.children()])
status("network")
aioctl.status("network.service", debug=True)
aioctl.status("network.service.link", debug=True)
print(aioservice.snapshot(), aioservice.get_config())
aioctl.log()
await aioservice.shutdown()
import network
print(network.WLAN().active(), network.WLAN().isconnected(), states())
""")
    lines = out.splitlines()
    assert lines[0] == ("{'network': 'done', 'web': 'running'} 127.0.0.1 True [('access_point', False), "
                        "('address', '127.0.0.1'), ('connected', True), ('lost', 0)]") or "'web': 'running', 'network': 'done'" in lines[0]
    assert lines[1] == "True ['network.service.link']"
    assert lines[2] + "\n" == line("network", "loaded", "OK")
    assert "    Link: home, 127.0.0.1, lost 0 times" in lines and "hunter2" not in out
    assert lines[-1].startswith("False False {") and lines[-1].count("stopped") == 2


@pytest.mark.parametrize("world, env, why", [
    ({"networks": HOME}, SECRETS.replace("hunter2!", "wrong"), "WiFi home: wrong password"),
    ({"networks": HOME, "reconnects": True}, SECRETS.replace("hunter2!", "wrong"), "WiFi home: wrong password"),
    ({"networks": HOME}, "WIFI_SSID=home\n",
     "WiFi home: it wants a password; no WIFI_PASSWORD in .env, and no password in services.config"),
    ({"networks": {}}, SECRETS, "WiFi home: no such network here"),
    ({"networks": {"home": {"key": "hunter2!", "fails": True}}}, SECRETS, "WiFi home: it refuses"),
    ({"networks": {"home": {"takes": 9999}}}, SECRETS, "WiFi home: no connection within 0.2 s"),
    ({"networks": HOME}, None, "no WIFI_SSID in .env, and no ssid in services.config"),
    ({"networks": HOME}, "AP_PASSWORD=x\n", "no WIFI_SSID in .env, and no ssid in services.config"),
], ids=["wrong-password", "wrong-password-esp32", "no-password", "no-network", "refused", "slow", "no-env", "empty-env"])
def test_network_that_is_not_there_is_one_clear_line(board, world, env, why):
    """And the board is usable: the console's services run, and it comes up by itself once all is well."""
    board.use("network", timeout=0.2).world(**world).service("web", "require = 'network'").service("other")
    if env:
        board.env(env)
    if why != "WiFi home: no such network here":  # that one as it is shipped
        board.settings["network"]["restart"] = {"delay": 0.2}
    out = board.run(CHANGES + f"""
await up()
await until(lambda: service("network").state == "restarting")
print(states()["other"], states()["web"], aioservice.get_config("network")["enabled"])
status()
with open(".env", "w") as file:
    file.write({SECRETS!r})
world(networks={HOME!r})
await until(lambda: states()["web"] == "running")
print(states()["network"])
aioctl.log("network.service")
""")
    lines = out.splitlines(keepends=True)
    assert lines[0] == "running blocked True\n" and lines[4] == "done\n"
    assert re.fullmatch(re.escape(line("network", f"failed: OSError: {why}; restart in 1 s")).replace(r"1\ s", r"[01]\ s"), lines[1])
    assert lines[2:4] == [line("other", "loaded", "OK"), line("web", "blocked: web -> network (failed)", "WAIT")]
    said = [each for each in lines[5:] if "OSError" in each]
    assert len(said) == 1 and said[0].rstrip().endswith(f"OSError: {why}")


def test_network_settings_before_those_of_env(board):
    board.use("network", ssid="work", password="${WORK}").env(SECRETS + "WORK=xyzzy\n")
    board.world(networks={"work": {"key": "xyzzy"}})
    out = board.run("""
await up()
print(states(), service("network").ssid, aioservice.get_config("network")["kwargs"]["password"])
""")
    assert out == "{'network': 'done'} work ${WORK}\n"


def test_network_on_a_board_without_wifi(board):
    board.use("network").env().vm.put("lib/network.py", "raise ImportError(\"no module named 'network'\")")
    out = board.run("await up()\nawait until(lambda: service('network').state == 'restarting')\nstatus()")
    assert out.startswith(line("network", "failed: ImportError: no module named 'network'; restart in ")[:-1])


@pytest.mark.parametrize("reconnects", [False, True], ids=["rp2", "esp32"])
def test_network_that_comes_and_goes(board, reconnects):
    """It comes back each time, and says so once; the service stays done, and what requires it runs on."""
    board.use("network", check=0.05).env().world(networks=HOME, reconnects=reconnects)
    board.service("web", "require = 'network'")
    out = board.run(CHANGES + EAR + f"""
await up()
net = service("network")
net.log = Ear()
real = asyncio.sleep
asyncio.sleep = lambda seconds: real(min(seconds, 0.05))  # the delays are another test's matter
for back, why in (({{}}, "no such network here"), ({{"home": {{"key": "changed"}}}}, "wrong password")):
    world(networks={{}}, reconnects={reconnects})
    await until(lambda: heard and heard[-1].endswith("no such network here"))
    world(networks=back, reconnects={reconnects})
    await until(lambda: heard[-1].endswith(why))
    print(net.is_connected(), net.show(), states()["network"])
    world(networks={HOME!r}, reconnects={reconnects})
    await until(lambda: heard[-1].endswith("127.0.0.1"))
print(states()["web"], net.lost, service("web").restarts, net.is_connected())
print("\\n".join(heard))
""", timeout=30)
    down = "False ('Link', 'down') done"
    assert out.splitlines() == [
        down, down, "running 2 0 True", "WiFi home: the link is lost", "WiFi home: no such network here",
        "WiFi home: connected, 127.0.0.1", "WiFi home: the link is lost", "WiFi home: no such network here",
        "WiFi home: wrong password",
        "WiFi home: connected, 127.0.0.1"]


def test_network_tries_for_ever_ever_more_rarely(board):
    """1 s, 2 s, 4 s … a minute; here the clock of the loop is made to run, not waited for."""
    board.use("network", check=0.05).env().world(networks=HOME)
    out = board.run(CHANGES + EAR + """
await up()
net = service("network")
net.log = Ear()
waits = []
real = asyncio.sleep
def quick(seconds):
    if seconds >= 1:
        waits.append(seconds)
        seconds = 0
    return real(seconds)
asyncio.sleep = quick
world(networks={})
await until(lambda: len(waits) > 8)
print(waits[:9], len(heard))
connect = net.connect
async def short(timeout):
    net.connect = connect
    raise MemoryError
net.connect = short  # nor does that end it
await until(lambda: net.connect is connect)
world(networks={"home": {"key": "hunter2!"}})
await until(net.is_connected)
""")
    assert out == "[1, 2, 4, 8, 16, 32, 60, 60, 60] 2\n"


# -- network: access point -------------------------------------------------------------


def test_access_point_until_the_station_is_there(board):
    """WPA2, with the password of .env; also when the link is lost later."""
    board.use("network", timeout=0.2, check=0.05, ap="board-setup").env().world(networks={})
    board.service("web", "require = 'network'")
    out = board.run(CHANGES + EAR + f"""
import network
await up()
net = service("network")
ap = network.WLAN(network.AP_IF)
print(states()["network"], states()["web"], ap.active(), ap.config("ssid"), ap.config("security") == network.WLAN.SEC_WPA2, net.result)
print(net.show(), net.stats()["access_point"])
net.log = Ear()
world(networks={HOME!r})
await until(net.is_connected)
await until(lambda: not ap.active())
print(net.address(), net.lost)
world(networks={{}})
await until(ap.active)
world(networks={HOME!r})
await until(lambda: not ap.active())
await aioservice.stop("network")
print(ap.active(), net.lost)
""")
    assert out.splitlines() == [
        "done running True board-setup True 192.168.4.1", "('Link', 'access point, 192.168.4.1') True",
        "127.0.0.1 0", "False 1"]


def test_access_point_of_a_board_that_knows_no_network_yet(board):
    """A .env that comes later counts at the next attempt."""
    board.use("network", check=0.05, ap="board-setup").env("AP_PASSWORD=longenough\n").world(networks=HOME)
    out = board.run(f"""
import network
await up()
net = service("network")
print(states(), network.WLAN(network.AP_IF).active(), net.show())
with open(".env", "w") as file:
    file.write({SECRETS!r})
await until(net.is_connected)
aioctl.log("network.service")
""")
    lines = out.splitlines()
    assert lines[0] == "{'network': 'done'} True ('Link', 'access point, 192.168.4.1')"
    assert lines[1].endswith("access point board-setup is there, 192.168.4.1")
    assert lines[2].endswith("no WIFI_SSID in .env, and no ssid in services.config")


@pytest.mark.parametrize("env, world, why", [
    ("WIFI_SSID=home\n", {}, "AP_PASSWORD of .env needs 8 to 63 characters"),
    ("WIFI_SSID=home\nAP_PASSWORD=short\n", {}, "AP_PASSWORD of .env needs 8 to 63 characters"),
    ("WIFI_SSID=home\nAP_PASSWORD=" + 64 * "x", {}, "AP_PASSWORD of .env needs 8 to 63 characters"),
    (SECRETS, {"ap": {"works": False}}, "AP cannot be started"),
    (SECRETS, {}, "it would be open"),
], ids=["none", "short", "long", "broken", "open"])
def test_no_access_point_rather_than_an_open_one(board, env, world, why):
    board.use("network", timeout=0.2, ap="board-setup").env(env).world(networks={}, **world)
    out = board.run("""
import network
if %r:  # a port that needs to be told, and cannot
    network.WLAN.SEC_WPA2 = None
await up()
await until(lambda: service("network").state == "restarting")
print(network.WLAN(network.AP_IF).active())
status()
aioctl.log("network.service")
""" % ("open" in why))
    lines = out.splitlines()
    assert lines[0] == "False" and "failed: OSError: WiFi home: no such network here; restart" in lines[1]
    assert lines[2].endswith("no access point: " + why)


# -- clock -----------------------------------------------------------------------------

NTP = {"time": "2026-03-16 11:27:11"}


def test_clock_waits_for_the_network_and_sets_the_time(board):
    board.use("network", "clock").env().world(clock="2021-01-01 00:00:00", networks={}, ntp=NTP)
    board.settings["_boot"] = {"utc_offset": 90}
    board.settings["network"]["restart"] = {"delay": 0.2}
    board.service("web", "require = 'clock'")
    out = board.run(CHANGES + f"""
await up()
print(states()["clock"], states()["web"], time.gmtime()[0])
status("clock")
world(networks={HOME!r}, ntp={NTP!r})
await until(lambda: states()["web"] == "running")
clock = service("clock")
print(states()["clock"], time.gmtime()[:4], clock.now()[:4], clock.result[:13], [c.name for c in clock.children()])
print(clock.show())
""")
    lines = out.splitlines()
    assert lines[0] == "blocked blocked 2021"
    assert lines[1] + "\n" == line("clock", "blocked: clock -> network (failed)", "WAIT")
    assert lines[2] == "done (2026, 3, 16, 11) (2026, 3, 16, 12) 2026-03-16 12 ['clock.service.daily']"
    assert re.fullmatch(r"\('Clock', '2026-03-16 12:57:\d\d, UTC\+90 min, set \d+ s ago'\)", lines[3])


def test_clock_goes_on_once_a_day_and_says_once_that_nobody_answers(board):
    board.use("network", "clock", every=0.1, timeout=0.01, server="time.example")
    board.env().world(clock="2021-01-01 00:00:00", networks=HOME, ntp=NTP)
    out = board.run(CHANGES + EAR + f"""
await up()
import ntptime
clock = service("clock")
clock.log = Ear()
first = clock.when
await until(lambda: heard)
print(heard[0][:13], ntptime.host)
real = asyncio.sleep
waits = []
def quick(seconds):
    waits.append(seconds)
    return real(min(seconds, 0.01))
asyncio.sleep = quick
world(networks={HOME!r}, ntp={{"answers": False}})
await until(lambda: len([w for w in heard if "no time" in w]) > 0 and len(waits) > 9)
print([w for w in heard if "no time" in w])
world(networks={HOME!r}, ntp={{"time": "2027-01-01 00:00:00"}})
await until(lambda: "2027" in heard[-1])
print(time.gmtime()[0], states()["clock"])
""", timeout=30)
    assert out.splitlines() == [
        "2026-03-16 11 time.example", "['no time from time.example: OSError: [Errno 110] ETIMEDOUT']", "2027 done"]


@pytest.mark.parametrize("ntp, why", [
    ({"answers": False}, "no time from pool.ntp.org: OSError: [Errno 110] ETIMEDOUT"),
    ({"time": "1999-12-31 00:00:00"}, "pool.ntp.org says that it is 1999-12-31 00:00:"),
], ids=["silent", "wrong"])
def test_clock_without_an_answer_is_one_line_and_blocks_who_requires_it_alone(board, ntp, why):
    board.use("network", "clock", timeout=0.05).env().world(clock="2021-01-01 00:00:00", networks=HOME, ntp=ntp)
    board.service("web", "require = 'clock'").service("other", "want = 'clock'")
    out = board.run("await up()\nawait until(lambda: states()['clock'] == 'restarting')\n"
                    "print(states()['web'], states()['other'])\nstatus('clock')")
    assert out.splitlines()[0] == "blocked running"
    assert out.splitlines()[1].startswith(line("clock", f"failed: OSError: {why}")[:-1])


def test_clock_without_the_network_service(board):
    """A board with a network of another kind: "require": []."""
    board.use("clock").world(clock="2021-01-01 00:00:00", ntp=NTP)
    board.settings["clock"]["require"] = []
    out = board.run("import network\nnetwork.WLAN().active(True)\nnetwork.WLAN().connect('lan')\n"
                    "await up()\nprint(states(), time.gmtime()[0])")
    assert out == "{'clock': 'done'} 2026\n"


# -- stats -----------------------------------------------------------------------------


def test_stats(board):
    board.use("stats", every=0.3)
    out = board.run(EAR + """
await up()
stats = service("stats")
stats.log = Ear()
await asyncio.sleep_ms(200)
stats.stats()
await asyncio.sleep_ms(100)
quiet = stats.stats()
print(sorted(quiet), quiet["load"] < 40, quiet["heap_free"] > 50000, quiet["flash_size"] >= quiet["flash_free"] > 0)
begun = sim.now()
while sim.now() < begun + 200:  # half of the time the loop is busy, in ten steps
    step = sim.now()
    while sim.now() < step + 10: pass
    await asyncio.sleep_ms(10)
half = stats()["load"]
begun = sim.now()
while sim.now() < begun + 100: pass
print(35 < half < 75, stats.stats()["load"] > 85, len(heard) in (1, 2), heard[-1][:12])
heard.clear()
await until(lambda: heard)  # by itself, as `every` says
server = await asyncio.start_server(print, "127.0.0.1", 0)  # sockets still work
queue = asyncio.core._io_queue
print(queue.poller is stats.load)
await aioservice.stop("stats")
server.close()
await server.wait_closed()
print(hasattr(queue.poller, "idle"), stats.stats()["load"])
""")
    assert out.splitlines() == [
        "['flash_free', 'flash_size', 'heap_free', 'heap_used', 'load', 'uptime'] True True True",
        "True True True up 0 s, load", "True", "False None"]


def test_stats_beside_the_profiler(board):
    """Both look at the loop: whichever begins or ends first leaves the other at work."""
    board.use("stats")
    out = board.run("""
await up()
async def load():
    service("stats").stats()
    await asyncio.sleep_ms(150)
    return service("stats").stats()["load"] < 60
aioctl.profile(True)
from aioctl import profiler
await asyncio.sleep_ms(5)
print(await load(), profiler.figures()["steps"] > 0)
await aioservice.stop("stats")
await asyncio.sleep_ms(5)
aioservice.start("stats")
await until(lambda: states()["stats"] == "running")
print(await load(), profiler.figures()["steps"] > 5)
aioctl.profile(False)
print(await load())
""")
    assert out == "True True\nTrue True\nTrue\n"


# -- led -------------------------------------------------------------------------------

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


# -- watcher ---------------------------------------------------------------------------


def test_watcher_tells_failures_and_recoveries(board):
    board.use("watcher", keep=3)
    board.service("flaky", "restart = {'delay': 0.02}", "self.n = getattr(self, 'n', 0) + 1\n"
                  "        if self.n < 6: raise ValueError(self.n)\n        " + FOREVER)
    board.service("dead", "restart = 'no'", "raise ValueError('no')")
    board.vm.put("aioservices/services/broken_service.py", "1 / 0\n")
    out = board.run("""
await up()
await until(lambda: states()["flaky"] == "running" and service("flaky").n > 5)
await asyncio.sleep_ms(50)
print("--")
service("watcher").report()
print(service("watcher").show())
""")
    told, _, report = out.partition("--\n")
    assert sorted(told.splitlines()) == sorted([
        "watcher: broken.service not loaded: ZeroDivisionError: divide by zero", "watcher: dead.service failed: ValueError: no",
        "watcher: flaky.service failed: ValueError: 1", "watcher: flaky.service failed (2 times): ValueError: 2",
        "watcher: flaky.service failed (4 times): ValueError: 4"])
    lines = report.splitlines()
    assert len(lines) == 5 and "flaky.service failed (4 times): ValueError: 4" in lines[2]
    assert lines[3:] == ["5 failures; no hardware watchdog", "('Watcher', '5 failures; no hardware watchdog')"]


def test_watcher_counts_one_failure(board):
    board.use("watcher").service("dead", "restart = 'no'", "raise ValueError('no')")
    assert board.run("""
await up()
await until(lambda: service("watcher").failures)
print(service("watcher").show())
""").endswith("('Watcher', '1 failure; no hardware watchdog')\n")


LIVES = """
import machine, sys, os
n = int(open("n").read()) if "n" in os.listdir() else 0
with open("n", "w") as file:
    file.write(str(n + 1))
print("life", n, machine.reset_cause())
if n: sys.exit(0)
armed = []
real = machine.WDT
def WDT(**options):
    armed.append(options)
    return real(**options)
machine.WDT = WDT
import aioservice
aioservice.run()
"""


def lives(board, spy, by=None):
    board.vm.ship("boot.py")
    board.vm.put("main.py", LIVES)
    if by:
        board.settings["_boot"] = {"watchdog": by}
    board.vm.put("services.config", json.dumps(board.settings))
    board.service("spy", "", "import __main__\n        " + spy.replace("\n", "\n        "))
    return board.vm.run(timeout=30).out


QUIET = "await asyncio.sleep(1.7)\nprint('alive', __main__.armed, self.manager.services['watcher'].fed())\nself.manager.quit.set()"


@pytest.mark.parametrize("by", [None, 1], ids=["watcher", "boot"])
def test_watcher_and_the_hardware_watchdog_of_a_healthy_board(board, by):
    """It arms one where boot.py did not, and no second one; stopped, it leaves the watchdog fed."""
    board.use("watcher", timeout=1).service("good", "critical = True")
    out = lives(board, "await asyncio.sleep(0.2)\nself.manager.services['watcher'].ask()\n" + QUIET if by is None else QUIET, by)
    armed = "[{'timeout': 1000}]" if by is None else "[]"
    assert f"alive {armed} hardware watchdog of 1 s is fed\n" in out
    assert re.findall(r"life \d \d", out) == ["life 0 1"] or out.count("life") == 2  # after the end nobody feeds it


@pytest.mark.parametrize("by", [None, 1], ids=["watcher", "boot"])
def test_watcher_does_not_keep_an_unhealthy_board_alive(board, by):
    board.use("watcher", timeout=1)
    board.service("bad", "critical = True\nrestart = 'no'", "await asyncio.sleep(0.3)\n        raise ValueError(5)")
    out = lives(board, "await asyncio.sleep(0.8)\nprint(self.manager.services['watcher'].fed())\n" + FOREVER, by)
    assert "watcher: bad.service failed: ValueError: 5\n" in out
    assert "hardware watchdog not fed: bad.service failed: ValueError: 5\n" in out
    assert re.findall(r"life \d \d", out) == ["life 0 1", "life 1 3"]


def test_watcher_with_a_timeout_that_the_board_does_not_have(board):
    out = board.use("watcher", timeout=9).run("await up()\nawait until(lambda: states()['watcher'] == 'restarting')\nstatus()")
    assert out.startswith(line("watcher", "failed: ValueError: timeout of 9 s: ValueError: timeout exceeds 8388; restart")[:-1])


# -- all of them -----------------------------------------------------------------------


def test_a_boot_with_the_shipped_settings_loads_none_of_them(vm32):
    vm32.ship()
    vm32.put("main.py", "import asyncio, sys, aioservice\nasync def main():\n    await aioservice.boot(debug=False)\n"
             "    aioservice.init(debug=False)\n    print(sorted(aioservice.snapshot()['held'].items()))\n"
             "    print([n for n in sys.modules if n.endswith('_service')], aioservice.check())\nasyncio.run(main())")
    held, rest = vm32.run().out.splitlines()[:2]
    for name in ("clock", "led", "network", "stats", "watcher"):
        assert f"('{name}', 'disabled')" in held and name not in rest
    assert rest.endswith("[]")


def test_board_without_env_ends_at_its_prompt_all_the_same(vm32):
    """Powered on as shipped, with the network enabled: a line that says why, and everything else runs."""
    vm32.ship()
    vm32.put("services.config", json.dumps({"dofail": {"enabled": False}, "network": {"enabled": True}, "clock": {"enabled": True}}))
    session = vm32.session()
    boot = re.sub(r"\x1b\[\d*m", "", session.expect("--> ")).replace("\r", "").replace(".py ", ".mpy ")
    why = "no WIFI_SSID in .env, and no ssid in services.config"
    assert line("network", f"failed: OSError: {why}; restart in 1 s") in boot
    assert line("clock", "blocked: clock -> network (failed)", "WAIT") in boot and line("hello", "loaded", "OK") in boot
    assert session.line('service("hello").state') == "'running'\n"
    session.ctrl("d")
    assert session.wait() == 0


def test_check_is_fine_with_them_enabled(tmp_path):
    services = tmp_path / "aioservices/services"
    shutil.copytree(ROOT / "aioservices/services", services, ignore=shutil.ignore_patterns("dofail*", "__pycache__"))
    names = ("clock", "led", "network", "stats", "watcher")
    (tmp_path / "services.config").write_text(json.dumps({name: {"enabled": True} for name in names}))
    assert check.check(tmp_path) == []


# -- documents -------------------------------------------------------------------------

DOCS = ROOT / "docs"


def sessions(text):
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for turn in re.split(r"^--> ", block, flags=re.M)[1:]:
            yield turn.partition("\n")[::2]


@pytest.mark.parametrize("name", ["services", "simulation"])
def test_sessions_of_the_documents(vm32, name):
    text = (DOCS / f"{name}.md").read_text()
    world = re.search(r"<!-- world: (.*) -->", text)
    vm32.ship()
    if world:
        vm32.put("simulation.json", world.group(1))
    session = vm32.session()
    session.expect("--> ")
    turns = list(sessions(text))
    assert len(turns) > 8
    for command, expected in turns:
        shown = re.sub(r"\x1b\[\d*m", "", session.line(command)).replace("_service.py ", "_service.mpy ")
        assert shown == expected, command


def test_script_of_the_document_is_one(vm32):
    (text,) = re.findall(r"```json\n(.*?)```", (DOCS / "simulation.md").read_text(), re.S)
    assert simulation.fault(json.loads(text)) is None
    table = (DOCS / "simulation.md").read_text().split("## What is there")[0]
    keys = re.findall(r"^\| (?:… )?`(\w+)` \|", table, re.M)
    assert sorted(keys) == sorted([*simulation._KEYS, *simulation._NET])
    vm32.put("simulation.json", text)
    assert vm32.run("import time, machine\nprint(time.gmtime()[0], machine.ADC(26).read_uv())").out == "2021 1650000\n"


@pytest.mark.parametrize("name", ["network", "clock", "stats", "led", "watcher"])
def test_each_shipped_service_has_its_section_with_its_settings(name):
    text = (DOCS / "services.md").read_text()
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    said = check.class_says((ROOT / f"aioservices/services/{name}_service.py").read_text(), name)
    assert dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section, re.M)) == {
        key: json.dumps(value) for key, value in said["kwargs"].items()}
    head = (ROOT / f"aioservices/services/{name}_service.py").read_text().split("\nimport ")[0]
    assert re.findall(r"^#   (\w+)  ", head, re.M) == list(said["kwargs"]) and "Limits:" in section
    assert said.get("enabled", False) is False and f'"{name}": {{"enabled": false}}' in (ROOT / "services.config").read_text()
