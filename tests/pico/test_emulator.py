"""The emulator by itself: its modules' own tests, watchdog and resets, several boards, what a killed one
leaves, and what is refused."""
from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bench import PATIENCE

from svctl.errors import PicoError
from tools.picohost import firmware, image, npm
from tools.picohost.boards import Board

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
SCRATCH0 = "__import__('machine').mem32[0x4005800C]"


def test_modules_of_the_emulator():
    files = sorted(map(str, (HERE / "emulator").glob("*.test.mjs")))
    package = firmware.HOME / "node_modules" / "rp2040js"
    done = subprocess.run([npm.node(), "--test", *files], capture_output=True, text=True, timeout=PATIENCE,
                          env={**os.environ, "RP2040JS": str(package)})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert int(re.search(r"pass (\d+)", done.stdout).group(1)) >= 19 and re.search(r"fail 0\b", done.stdout)


def test_causes_of_resets_and_what_survives_them(blank):
    code = "import machine; machine.mem32[0x4005800C] = 0x12345678; print(machine.reset_cause(), machine.WDT_RESET)"
    assert blank.run(code).split() == ["1", "3"]
    assert blank.run("f = open('f', 'w'); f.write('kept'); f.close()") == ""
    # The chip's own watchdog, when nobody feeds it: 0.5 s later.
    blank.mpremote("exec", "--no-follow", "import machine; machine.WDT(timeout=500)\nwhile True: pass")
    status = blank.board.wait(lambda status: status["reset"] == "watchdog" and status["usb"])
    assert status["boots"] == 2
    assert blank.run(f"import machine; print(machine.reset_cause(), {SCRATCH0}, open('f').read())").split() == \
        ["3", str(0x12345678), "kept"]
    # The RUN pin and a power cycle clear the registers.
    for ask in ("reset", "powercycle"):
        blank.board.ask(ask)
        blank.board.wait(lambda status: status["usb"])
        assert blank.run(f"import machine; print(machine.reset_cause(), {SCRATCH0}, open('f').read())").split() == \
            ["1", "0", "kept"]


def test_a_watchdog_that_is_fed_does_not_reset_and_takes_8388_ms_at_most(blank):
    blank.run("import machine, time; w = machine.WDT(timeout=1000)\nfor _ in range(6): time.sleep_ms(500); w.feed()")
    assert blank.board.wait(lambda status: status["boots"] == 2 and status["usb"])["reset"] == "watchdog"
    assert "timeout exceeds 8388" in blank.mpremote("exec", "import machine; machine.WDT(timeout=8389)",
                                                    expect_code=1).out


def test_a_killed_emulator_loses_nothing_that_was_programmed(boards, tmp_path):
    board = boards("killed")
    board.run("f = open('f', 'w'); f.write('x' * 5000); f.close()")
    pid = board.board.ask("status")["pid"]
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while board.board.running():  # until the system has closed what was its
        assert time.monotonic() < until
    with pytest.raises(PicoError, match="does not run"):
        board.board.ask("status")
    board.start()
    assert board.run("print(len(open('f').read()))") == "5000\n"


def test_several_boards_each_with_its_own_flash(boards):
    one, two = boards("one"), boards("two")
    assert one.tty != two.tty
    for board, text in ((one, "1"), (two, "2")):
        board.run(f"f = open('who', 'w'); f.write('{text}'); f.close()")
    assert [board.run("print(open('who').read())") for board in (one, two)] == ["1\n", "2\n"]
    with pytest.raises(PicoError, match="the board one runs already"):
        one.board.start()


def test_board_time_passes_fast_and_as_asked(blank):
    ticks = "import time; print(time.ticks_ms())"
    begin = blank.board.ask("status")["total"]
    before = int(blank.run(ticks))
    took = blank.passes(600)["took"]
    after = int(blank.run(ticks))
    assert 600000 <= after - before <= 1000 * (blank.board.ask("status")["total"] - begin) + 1
    assert took < 600


