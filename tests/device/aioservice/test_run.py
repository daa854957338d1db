"""run() as main.py uses it: how a board comes up, is left, and goes down."""
import os
import re
import signal

import pytest
from support.loops import AIOREPL

KEEPER = """
import asyncio
from aioclass import Service

class Keeper(Service):
    enabled = True

    async def task(self):
        try:
            print("keeper in")
            {body}
        finally:
            print("keeper out")

    async def cleanup(self):
        await asyncio.sleep_ms(5)
        print("keeper cleaned up")

service = Keeper("keeper")
"""
SLEEPS = "await asyncio.sleep(1000)"
BLOCKS = "while True:\n                pass"


@pytest.fixture
def board(vm):
    """The shipped board with one more service that says what happens to it."""
    vm.ship("boot.py", "main.py", "aioservices")
    vm.put("aioservices/services/keeper_service.py", KEEPER.format(body=SLEEPS))
    return vm


def test_ctrl_d_shuts_everything_down_and_exits_0(board):
    session = board.session()
    session.expect("--> ")
    session.ctrl("d")
    session.expect("keeper out")
    session.expect("keeper cleaned up")
    assert session.wait() == 0


def test_ctrl_c_at_the_prompt_never_stops_the_board(board):
    session = board.session()
    session.expect("--> ")
    session.send("1 + ")
    session.ctrl("c")
    session.expect("--> ")
    assert session.line('service("keeper").state') == "'running'\n"


def test_end_of_input_stops_the_console_not_the_services(board):
    """`make run </dev/null`: the board goes on until it is told to stop."""
    board.put("aioservices/services/keeper_service.py", KEEPER.format(
        body='import aioservice; await asyncio.sleep_ms(300); print(aioservice.service("repl").state)'))
    board.put("aioservices/services/quits_service.py", """
import asyncio
from aioclass import Service

class Quits(Service):
    enabled = True

    async def task(self):
        await asyncio.sleep_ms(600)
        self.manager.quit.set()

service = Quits("quits")
""")
    out = board.run().out
    assert "--> " in out
    assert out.index("keeper in") < out.index("done") < out.index("keeper out") < out.index("keeper cleaned up")


def test_ctrl_c_without_a_console_shuts_down(board):
    board.put("services.config", '{"repl": {"enabled": false}}')
    session = board.session()
    session.expect("keeper in")
    session.expect("hello.service")
    session.ctrl("c")
    session.expect("Ctrl-C: shutting down")
    session.expect("keeper cleaned up")
    assert session.wait() == 0


def test_ctrl_c_that_lands_in_a_services_code_is_one_and_not_its_failure(board):
    board.put("services.config", '{"repl": {"enabled": false}}')
    board.put("aioservices/services/keeper_service.py", KEEPER.format(body=BLOCKS))
    session = board.session()
    session.expect("keeper in")
    session.ctrl("c")
    session.expect("keeper out")
    session.expect("keeper cleaned up")
    assert session.wait() == 0
    assert "KeyboardInterrupt" not in session.seen


def test_keyboard_interrupt_that_a_service_raises_is_its_failure(board):
    board.put("aioservices/services/keeper_service.py", KEEPER.format(body="raise KeyboardInterrupt"))
    session = board.session()
    session.expect("--> ")
    assert "KeyboardInterrupt" in session.line('status("keeper")')
    session.ctrl("d")
    assert session.wait() == 0


def test_console_that_drops_the_event_loop_still_has_every_cleanup_run(board):
    board.put("lib/aiorepl.py", AIOREPL)
    session = board.session()
    session.expect("aiorepl here")
    session.ctrl("d")
    session.expect("keeper cleaned up")
    assert session.wait() == 0


def test_setting_console_chooses_the_console(board):
    board.put("lib/aiorepl.py", AIOREPL)
    board.put("services.config", '{"repl": {"kwargs": {"console": "aioconsole"}}}')
    session = board.session()
    session.expect("--> ")
    assert session.line("1 + 1") == "2\n"


def test_unknown_console_is_this_services_failure(board):
    board.put("services.config", '{"repl": {"kwargs": {"console": "telnet"}}, "keeper": {"enabled": true}}')
    session = board.session()
    session.expect("keeper in")
    os.kill(session.process.pid, signal.SIGTERM)
    session.wait()


