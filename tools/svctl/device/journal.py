# Reads the journal. A generator for pump.py.


class _svctl_journal:
    def lines(since, keep):
        """Yields [number, seconds of uptime, level, name, text] of the lines from number `since` on; at the
        end [the number of the line to come, the moment of uptime 0 as localtime() has it]. `keep`: more
        will be asked, and what reads them is not given back."""
        import sys
        import time

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        import aioctl

        journal = aioctl.journal()
        if not hasattr(journal, "lines"):
            raise RuntimeError("no journal")
        yield ...
        for line in journal.lines(since):
            yield line
        if not keep:
            if "aiobase" in sys.modules:
                sys.modules["aiobase"].forget("aiolog.lines")
            sys.modules.pop("aiolines", None)  # as a board before has it
        yield [journal.next, time.localtime(sys.modules["aioschedule"].wall(0))]