def test_the_chips_memory_and_filesystem_are_those_of_a_pico(blank):
    found = blank.value("[__import__('os').statvfs('/')[:4], __import__('gc').mem_free(), "
                        "__import__('sys').implementation._machine, __import__('sys').platform]")
    assert found[0] == [4096, 4096, 352, 350] and found[1] > 200000
    assert found[2:] == ["Raspberry Pi Pico with RP2040", "rp2"]
    # Floating point goes through the boot ROM.
    assert blank.run("print(0.1 + 0.2, 1 / 3, 2 ** 0.5, int(-2.5), round(1e6 / 7, 3), float('nan') == float('nan'))"
                     ) == "0.3 0.3333333 1.414214 -2 142857.1 False\n"


# What is refused.


@pytest.fixture
def stage2() -> bytes:
    return firmware.FIRMWARE.read_bytes()


def uf2(data: bytes, family: int = image.RP2040, base: int = image.FLASH_BASE) -> bytes:
    blocks = [data[at:at + 256].ljust(256, b"\0") for at in range(0, len(data), 256)]
    return b"".join(
        struct.pack("<8I", *image.MAGIC, image.HAS_FAMILY, base + 256 * i, 256, i, len(blocks), family)
        + block.ljust(476, b"\0") + struct.pack("<I", image.MAGIC_END) for i, block in enumerate(blocks))


def test_a_uf2_file_is_the_same_firmware(tmp_path, stage2):
    path = tmp_path / "f.uf2"
    path.write_bytes(uf2(stage2))
    assert image.read(path).rstrip(b"\0") == stage2.rstrip(b"\0")


def test_files_that_are_no_firmware_for_rp2040(tmp_path, stage2):
    path = tmp_path / "some file"
    rows = [(b"", "no RP2040 firmware"), (bytes(5000), "no RP2040 firmware"), (uf2(stage2)[:-100], "damaged UF2"),
            (uf2(stage2, family=0xE48BFF59), "is for RP2350 \\(Arm\\), not for RP2040"),
            (uf2(stage2, base=0x20000000), "no RP2040 firmware"), (stage2[:256] + bytes(8), "vector table"),
            (b"\1" + stage2[1:], "checksum"), (stage2 + bytes(image.ROOM), "more than the 655,360")]
    for data, wanted in rows:
        path.write_bytes(data)
        with pytest.raises(PicoError, match=wanted):
            image.read(path)
    with pytest.raises(PicoError, match="No such file"):
        image.read(tmp_path / "none")


def test_refusals_leave_the_flash_image_as_it_was(boards, tmp_path, stage2):
    other = Board("other", tmp_path)
    wrong = tmp_path / "wrong.img"
    wrong.write_bytes(b"precious")
    with pytest.raises(PicoError, match="has 8 bytes: a Pico's flash has 2,097,152"):
        other.start(flash=wrong)
    assert wrong.read_bytes() == b"precious"
    board = boards("one")
    with pytest.raises(PicoError, match="is in use by another board"):
        other.start(flash=board.board.flash)
    none = tmp_path / "none.uf2"
    none.write_bytes(b"nothing")
    good = tmp_path / "good.img"
    shutil.copyfile(board.board.flash, good)
    before = good.read_bytes()
    with pytest.raises(PicoError, match="no RP2040 firmware"):
        other.start(flash=good, program=none)
    assert good.read_bytes() == before
    with pytest.raises(PicoError, match="a board's name has letters"):
        Board("../x", tmp_path)


def tool(*args: str, **env) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(ROOT / "tools" / "pico"), *args], capture_output=True, text=True,
                          timeout=PATIENCE, env={**os.environ, **env})