def test_shutdown_typed_at_the_prompt_ends_the_board(board):
    session = board.session()
    session.expect("--> ")
    session.send("await aioservice.shutdown()\r")
    session.expect("keeper cleaned up")
    assert session.wait() == 0


def test_task_that_heeds_nothing_is_named_at_the_end(board):
    board.put("aioservices/services/keeper_service.py", KEEPER.format(body="""
            while True:
                try:
                    await asyncio.sleep(1000)
                except asyncio.CancelledError:
                    pass"""))
    session = board.session()
    session.expect("--> ")
    session.ctrl("d")
    session.expect("keeper.service did not stop in time")
    assert session.wait() == 0


def test_no_services_at_all(vm):
    vm.ship("boot.py", "main.py")
    session = vm.session()
    session.expect("no services")
    session.ctrl("c")
    assert session.wait() == 0


def test_users_own_loop_and_console_keep_working_beside_the_manager(vm):
    """The classic way: boot, init, a console of one's own, gather."""
    vm.ship("aioservices")
    vm.put("main.py", """
import asyncio
import aioconsole, aioctl, aioservice

async def main():
    await aioservice.boot()
    aioservice.init(debug=False, exclude=["repl"])
    aioctl.add(aioconsole.task, name="repl")
    await asyncio.gather(*aioctl.tasks())

asyncio.run(main())
""")
    session = vm.session()
    session.expect("--> ")
    assert "running" in session.line('aioctl.status("repl", log=False)')
    assert session.line('aioservice.service("hello").state') == "'running'\n"
    assert session.line('aioctl.stop("hello.service")') == "True\n"
    session.line("import asyncio; await asyncio.sleep_ms(50)")
    assert session.line('aioservice.service("hello").state') == "'stopped'\n"


def test_cleanup_runs_with_a_fragmented_heap(board):
    """Shutting down imports nothing: there may be no room for it."""
    board.put("services.config", '{"repl": {"enabled": false}}')
    board.put("aioservices/services/keeper_service.py", KEEPER.format(body="""
            self.blocks = []
            try:
                while True:
                    self.blocks.append(bytearray(512))
            except MemoryError:
                pass
            for i in range(0, len(self.blocks), 4):
                self.blocks[i] = None
            print("heap full")
            await asyncio.sleep(1000)"""))
    session = board.session()
    session.expect("heap full")
    session.ctrl("c")
    session.expect("keeper cleaned up")
    assert session.wait() == 0


IDLE = """
import asyncio
from asyncio import core
import aioservice
from aioclass import Service

class Idle(Service):
    enabled = True
    {attributes}

    async def task(self):
        {task}

service = Idle("{name}")
"""
SPY = """
        queue = core._io_queue

        class Spy:
            map = queue.map
            poller = queue.poller
            def __getattr__(self, name):
                return getattr(queue, name)
            def wait_io_event(self, ms):
                if ms < 0 or ms > 60000:  # nothing at all is due within a minute
                    states = [s["state"] for s in aioservice.snapshot()["services"]]
                    print("asleep", {word: states.count(word) for word in set(states)})
                queue.wait_io_event(ms)
        core._io_queue = Spy()
        await asyncio.Event().wait()"""


def test_an_idle_manager_of_twenty_services_wakes_nobody_within_a_minute(vm):
    """The event loop itself says for how long it goes to sleep; run()'s own day-long sleep is among it.

    Without boot.py, whose guard looks once whether the boot has lasted, after 30 s.
    """
    vm.ship("main.py", "aioservices/services/repl_service.mpy")
    tasks = ("await asyncio.Event().wait()", "await asyncio.sleep(3600)", "while self.is_running(): await asyncio.sleep(86400)",
             "return 1")
    for i in range(19):
        kind = ('require = "n00"' if i else "pass", 'type = "core.service"', "pass",
                'type = "schedule.service"; schedule = {"start_in": 3600, "repeat": 3600}')[i % 4]
        task = "return 1" if "core" in kind else tasks[i % 4]
        vm.put(f"aioservices/services/n{i:02d}_service.py", IDLE.format(name=f"n{i:02d}", attributes=kind, task=task))
    vm.put("aioservices/services/spy_service.py", IDLE.format(name="spy", attributes="pass", task=SPY))
    session = vm.session()
    words = session.expect(re.compile(r"asleep (\{.*?\})"))
    states = eval(words[words.index("asleep ") + 7:])
    assert sum(states.values()) == 21 and set(states) == {"running", "done", "scheduled"}
