# The simulated board's `network`: a station that connects at once, to nothing.
# The computer's own network is already there for sockets.
STA_IF = 0
AP_IF = 1
STAT_IDLE = 0
STAT_GOT_IP = 3

_state = {}


class WLAN:
    IF_STA = 0
    IF_AP = 1

    def __init__(self, interface=STA_IF):
        self._state = _state.setdefault(interface, {"active": False, "ssid": None})

    def active(self, on=None):
        if on is None:
            return self._state["active"]
        self._state["active"] = bool(on)
        if not on:
            self._state["ssid"] = None
        return bool(on)

    def connect(self, ssid=None, key=None, **options):
        if not self._state["active"]:
            raise OSError("interface is not active")
        self._state["ssid"] = ssid

    def disconnect(self):
        self._state["ssid"] = None

    def isconnected(self):
        return self._state["ssid"] is not None

    def status(self, what=None):
        if what == "rssi":
            return -50
        return STAT_GOT_IP if self.isconnected() else STAT_IDLE

    def config(self, *names, **values):
        self._state.update(values)
        if names:
            return self._state.get(names[0])

    def ifconfig(self, config=None):
        address = "127.0.0.1" if self.isconnected() else "0.0.0.0"
        return (address, "255.0.0.0", address, address)


def hostname(name=None):
    if name is not None:
        _state["hostname"] = name
    return _state.get("hostname", "board")
