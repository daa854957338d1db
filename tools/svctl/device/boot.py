# What is known of the boot. A generator for pump.py.


class _svctl_boot:
    def services():
        """Yields [uptime, board, firmware, whether the boot was measured], then of each service [name, type,
        state, since, took, restarts, requirements, wants, heap, times], as aioservice.heap has the last two;
        then [name, why] of those that could not be loaded."""
        import sys

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        from aioservice.manager import manager, names

        mgr = manager()
        heap = getattr(mgr, "heap", {})
        times = getattr(mgr, "times", {})
        about = sys.implementation
        board = getattr(about, "_machine", sys.platform)
        firmware = "%s %d.%d.%d" % ((about.name,) + about.version[:3])
        yield [sys.modules["aioschedule"].uptime(), board, firmware, bool(times)]
        for name in sorted(mgr.services):
            service = mgr.services[name]
            found = [name, service.type[:-8], service.state, service.since, service.took, service.restarts]
            found += [sorted(names(service.require)), sorted(names(service.want)), heap.get(name)]
            yield found + [times.get(name)]
        for name in sorted(mgr.failed):
            told = (sys.modules.get("aiobase") or sys.modules["aioctl.core"]).describe(mgr.failed[name][1])
            yield [name, told[: (told + ":").find(":")]]