def test_the_command_line(request):
    name = f"test-{os.getpid()}"
    folder = firmware.HOME / "boards" / name
    request.addfinalizer(lambda: (tool("stop", name), shutil.rmtree(folder, ignore_errors=True)))
    assert tool("status", name).returncode == 3
    started = tool("start", name)
    assert started.returncode == 0 and re.fullmatch(r"/dev/pts/\d+\n", started.stdout), started
    text = tool("status", name).stdout
    assert text.startswith(f"{name}: running, at {started.stdout.strip()}, pid ") and "start 1 (power-on)" in text
    assert tool("powercycle", name).returncode == 0
    assert tool("cut-after", "3", "--torn", "--stay", name).returncode == 0
    text = tool("status", name).stdout
    assert "start 2 (power-on)" in text and "the power goes at the 3. from now" in text
    assert tool("pass", "20", name).stdout.startswith("20 s of board time took ")
    again = tool("start", name)
    assert again.returncode == 1 and again.stderr == \
        f"pico: the board {name} runs already, at {started.stdout.strip()}\n"
    assert tool("stop", name).returncode == 0 and tool("status", name).stdout == f"{name}: not running\n"
    gone = tool("powercycle", name)
    assert gone.returncode == 1 and gone.stderr == f"pico: the board {name} does not run: tools/pico start {name}\n"
    assert (folder / "flash.img").stat().st_size == image.FLASH_SIZE


def setup(**env) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "tools.picohost.firmware"], cwd=ROOT, capture_output=True,
                          text=True, timeout=PATIENCE, env={**os.environ, **env})


def test_what_is_missing_is_said_in_one_message(tmp_path):
    last = "`make test` needs nothing of this.\n"
    done = setup(PATH=str(tmp_path))
    assert done.returncode == 1 and done.stderr.startswith("pico: node is missing: the emulator needs Node.js 18")
    assert done.stderr.endswith(last)
    (tmp_path / "node").write_text("#!/bin/sh\necho v16.1.0\n")
    (tmp_path / "node").chmod(0o755)
    done = setup(PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.stderr == f"pico: {tmp_path / 'node'} is v16.1.0: the emulator needs 18 or newer\n{last}"
    done = setup(PICO_FIRMWARE="/etc/passwd")
    assert done.returncode == 1 and done.stderr.startswith("pico: /etc/passwd is no RP2040 firmware: ")
    assert done.stderr.endswith(last)


def test_without_a_compiler_or_a_network(tmp_path, monkeypatch):
    from tools.picohost import toolchain

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PicoError, match="no compiler for the RP2040 on PATH, and there is no apt") as found:
        toolchain.environment(tmp_path / "cache")
    assert "PICO_FIRMWARE=file.uf2" in str(found.value) and "apt install gcc-arm-none-eabi" in str(found.value)
    (tmp_path / "node").write_text("#!/bin/sh\necho v20.1.0\n")
    (tmp_path / "npm").write_text("#!/bin/sh\necho 'npm error network' >&2; exit 1\n")
    for name in ("node", "npm"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(PicoError, match="npm could not install the emulator .is there a network.*npm error network"):
        npm.setup(tmp_path / "home")


APT = """#!/bin/sh
case "$*" in
indextargets*) echo file:/nowhere;;
*update) echo 'E: Failed to fetch InRelease  Could not connect' >&2; exit 100;;
--print-architecture) echo amd64;;
esac
"""


def test_without_a_network_for_packages(tmp_path, monkeypatch):
    from svctl.setup import apt
    from tools.picohost import toolchain

    for name in ("apt-get", "apt-config", "dpkg", "dpkg-deb"):
        (tmp_path / name).write_text(APT)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "keys").touch()
    monkeypatch.setattr(apt, "KEYRINGS", (str(tmp_path / "keys"),))
    monkeypatch.setattr(toolchain, "_suite", lambda: "bookworm")
    monkeypatch.setattr(firmware, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PicoError, match="no compiler for the RP2040 on PATH, and .*Could not connect") as found:
        toolchain.environment(tmp_path / "cache")
    assert "make pico PICO_FIRMWARE=file.uf2" in str(found.value)
    with pytest.raises(PicoError, match="no sources of the firmware: .*Could not connect") as found:
        firmware.sources()
    assert "make pico PICO_FIRMWARE=file.uf2" in str(found.value)
