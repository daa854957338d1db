# What a full-screen view asks again and again. Generators for pump.py; `...` ends a page of it.


class _svctl_watch:
    own = task = None
    until = 0

    def facts():
        """Yields [bytes of the heap], then of each service [name, type, what it is for, heap of its import
        and its setup() or None]."""
        import gc

        yield [gc.mem_free() + gc.mem_alloc()]
        mgr = __import__("aioservice.manager", None, None, ("x",)).manager()
        heap = getattr(mgr, "heap", {})
        for name in sorted(mgr.services):
            service = mgr.services[name]
            info = service.info or ""
            if not isinstance(info, str) or len(info) > 80:
                info = "".join([c for c in str(info)][:80])  # a slice is refused where it is no UTF-8
            yield [name, service.type[:-8], info, heap.get(name)]

    def look(seconds):
        """Yields [uptime in s, bytes free], then of each service [name, state, since, restarts, error or
        reason]; the profile, if it was begun here, stays on for so many seconds more."""
        import gc
        import sys
        import time

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        _svctl_watch.until = time.ticks_add(time.ticks_ms(), seconds * 1000)
        mgr = sys.modules["aioservice.manager"].manager()
        base = sys.modules.get("aiobase") or sys.modules["aioctl.core"]  # where a board before has it
        yield ...
        gc.collect()  # else what is free would be a figure without a meaning
        yield ...
        yield [sys.modules["aioschedule"].uptime(), gc.mem_free()]
        yield ...
        for name in sorted(mgr.services):
            service = mgr.services.get(name)
            if service is not None:
                state = service.state
                why = None
                if state in ("failed", "restarting"):
                    why = base.describe(service.error)
                elif state == "scheduled":
                    try:
                        when = sys.modules["aioschedule"].next_run(name)
                        why = when and "next run " + when
                    except Exception:  # files that do not fit: it is only a word
                        pass
                elif state in ("waiting", "blocked", "masked"):
                    why = service.reason
                yield [name, state, service.since, service.restarts, why]
        for name in sorted(mgr.failed):
            yield [name, "not loaded", None, 0, base.describe(mgr.failed[name][1])]
        for name in sorted(mgr.held):
            yield [name, "held", None, 0, mgr.held[name]]

    def steps():
        """Yields of each name in the profile [name, us of all its steps, longest one in us, ms of uptime]."""
        import sys

        clock = sys.modules["aioschedule"]
        profiler = sys.modules.get("aioctl.profiler")
        for row in (profiler and profiler.rows()) or ():
            yield [row[0], row[2], row[3], clock.uptime() * 1000 + clock.clock[1]]

    def begin(seconds, mine):
        """Switches the profile on, unless it is. What is begun here (or was: `mine`) ends by itself when
        nobody looks for so many seconds. Prints whether it is to end here."""
        import asyncio
        import time

        import aioctl

        async def lease():
            try:
                while _svctl_watch.own and time.ticks_diff(_svctl_watch.until, time.ticks_ms()) > 0:
                    await asyncio.sleep(2)
            except NameError:  # the host has gone, and has taken this with it
                pass
            aioctl.profile(False)

        profiler = __import__("aioctl.profiler", None, None, ("x",))
        if profiler.rows() is None:
            aioctl.profile(True)
            mine = True
        if mine:
            _svctl_watch.own = True
            _svctl_watch.until = time.ticks_add(time.ticks_ms(), seconds * 1000)
            _svctl_watch.task = asyncio.create_task(lease())
        print(1 if mine else 0)

    def end():
        """Leaves all as it was: the profile off, if it is to end here."""
        import sys

        if _svctl_watch.own:
            _svctl_watch.own = None
            _svctl_watch.task.cancel()
            __import__("aioctl").profile(False)
        if "aiobase" in sys.modules:
            sys.modules["aiobase"].forget("aiolog.lines")
        sys.modules.pop("aiolines", None)  # as a board before has it
