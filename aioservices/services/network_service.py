# network: the WiFi station. It is `done` once it is connected; a child task then looks after the link and
# brings it back, for ever. Settings, all of them in `kwargs`:
#
#   ssid      name of the network; without it WIFI_SSID of .env
#   password  better not here: as "${NAME}", or as WIFI_PASSWORD of .env; none: an open network
#   timeout   seconds that an attempt may take, less than start_timeout
#   check     seconds from one look at the link to the next
#   ap        name of an access point that is there as long as the station is not. WPA2, with AP_PASSWORD of
#             .env, 8 to 63 characters; without that there is none.

import asyncio
from time import ticks_add, ticks_diff, ticks_ms

import aioctl
from aioclass import Service

_LONGEST = const(60)  # s from one attempt to the next
_WRONG = "wrong password"
_NONE = "it wants a password; no WIFI_PASSWORD in .env, and no password in services.config"
# What the firmware says of an attempt, where it has such a status, and what that means to people.
_WHY = (
    ("WRONG_PASSWORD", _WRONG),
    ("HANDSHAKE_TIMEOUT", _WRONG),
    ("NO_AP_FOUND", "no such network here"),
    ("CONNECT_FAIL", "it refuses"),
    ("ASSOC_FAIL", "it refuses"),
)


class Network(Service):
    info = "WiFi: connects, and keeps the link up"
    type = "core.service"
    enabled = False
    kwargs = {"ssid": "", "password": "", "timeout": 15, "check": 5, "ap": ""}
    station = point = None
    lost = 0  # times that the link was lost

    def setup(self):
        import network

        self.network = network
        self.station = network.WLAN(network.STA_IF)
        self.station.active(True)
        try:
            self.station.config(reconnects=0)  # an ESP32 tries again by itself, and does not say why it must
        except ValueError:
            pass

    async def task(self, ssid, password, timeout, check, ap):
        self.told = ssid, password  # no arguments of the child: those are shown
        try:
            await self.connect(timeout)
        except OSError as e:
            if not ap or not self.open_point(ap):
                raise
            self.log.warning("%s", e)
        self.add_ctask(aioctl, self.link, "link", timeout, check, ap)
        return self.address()

    async def connect(self, timeout):
        """One attempt, with .env as it is now; OSError says why it failed."""
        ssid, password = self.told
        self.ssid = ssid or aioctl.getenv("WIFI_SSID")
        if not self.ssid:
            raise OSError("no WIFI_SSID in .env, and no ssid in services.config")
        station = self.station
        station.disconnect()  # an ESP32 refuses to connect while it is at it
        key = password or aioctl.getenv("WIFI_PASSWORD")
        station.connect(self.ssid, key)
        end = ticks_add(ticks_ms(), int(timeout * 1000))
        while not station.isconnected():
            status = station.status()
            for name, why in _WHY:
                if status == getattr(self.network, "STAT_" + name, None):
                    raise OSError("WiFi %s: %s" % (self.ssid, why if key or why != _WRONG else _NONE))
            if ticks_diff(end, ticks_ms()) <= 0:
                raise OSError("WiFi %s: no connection within %s s" % (self.ssid, timeout))
            await asyncio.sleep_ms(100)

    async def link(self, timeout, check, ap):
        """Looks at the link; where it is not up, tries again after 1 s, 2 s, 4 s, up to a minute."""
        while True:
            try:
                if not self.station.isconnected():
                    if self.point is None:
                        self.lost += 1
                        self.log.warning("WiFi %s: the link is lost", self.ssid)
                    await self.again(timeout, ap)
                    self.close_point()
                    self.log.info("WiFi %s: connected, %s", self.ssid, self.address())
            except (OSError, MemoryError):  # the next look is soon, and this one must not be the last
                pass
            await asyncio.sleep(check)

    async def again(self, timeout, ap):
        """Attempts until one succeeds; a reason is told when it is another one than before."""
        delay, said = 1, None
        while True:
            try:
                return await self.connect(timeout)
            except OSError as e:
                if ap and said is None and self.point is None:
                    self.open_point(ap)
                if str(e) != said:
                    said = str(e)
                    self.log.warning("%s", said)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST)

    def open_point(self, name):
        """Opens the access point, with WPA2 or not at all; whether it is there."""
        password = aioctl.getenv("AP_PASSWORD", "")
        if not 8 <= len(password) <= 63:
            self.log.warning("no access point: AP_PASSWORD of .env needs 8 to 63 characters")
            return False
        wlan = self.network.WLAN
        point = wlan(self.network.AP_IF)
        # An ESP32 has to be told; an RP2040 has WPA2 where there is a key, and no such constant.
        wpa2 = getattr(wlan, "SEC_WPA2", None) or getattr(self.network, "AUTH_WPA2_PSK", None)
        try:
            point.config(ssid=name, key=password, **({"security": wpa2} if wpa2 else {}))
            if self.is_open(point):
                raise OSError("it would be open")
            point.active(True)
        except (OSError, ValueError) as e:
            self.log.warning("no access point: %s", e)
            point.active(False)
            return False
        self.point = point
        self.log.warning("access point %s is there, %s", name, self.address())
        return True

    def is_open(self, point):
        try:
            return point.config("security") == 0
        except ValueError:  # not all ports can say so
            return False

    def close_point(self):
        if self.point is not None:
            self.point.active(False)
            self.point = None

    def cleanup(self):
        self.close_point()
        if self.station is not None:
            self.station.disconnect()
            self.station.active(False)

    def is_connected(self):
        """Whether the link is up now; `done` means that it was."""
        return self.station is not None and self.station.isconnected()

    def address(self):
        """The address of the station, or of the access point; None without either."""
        if self.is_connected():
            return self.station.ifconfig()[0]
        return None if self.point is None else self.point.ifconfig()[0]

    def stats(self):
        return {"connected": self.is_connected(), "address": self.address(), "lost": self.lost,
                "access_point": self.point is not None}

    def show(self):
        if self.is_connected():
            return "Link", "%s, %s, lost %d times" % (self.ssid, self.address(), self.lost)
        return "Link", "down" if self.point is None else "access point, %s" % self.address()


service = Network("network")
