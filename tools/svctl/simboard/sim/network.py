# The simulated board's `network`: a station and an access point. What is in the air says "networks" of
# simulation.json; without that a station connects to anything at once. Sockets are the computer's own.
import sim_world

STA_IF = 0
AP_IF = 1
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2
STAT_CONNECT_FAIL = -1
STAT_GOT_IP = 3

_TAKES = const(50)  # ms, to connect
_LONGEST = const(64)  # characters of a key
_ALIASES = {"essid": "ssid", "password": "key", "authmode": "security", "dhcp_hostname": "hostname"}
_PARAMETERS = const(" ssid key security channel hidden hostname mac txpower pm reconnects ")

_made = {}  # interface -> WLAN
_names = {"hostname": "board", "country": "XX"}


class WLAN:
    IF_STA = 0
    IF_AP = 1
    SEC_OPEN = 0
    SEC_WPA2 = 3
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    def __new__(cls, interface=STA_IF):
        if interface not in (STA_IF, AP_IF):
            raise ValueError("invalid WLAN interface identifier")
        if interface not in _made:
            made = _made[interface] = object.__new__(cls)
            made._begin(interface)
        return _made[interface]

    def _begin(self, interface):
        self._ap = interface == AP_IF
        self._on = False
        self._wanted = None  # (ssid, key) that connect() asked for
        self._since = 0  # ms: connect(), or when the link was last seen
        self._status = STAT_IDLE
        self._config = {"ssid": "", "security": 0, "channel": 1, "hidden": False, "txpower": 20, "pm": 1,
                        "mac": b"\x02sim0" + bytes([interface]), "reconnects": -1}
        self._static = None

    def active(self, on=None):
        if on is None:
            return self._on
        world = sim_world.script()
        if on and self._ap and not sim_world.at(world.get("ap", {}).get("works"), sim_world.now(), True):
            raise OSError("AP cannot be started")
        if not on:
            self.disconnect()
        self._on = bool(on)
        return self._on

    def connect(self, ssid=None, key=None, *, bssid=None):
        self._need_station()
        if self._look() == STAT_CONNECTING:  # an ESP32 refuses it, an RP2040 does not
            raise OSError("Wifi Internal State Error")
        self._wanted = (ssid or self._config["ssid"], key)
        self._config["ssid"] = self._wanted[0]
        self._status = STAT_CONNECTING
        self._since = sim_world.now()
        self._look()

    def _need_station(self):
        if self._ap:
            raise OSError("STA required")
        if not self._on:
            raise OSError("STA must be active")

    def disconnect(self):
        self._wanted = None
        self._status = STAT_IDLE

    def _look(self):
        """The status, after what has happened since somebody looked last."""
        world = sim_world.script()
        ms = sim_world.now()
        nets = world.get("networks")
        if self._wanted is None or nets is None:
            if self._wanted is not None:
                self._status = STAT_GOT_IP
            return self._status
        net = nets.get(self._wanted[0])
        up = False if net is None else net.get("up")
        if self._status == STAT_GOT_IP:
            if net is None or not sim_world.always(up, self._since, ms, True):
                self._status = STAT_IDLE
            self._since = ms
        elif self._status == STAT_CONNECTING:
            end = self._since + (net or {}).get("takes", _TAKES)
            if ms >= end:
                self._status = self._outcome(net, sim_world.at(up, end, True))
                self._since = end
        if self._status <= STAT_IDLE and world.get("reconnects") and self._config["reconnects"]:
            self._status = STAT_CONNECTING  # an ESP32 tries again and again, and does not say what went wrong
            self._since = ms
        return self._status

    def _outcome(self, net, up):
        if not up:
            return STAT_NO_AP_FOUND
        if net.get("key") != (self._wanted[1] or None):
            return STAT_WRONG_PASSWORD
        return STAT_CONNECT_FAIL if net.get("fails") else STAT_GOT_IP

    def isconnected(self):
        if self._ap:
            return self._on and len(self._stations()) > 0
        return self._look() == STAT_GOT_IP

    def _stations(self):
        count = sim_world.at(sim_world.script().get("ap", {}).get("stations"), sim_world.now(), 0)
        return [(b"\x02sta%02d" % n,) for n in range(count if self._on else 0)]

    def status(self, what=None):
        if what is None:
            return (STAT_GOT_IP if self._on else STAT_IDLE) if self._ap else self._look()
        if what == "stations" and self._ap:
            return self._stations()
        if what == "rssi" and not self._ap:
            if self._look() != STAT_GOT_IP:
                raise OSError("Wifi Not Connected")
            return (sim_world.script().get("networks") or {}).get(self._wanted[0], {}).get("rssi", -50)
        raise ValueError("unknown status param")

    def scan(self):
        self._need_station()
        found = []
        nets = sim_world.script().get("networks") or {}
        for n, ssid in enumerate(sorted(nets)):
            net = nets[ssid]
            if sim_world.at(net.get("up"), sim_world.now(), True):
                security = self.SEC_WPA2 if net.get("key") else self.SEC_OPEN
                where = b"\x02net%02d" % n, 1 + n % 11
                found.append((ssid.encode(),) + where + (net.get("rssi", -50), security, False))
        return found

    def config(self, *names, **values):
        if names:
            if values or len(names) > 1:
                raise TypeError("either pos or kw args are allowed")
            name = _ALIASES.get(names[0], names[0])
            if name == "hostname":
                return _names[name]
            if name == "key" or name not in self._config:
                raise ValueError("unknown config param")
            return self._config[name]
        for word in values:
            name = _ALIASES.get(word, word)
            esp32 = sim_world.script().get("reconnects")
            if " %s " % name not in _PARAMETERS or name == "reconnects" and not esp32:
                raise ValueError("unknown config param")
            if name == "key" and len(values[word]) > _LONGEST:
                raise ValueError("key too long")
            (_names if name == "hostname" else self._config)[name] = values[word]

    def ifconfig(self, config=None):
        if config is not None:
            self._static = None if config == "dhcp" else tuple(config)
            return
        if self._ap:
            return self._static or ("192.168.4.1", "255.255.255.0", "192.168.4.1", "8.8.8.8")
        if not self.isconnected():
            return ("0.0.0.0",) * 4
        return self._static or ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")

    def ipconfig(self, name=None, **values):
        address, mask, gateway, _ = self.ifconfig()
        if name == "addr4":
            return (address, mask)
        if name == "gw4":
            return gateway
        if name == "dhcp4":
            return self._static is None
        if name is not None or [word for word in values if word not in ("addr4", "gw4", "dhcp4")]:
            raise ValueError("unexpected key")
        if values.get("dhcp4"):
            self._static = None
        elif "addr4" in values:
            self._static = (values["addr4"], mask, values.get("gw4", gateway), gateway)


def hostname(name=None):
    if name is not None:
        _names["hostname"] = name
    return _names["hostname"]


def country(code=None):
    if code is not None:
        if len(code) != 2:
            raise ValueError("country")
        _names["country"] = code
    return _names["country"]
