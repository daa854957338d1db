# What a board's firmware has of `network`, as far as the working board asks for it: a station that connects
# at once, so that a boot is measured and not an access point.

STA_IF = 0
AP_IF = 1


class WLAN:
    def __init__(self, interface):
        self.up = False

    def active(self, on):
        return on

    def config(self, **_):
        pass

    def connect(self, ssid, key=None):
        self.up = True

    def disconnect(self):
        self.up = False

    def isconnected(self):
        return self.up

    def status(self):
        return 3

    def ifconfig(self):
        return ("192.168.4.2", "255.255.255.0", "192.168.4.1", "192.168.4.1")
