# Reads the journal. A generator for pump.py.


class _svctl_journal:
    def lines(since, level, name):
        """Yields [number, seconds of uptime, level, name, text, line for people] of the lines from number
        `since` on that have that level, or one above, and come from that service (None: any); at the end
        the number of the line to come."""
        import sys

        if "aioctl.core" not in sys.modules:
            raise RuntimeError("no manager")
        import aioctl

        journal = aioctl.journal()
        if not hasattr(journal, "lines"):
            raise RuntimeError("no journal")
        loaded = [each for each in ("aioctl.logs", "aiolines") if each not in sys.modules]
        logs = __import__("aioctl.logs", None, None, ("x",))
        yield None
        base = logs.wall(0)
        for line in journal.lines(since):
            if line[2] >= level and (name is None or logs.of_name(name, line[3])):
                yield line + (logs.line_text(line, base),)
            else:
                yield None
        for each in loaded:  # given back, as it was loaded for this only
            sys.modules.pop(each, None)
        if "aioctl.logs" in loaded:
            del aioctl.logs
        yield journal.next
