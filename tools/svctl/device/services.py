# Looks at services, one at a time. A generator for pump.py.


class _svctl_services:
    def each(pattern):
        """Yields of each service that a name or pattern (None: all) stands for what a snapshot says of
        it, and its status line; those that are held back come last."""
        import sys

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        report = __import__("aioservice.report", None, None, ("x",))
        details = report  # where a board before has it
        if not hasattr(report, "entry"):
            details = __import__("aioservice.details", None, None, ("x",))
        mgr = report.manager()
        yield None
        try:
            held = sorted(mgr.held) if pattern is None else report.pick(pattern, mgr.held)
            if held and pattern is not None:  # select() knows those that were loaded only
                names = report.pick(pattern, list(mgr.services) + list(mgr.failed))
            else:
                names = report.select(pattern)
            yield None
            for name in names:
                service = mgr.services.get(name)
                if service is None:
                    error = report.describe(mgr.failed[name][1])
                    found = {"name": name, "state": "not loaded", "error": error}
                else:
                    clock = sys.modules["aioschedule"]
                    found = details.entry(service)
                    found["up"] = service.is_up()
                    found["lasts"] = clock.uptime() - service.since
                    said = getattr(report, "said", str)  # a manager before that had it
                    found["info"] = said(service.info) if service.info else None
                    found["start_timeout"] = service.start_timeout
                    found["prompt"] = getattr(service, "prompt", False)
                    try:
                        if "next" in found:
                            found["next_run"] = clock.next_run(name)
                        if found.get("failed_at") is not None:
                            found["failed_ago"] = clock.tmdelta_fmt(clock.uptime() - found["failed_at"])
                    except Exception:  # files that do not fit: these are only words
                        pass
                found["line"] = report.line(name if service is None else service, False)
                yield found
            for name in held:
                if name not in mgr.services:
                    yield {"name": name, "state": "held", "reason": mgr.held[name]}
            yield None
        finally:
            mgr.release()

    def trace(name):
        """Yields the lines of the traceback with which a service failed, or could not be loaded."""
        import sys

        room = "aiobase" if "aiobase" in sys.modules else "aioctl"  # as a board before has it
        loaded = room + ".trace" in sys.modules
        report = __import__("aioservice.report", None, None, ("x",))
        yield None
        if not hasattr(report, "entry"):
            found = __import__("aioservice.details", None, None, ("x",)).trace(name)
        elif hasattr(report, "trace"):  # a board before
            found = report.trace(name)
        else:  # a manager that kept the errors themselves
            mgr = report.manager()
            service = mgr.services.get(name)
            error = mgr.failed[name][1] if service is None else service.error
            trace = __import__(room + ".trace", None, None, ("x",))
            found = () if error is None else trace.lines(error)
        for line in found:
            yield line
        report.manager().release()
        if not loaded:  # given back, as it was loaded for this only
            sys.modules.pop(room + ".trace", None)
            del sys.modules[room].trace
