"""The hardware watchdog and the guard against boots that do not last, on the chip's own registers."""
from __future__ import annotations

import json

from bench import PATIENCE

SERVICES = "aioservices/services"
SCRATCH = "[hex(__import__('machine').mem32[0x4005800C + 4 * i]) for i in range(3)]"
HANGS = """
import asyncio, time
from aioclass import Service

class Hangs(Service):
    enabled = True
    critical = True

    async def task(self):
        await asyncio.sleep_ms(300)
        time.sleep(3600)  # of all of the board's code

service = Hangs("hangs")
"""
GONE = """
import asyncio, os
from aioclass import Service

class Gone(Service):
    enabled = True
    critical = True
    restart = "no"

    async def task(self):
        await asyncio.sleep(4)
        if "seen" not in os.listdir():  # at the first boot alone
            open("seen", "w").close()
            raise ValueError("its sensor is gone")
        await asyncio.sleep(9999)

service = Gone("gone")
"""


def settings(**boot):
    return json.dumps({"_boot": boot, "repl": {"enabled": True}, "hello": {"enabled": True}})


def test_a_hung_critical_service_ends_in_safe_mode_that_names_it(pico, tmp_path):
    pico.put(tmp_path, {f"{SERVICES}/hangs_service.py": HANGS, "services.config": settings(watchdog=4)})
    pico.power()
    # Each boot hangs, and the watchdog ends it after 4 s; then the board comes up in safe mode.
    text = pico.expect("safe mode: ") + pico.up()
    status = pico.board.ask("status")
    assert status["boots"] == 5 and status["reset"] == "watchdog", status
    assert "safe mode: 3 boots did not last 30 s, hangs.service is to blame; aioservice.resume() leaves it" in text
    count = pico.value(SCRATCH)
    assert int(count[0], 16) >> 16 == 0x1A53 and int(count[0], 16) >> 4 & 15 == 3 and int(count[0], 16) & 8
    text = pico.line("aioservice.status()")
    assert "[ MASK ] Service: hangs.service" in text and "to blame for 3 resets" in text, text
    last = pico.line("aioservice.last_boot()")
    assert "'cause': 'watchdog'" in last and "'service': 'hangs'" in last and "'failed': True" in last
    # resume() brings up the rest, without the masked one; the watchdog is fed.
    pico.line("aioservice.resume()")
    pico.passes(40)
    assert "[ OK ] Service: hello.service" in pico.line('aioservice.status("hello")')
    assert pico.board.ask("status")["boots"] == 5
    assert int(pico.value(SCRATCH)[0], 16) & 0xFF == 2  # lasted, no boots in a row, no safe mode


def test_a_critical_service_that_failed_for_good_is_reset_and_explained(pico, tmp_path):
    pico.put(tmp_path, {f"{SERVICES}/gone_service.py": GONE, "services.config": settings(watchdog=5)})
    pico.power()
    pico.up()
    pico.expect("hardware watchdog: not fed: gone.service failed: ValueError: its sensor is gone; "
                "the board resets within 5 s")
    pico.board.wait(lambda status: status["reset"] == "watchdog", PATIENCE)
    pico.expect("[ OK ] Service: hello.service")  # of the next boot
    pico.up()
    last = pico.line("aioservice.last_boot()")
    assert "'service': 'gone'" in last and "ValueError: its sensor is gone" in last, last


def test_the_watchdog_is_fed_while_all_is_well_and_while_a_host_works(pico, tmp_path):
    pico.put(tmp_path, {"services.config": settings(watchdog=9)})
    pico.power()
    pico.up()
    # RP2040 takes 8.388 s at most: it is armed for that, and says so.
    assert "_boot.watchdog: 9 s refused" in pico.line("aioservice.status()")
    pico.passes(60)
    (tmp_path / "some").write_text("y" * 20000)
    pico.mpremote("fs", "cp", "some", ":some", cwd=tmp_path)
    pico.passes(60)
    assert pico.board.ask("status")["reset"] == "power-on"


def test_mpremote_without_resume_does_not_count_as_boots_that_failed(bare):
    # Each of these is a soft reset; RP2040 has no cause of its own for one.
    for _ in range(4):
        bare.passes(4)
        bare.run("1", resume=False)
    assert [int(word, 16) for word in bare.value(SCRATCH)][0] >> 4 & 15 == 0
