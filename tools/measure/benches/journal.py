# The journal: a line written, against the same line written to a file in memory; and a search
# through rings of several sizes, against one through as many lines in a list.

import io
from time import ticks_us

from .common import report
from .timing import since

_LINE = const("a line of sixty bytes, as services write it now and then, ok")


def write(times=2000):
    from aiolog import Journal, Logger
    from aioschedule import uptime

    log = Logger(Journal(2000, uptime), "n00.service")
    info = log.info
    info(_LINE)
    begun = ticks_us()
    for _ in range(times):
        info(_LINE)
    managed = since(begun)
    file = io.BytesIO(2000)
    begun = ticks_us()
    for _ in range(times):
        file.seek(0)
        file.write(_LINE)
    report(managed=managed * 1000 // times, bare=since(begun) * 1000 // times)  # ns


def search(size, times=5):
    import aioctl
    from aiolog import Journal, Logger
    from aioschedule import uptime

    journal = Journal(size, uptime)
    log = Logger(journal, "n00.service")
    while not journal.first:  # until it is full
        log.info(_LINE)
    lines = [_LINE] * (journal.next - journal.first)
    aioctl.log("nowhere", journal=journal)  # loads its files
    begun = ticks_us()
    for _ in range(times):
        aioctl.log("nowhere", journal=journal)
    managed = since(begun)
    begun = ticks_us()
    for _ in range(times):
        for line in lines:
            if "nowhere" in line:
                print(line)
    report(managed=managed // times, bare=since(begun) // times, lines=len(lines))
