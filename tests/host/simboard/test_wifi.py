"""The simulated board's WiFi and NTP, as a script says."""
from __future__ import annotations

import pytest
from support.scripted import script

NET = {"home": {"key": "secret", "rssi": -61}, "guest": {}, "full": {"fails": True},
       "shaky": {"up": [[0, True], [400, False], [900, True]]}}

WIFI = """
import network, time, sim
w = network.WLAN(network.STA_IF)
names = {getattr(network, n): n[5:] for n in dir(network) if n.startswith("STAT_")}
def status():
    return names[w.status()]
def until(wanted, ms=2000):
    end = sim.now() + ms
    while status() != wanted and sim.now() < end:
        time.sleep_ms(5)
    return status(), w.isconnected()
"""


def test_station_connects_and_fails(vm32):
    script(vm32, networks=NET)
    out = vm32.run(WIFI + """
print(w is network.WLAN(), w.active(), w.isconnected(), w.ifconfig()[0])
try:
    w.connect("home", "secret")
except OSError as e:
    print(e)
print(w.active(True), [(n, rssi, sec) for n, _, _, rssi, sec, _ in w.scan() if n in (b"home", b"guest")])
w.connect("home", "wrong")
print(status(), until("WRONG_PASSWORD"))
for ssid, key, end in (("nobody", "x", "NO_AP_FOUND"), ("full", None, "CONNECT_FAIL"), ("guest", None, "GOT_IP"),
                       ("home", "secret", "GOT_IP")):
    w.disconnect()
    w.connect(ssid, key)
    try:
        w.connect(ssid, key)
    except OSError as e:  # esp32 refuses it while it is at it, rp2 does not: code for both asks first
        print(e, until(end))
print(w.config("ssid"), w.status("rssi"), w.ifconfig()[0], w.ipconfig("addr4")[0], len(w.config("mac")))
for wrong in ("key", "nothing"):
    try:
        w.config(wrong)
    except ValueError as e:
        print(e)
print(network.hostname("mine"), w.config("hostname"), network.country("DE"), network.country())
w.disconnect()
print(status(), w.active(False), network.WLAN.IF_AP == network.AP_IF)
""").out
    refused = "Wifi Internal State Error ('%s', %s)"
    assert out.splitlines() == [
        "True False False 0.0.0.0", "STA must be active", "True [(b'guest', -50, 0), (b'home', -61, 3)]",
        "CONNECTING ('WRONG_PASSWORD', False)", refused % ("NO_AP_FOUND", False), refused % ("CONNECT_FAIL", False),
        refused % ("GOT_IP", True), refused % ("GOT_IP", True), "home -61 127.0.0.1 127.0.0.1 6",
        "unknown config param", "unknown config param", "mine mine DE DE", "IDLE False True"]


@pytest.mark.parametrize("reconnects", [False, True], ids=["rp2", "esp32"])
def test_station_that_drops_and_comes_back(vm32, reconnects):
    """rp2: a link that was lost stays so until connect(). esp32: it comes back by itself."""
    script(vm32, networks=NET, reconnects=reconnects)
    out = vm32.run(WIFI + """
w.active(True)
w.connect("shaky")
print(until("GOT_IP"), sim.now() < 400)
lost = until("CONNECTING" if %s else "IDLE")
print(lost[1], 400 <= sim.now() < 900)
while sim.now() < 1000:
    time.sleep_ms(5)
print(until("GOT_IP", 300))
w.disconnect()
w.connect("shaky")
print(until("GOT_IP"))
""" % reconnects).out
    back = "('GOT_IP', True)" if reconnects else "('IDLE', False)"
    assert out.splitlines() == ["('GOT_IP', True) True", "False True", back, "('GOT_IP', True)"]


def test_link_that_was_lost_between_two_looks(vm32):
    script(vm32, networks=NET)
    out = vm32.run(WIFI + "w.active(True)\nw.connect('shaky')\nprint(until('GOT_IP')[1])\n"
                   "while sim.now() < 1000: time.sleep_ms(5)\nprint(w.isconnected())").out
    assert out == "True\nFalse\n"


def test_script_that_changes_while_the_board_runs(vm32):
    """Also while it is half written: then it stands as before."""
    script(vm32, networks=NET)
    out = vm32.run(WIFI + """
import json
w.active(True)
w.connect("home", "secret")
print(until("GOT_IP"))
def write(text):
    with open("simulation.json", "w") as file:
        file.write(text)
write('{"networks": {')
print(w.isconnected())
write(json.dumps({"networks": {"home": {"key": "secret", "up": False}}}))
print(w.isconnected())
""").out
    assert out.splitlines() == ["('GOT_IP', True)", "True", "False"]


def test_station_without_a_script_connects_to_anything(vm32):
    assert vm32.run(WIFI + "w.active(True)\nw.connect('x', 'y')\nprint(w.isconnected(), w.scan())").out == "True []\n"


def test_access_point(vm32):
    """esp32: it is open unless `security` says otherwise; rp2 has WPA2 where a key is given."""
    script(vm32, ap={"stations": [[0, 0], [200, 2]]})
    out = vm32.run(WIFI + """
ap = network.WLAN(network.AP_IF)
ap.config(ssid="board", key="longenough")
print(ap.config("security"), ap.active(), ap.isconnected())
ap.config(security=network.WLAN.SEC_WPA2)
print(ap.config("security"), ap.active(True), ap.ifconfig()[0], ap.config("essid"))
while sim.now() < 210:
    time.sleep_ms(5)
print(ap.isconnected(), len(ap.status("stations")))
try:
    ap.connect("x")
except OSError as e:
    print(e)
ap.active(False)
print(ap.isconnected())
with open("simulation.json", "w") as file:
    file.write('{"ap": {"works": false}}')
try:
    ap.active(True)
except OSError as e:
    print(e, ap.active())
try:
    network.WLAN(7)
except ValueError as e:
    print(e)
""").out
    assert out.splitlines() == ["0 False False", "3 True 192.168.4.1 board", "True 2", "STA required", "False",
                                "AP cannot be started False", "invalid WLAN interface identifier"]


def test_ntptime(vm32):
    """documentation: UTC, in whole seconds since the port's epoch; OSError after `timeout` without an answer."""
    script(vm32, clock="2021-01-01 00:00:00", networks=NET,
           ntp={"time": "2026-03-16 11:27:11", "answers": [[0, False], [400, True]]})
    out = vm32.run(WIFI + """
import ntptime
def ask():
    try:
        return ntptime.time()
    except OSError as e:
        return e.errno
print(ask(), ntptime.host)  # no link: the name of the server cannot be looked up
w.active(True)
w.connect("home", "secret")
until("GOT_IP")
ntptime.timeout = 0.1
begun = sim.now()
print(ask(), 100 <= sim.now() - begun < 300)
while sim.now() < 400:
    time.sleep_ms(5)
print(time.gmtime()[:3])
ntptime.settime()
print(time.gmtime()[:5], time.time() - ask() in (0, 1))
""").out
    assert out.splitlines() == ["-2 pool.ntp.org", "110 True", "(2021, 1, 1)", "(2026, 3, 16, 11, 27) True"]
