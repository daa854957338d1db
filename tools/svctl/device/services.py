# Looks at services, one at a time. A generator for pump.py.


class _svctl_services:
    def each(pattern):
        """Yields of each service that a name or pattern (None: all) stands for what a snapshot says of it,
        and its status line; without a pattern those that are held back, too."""
        import sys

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        report = __import__("aioservice.report", None, None, ("x",))
        mgr = report.manager()
        yield None
        try:
            names = report.select(pattern)
            yield None
            for name in names:
                service = mgr.services.get(name)
                if service is None:
                    found = {"name": name, "state": "not loaded", "error": repr(mgr.failed[name][1])}
                else:
                    found = report.entry(service)
                    found["up"] = service.is_up()
                    found["lasts"] = sys.modules["aioschedule"].uptime() - service.since
                    found["info"] = service.info or None
                    found["start_timeout"] = service.start_timeout
                    found["prompt"] = getattr(service, "prompt", False)
                found["line"] = report.line(name if service is None else service, False)
                yield found
            for name in sorted(mgr.held) if pattern is None else ():
                yield {"name": name, "state": "held", "reason": mgr.held[name]}
            yield None
        finally:
            mgr.release()
