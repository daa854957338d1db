# watcher: tells at the console which services fail, and when they are up again; report() lists the last ones.
# It also arms the hardware watchdog where boot.py did not. Settings, in `kwargs`:
#
#   timeout   seconds of the hardware watchdog; 0: none but that of `_boot.watchdog`, which is there before
#             the services are, and so the better one
#   keep      how many failures report() has
#
# What feeds the watchdog is lib/aioboot/watchdog.py, while every critical service is healthy. This service
# never does: whoever fed it, too, would keep a board alive that is to be reset.

import sys

import aioschedule
from aioclass import Service
from aiobase import describe


class Watcher(Service):
    info = "Reports failures, arms the hardware watchdog"
    type = "runtime.service"
    enabled = False
    kwargs = {"timeout": 0, "keep": 8}
    failures = 0

    def setup(self):
        self.last = []  # (uptime, text)
        self.seen = {}  # name -> failures in a row that were counted; a text: it could not be loaded

    async def task(self, timeout, keep):
        if timeout:
            self.arm(timeout)
        while True:
            change = self.manager.change()  # from now on: none is missed while it looks
            self.look(keep)
            await change

    def arm(self, seconds):
        """Arms the hardware watchdog, unless boot.py did."""
        import aioboot.watchdog as aiowatchdog

        if aiowatchdog.watchdog is None:
            try:
                from machine import WDT

                wdt = WDT(timeout=int(seconds * 1000))
            except (ImportError, OSError, ValueError) as e:
                raise ValueError("timeout of %s s: %s" % (seconds, describe(e)))
            aiowatchdog.start(wdt, int(seconds * 1000), seconds, None)
            aiowatchdog.begin(self.manager)

    def look(self, keep):
        manager = self.manager
        for name in manager.failed:
            error = manager.failed[name][1]
            if self.seen.get(name) is not error:
                self.seen[name] = error
                self.tell(name, "not loaded: " + describe(error), keep)
        for name in manager.services:
            service = manager.services[name]
            before = self.seen.get(name, 0)
            if service.state in ("failed", "restarting"):
                n = service.series
                if n != before:
                    self.seen[name] = n
                    if n & (n - 1) == 0:  # the 1st, 2nd, 4th, 8th in a row, as in the journal
                        times = "" if n == 1 else " (%d times)" % n
                        self.tell(name, "failed%s: %s" % (times, describe(service.error)), keep)
            elif before and service.is_up():
                del self.seen[name]
                if not isinstance(before, int) or before & (before - 1) == 0:  # its failure was told
                    self.tell(name, "up again", 0)

    def tell(self, name, what, keep):
        """Says it; to be overridden where it is to go elsewhere, too. `keep` is 0 for good news."""
        text = "%s.service %s" % (name, what)
        print("watcher:", text)
        if keep:
            self.failures += 1
            self.last.append((aioschedule.uptime(), text))
            del self.last[:-keep]

    def fed(self):
        """What the hardware watchdog is doing, in words."""
        module = sys.modules.get("aioboot.watchdog")
        watchdog = None if module is None else module.watchdog
        if watchdog is None or watchdog.wdt is None:
            return "no hardware watchdog"
        if watchdog.why is not None:
            return "hardware watchdog not fed: %s" % watchdog.why
        return "hardware watchdog of %s s is fed" % watchdog.within

    def report(self):
        """Prints the last failures."""
        now = aioschedule.uptime()
        for when, text in self.last:
            print("%s ago: %s" % (aioschedule.tmdelta_fmt(now - when), text))
        print(self.show()[1])

    def show(self):
        many = "" if self.failures == 1 else "s"
        return "Watcher", "%d failure%s; %s" % (self.failures, many, self.fed())


service = Watcher("watcher")
