"""Services as they were written for Carglglz's asyncmd: their loggers, and what they log."""
from support.asyncmd import LINK, METER, PULSE_ATTRIBUTE, lines, put


def test_lines_of_the_log_are_tagged_once(vm):
    put(vm, link=LINK, meter=METER, pulse=PULSE_ATTRIBUTE)
    out = lines(vm, """
async def main():
    await up()
    aioctl.stop("meter.service")
    await ms()
    journal()
asyncio.run(main())
""")
    assert sorted(line for line in out if " | " in line) == sorted([
        "link.service | link is up, speed 300", "link.service.beacon | lit",
        "meter.service.child | child runs", "meter.service.child | child runs",
        "meter.service | loop 2", "meter.service | stopped after 2 loops", "pulse.service | started: pulse 2",
    ])


def test_a_logger_that_was_given_is_passed_on(vm):
    put(vm, link=LINK, meter=METER)
    out = lines(vm, """
class Own:
    def info(self, text):
        print("info", text)

    def debug(self, text):
        print("debug", text)

    error = warning = critical = info

async def main():
    await up(log=Own())
    await aioservice.shutdown()
asyncio.run(main())
""")
    assert [line for line in out if line.startswith(("info", "debug"))] == [
        "info [link.service] link is up, speed 300", "info [link.service.beacon] lit",
        "debug [meter.service] loop 2",
        "debug [meter.service.child] child runs", "debug [meter.service.child] child runs",
        "info [meter.service] stopped after 2 loops",
    ]


def test_add_logger_takes_what_asyncmd_gives(vm):
    assert lines(vm, """
from aioclass import Service
import aiolog

class Own:
    def info(self, text):
        print("own", text)

aioctl.set_log(aiolog.Journal(500))
for log in (None, Own()):
    for given in ({}, {"level": "INFO"}, {"level": "ERROR", "service_logger": True},
                  {"service_logger": False}):
        s = Service("s")
        s.log = None
        s.add_logger(log, **given)
        s.log.info("%s given" % sorted(given))
journal()
""") == [
        "own [] given", "own ['level'] given", "own ['service_logger'] given",
        "s.service | [] given", "s.service | ['level'] given", "s.service | ['service_logger'] given",
    ]


# As much of `logging` as programs for asyncmd use: a logger whose handlers write lines to a stream.
LOGGING = """
class StreamHandler:
    def __init__(self, stream):
        self.stream = stream
    def emit(self, name, level, text):
        self.stream.write("[%s] [%s] %s" % (name, level, text) + "\\n")
        self.stream.flush()
class Logger:
    def __init__(self, name):
        self.name = name
        self.handlers = []
    def addHandler(self, handler):
        self.handlers.append(handler)
    def info(self, text, *args):
        for handler in self.handlers:
            handler.emit(self.name, "INFO", text % args if args else text)
"""


def test_streamlog_is_the_journal(vm):
    """As a program for asyncmd begins; the loggers of services and the manager write there, too."""
    put(vm, link=LINK)
    assert lines(vm, """
from aiolog import streamlog
aioctl.set_log(streamlog)
import aiolog
print(streamlog is aioctl.journal(), streamlog is aiolog.streamlog, streamlog.size)
print("a line", "of print", file=streamlog)
print(streamlog.write("written, "), "not ended")
streamlog.write("joined\\n")
async def main():
    await aioservice.boot(debug=False, log=None)
    aioservice.init(debug=False)
    await ms(30)
    print(aioctl.journal() is streamlog)
asyncio.run(main())
journal()
""") == [
        "True True 2000", "9 not ended", "True", " | a line of print", " | written, joined",
        "link.service | link is up, speed 300", "link.service.beacon | lit",
    ]


def test_streamlog_without_set_log_is_made_once_and_is_the_journal_that_others_use(vm):
    assert lines(vm, """
import aiolog, sys
print("aiolog.asyncmd" in sys.modules)
ring = aiolog.streamlog
print(aioctl.journal() is ring, ring is aiolog.streamlog)
from aioservice.manager import manager
manager()
print(aioctl.journal() is ring)
aioctl.set_log(aiolog.Journal(500))
print(aiolog.streamlog is aioctl.journal(), aiolog.streamlog is ring)
for name in ("stream", "ogge", "streamlogs", "cat"):
    try: getattr(aiolog, name)
    except AttributeError: print("no", name)
""") == ["False", "True True", "True", "True False", "no stream", "no ogge", "no streamlogs", "no cat"]


def test_streamlog_after_the_manager_has_made_the_journal(vm):
    """A service that imports it when everything runs."""
    put(vm, late="""
import aioctl, asyncio
from aioclass import Service
from aiolog import streamlog
class Late(Service):
    enabled = True
    async def task(self):
        print("late", streamlog is aioctl.journal())
        print("into it", file=streamlog)
service = Late("late")
""")
    assert lines(vm, """
async def main():
    aioservice.init(debug=False)
    await ms(20)
asyncio.run(main())
journal()
""") == ["late True", " | into it"]


def test_handlers_of_logging_write_into_streamlog(vm):
    """Also where that logger is what services and the manager are given: no line comes back to it."""
    put(vm, link=LINK)
    vm.put("lib/logging.py", LOGGING)
    assert lines(vm, """
import logging
from aiolog import streamlog
log = logging.Logger("net")
log.addHandler(logging.StreamHandler(streamlog))
log.info("up %d", 3)
aioctl.set_log(log)
async def main():
    await aioservice.boot(debug=False, log=log, debug_log=True)
asyncio.run(main())
import aiolog
print(aiolog.streamlog is streamlog)
aioctl.set_log(aiolog.streamlog)
journal()
""") == [
        "True",
        " | [net] [INFO] up 3", " | [net] [INFO] [link.service] link is up, speed 300",
        " | [net] [INFO] [link.service.beacon] lit",
        " | [net] [INFO] [ OK ] Service: link.service from ./aioservices/services/link_service" + f".{'mpy' if vm.compiled else 'py'} loaded",
    ]


def test_streamlog_is_read_as_there(vm):
    out = lines(vm, """
from aiolog import streamlog
print("one kettle", file=streamlog)
print("two", file=streamlog)
streamlog.cat()
print("--")
streamlog.cat("kettle")
streamlog.cat(grep="o*kettle")
print("--")
async def main():
    task = asyncio.create_task(streamlog.follow(grep="e", wait=0.01))
    await ms(20)
    print("three", file=streamlog)
    await ms(20)
    task.cancel()
asyncio.run(main())
""")
    assert [line.split("] ")[-1] for line in out] == [
        "one kettle", "two", "--", "one kettle", "one kettle", "--", "one kettle", "three"]
