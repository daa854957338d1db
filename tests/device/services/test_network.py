"""The network service on the simulated board: what it does, and what it says when its surroundings are not as they should be."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import re

import pytest
from support.shipped import CHANGES, EAR, HOME, SECRETS, line


# -- network -------------------------------------------------------------------


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
    board.use("network").env().world(networks=HOME, reconnects=reconnects)
    board.service("web", "require = 'network'", "await asyncio.sleep(9999)")
    out = board.run(CHANGES + EAR + f"""
await up()
net = service("network")
net.log = Ear()
for back, why in (({{}}, "no such network here"), ({{"home": {{"key": "changed"}}}}, "wrong password")):
    world(networks={{}}, reconnects={reconnects})
    await sim.forward(60)
    world(networks=back, reconnects={reconnects})
    await sim.forward(300)
    print(heard[-1].endswith(why))
    print(net.is_connected(), net.show(), states()["network"])
    world(networks={HOME!r}, reconnects={reconnects})
    await sim.forward(61)
print(states()["web"], net.lost, service("web").restarts, net.is_connected())
print("\\n".join(heard))
""")
    down = "False ('Link', 'down') done"
    assert out.splitlines() == [
        "True", down, "True", down, "running 2 0 True", "WiFi home: the link is lost", "WiFi home: no such network here",
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


# -- network: access point -----------------------------------------------------


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
