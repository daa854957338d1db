"""The simulated board's hardware: pins and ADC, as a script says.

Where MicroPython's documentation leaves something open, or a port differs from it, the test says which was
followed: "documentation" is library/machine.*, network.WLAN and ntptime; "rp2" and "esp32" are the ports.
"""
from __future__ import annotations

import re
import subprocess

import pytest
from support.harness import BOARD
from support.scripted import script


def test_power_on_loads_nothing_of_it(vm32):
    """It lives in the measured heap, where a board has firmware."""
    vm32.ship("boot.py")
    vm32.put("main.py", "import sys\nprint(sorted(n for n in sys.modules if 'machine' in n or 'sim' in n))")
    assert vm32.run().out == "['machine']\n"


# -- pins ----------------------------------------------------------------------


def test_pin_levels_and_history(vm32):
    out = vm32.run("""
from machine import Pin
import sim
p = Pin(2)
p.value(1)  # documentation: an input stores it, and shows it when it becomes an output
print(p.value(), p.mode())
p.init(Pin.OUT)
print(p.value(), p(), Pin(2).value(), p == Pin(2), repr(p))
p.off(); p.toggle(); p(0); p(0)
# rp2 and esp32: value() of an output is its level; the documentation leaves it open
print([level for _, level in sim.history(2)], sim.history(p)[-1][0] <= sim.now())
up, down, free = Pin(3, Pin.IN, Pin.PULL_UP), Pin(4, Pin.IN, Pin.PULL_DOWN), Pin("X", Pin.IN)
print(up(), down(), free())
sim.drive(3, 0); sim.drive(down, 1)
print(up(), down())
sim.drive(3, None)
print(up())
wire = Pin(5, Pin.OPEN_DRAIN, value=1)  # documentation: low drives, high lets go; here somebody pulls it up
print(wire(), end=" ")
sim.drive(5, 0)
print(wire(), end=" ")
wire.value(0); sim.drive(5, 1)
print(wire())
for _ in range(100):
    p.toggle()
print(len(sim.history(2)))
try:
    Pin(-1)
except ValueError as e:
    print(e)
""").out
    assert out.splitlines() == ["0 -1", "1 1 1 True Pin(2)", "[1, 0, 1, 0] True", "1 0 0", "0 1", "1", "1 0 0",
                                "64", "invalid pin"]


def test_pin_interrupts(vm):
    script(vm, pins={"7": [[0, 1], [600, 0], [1100, 1], [1600, 0]]})
    result = vm.run("""
from machine import Pin, disable_irq, enable_irq
import sim, time, micropython
seen = []
p = Pin(6, Pin.IN)
irq = p.irq(lambda pin: seen.append((pin is p, pin.value())), Pin.IRQ_RISING)
sim.drive(6, 1); sim.drive(6, 0); sim.drive(6, 1)
time.sleep_ms(1)
print(seen, irq.flags() == Pin.IRQ_RISING)
irq()
irq.trigger(Pin.IRQ_FALLING)
sim.drive(6, 0)
time.sleep_ms(1)
print(len(seen))
p.irq(None)
sim.drive(6, 1)
time.sleep_ms(1)
print(len(seen))
# documentation: a hard interrupt may not allocate; it comes at once
p.irq(lambda pin: seen.append([1] * 100), hard=True)
sim.drive(6, 0)
p.irq(lambda pin: out.on(), hard=True)
out = Pin(8, Pin.OUT)
sim.drive(6, 1)
print(len(seen), out.value())
# rp2 and esp32: an output's own changes are interrupts, too
out.irq(lambda pin: print("own", pin.value()), Pin.IRQ_FALLING)
out.off()
time.sleep_ms(1)
# from outside, at their times, between two steps of a program that never sleeps
q = Pin(7, Pin.IN)
q.irq(lambda pin: times.append(sim.now()))
times = []
before = q.value()
while len(times) < 3 and sim.now() < 9000:
    pass
print(before, q(), [level for _, level in sim.history(7)[-3:]], [0 <= t - at for t, at in zip(times, (600, 1100, 1600))])
""", timeout=10)
    assert result.out.splitlines() == [
        "[(True, 1), (True, 1)] True", "4", "4", "4 1", "own 0", "1 0 [0, 1, 0] [True, True, True]"]
    assert result.err.count("MemoryError") == 1


def test_adc(vm32):
    script(vm32, adc={"26": 1.65, "27": 9, "28": [[0, 0.5], [200, 3.3]]})
    out = vm32.run("""
from machine import ADC, Pin
import sim, time
a = ADC(Pin(26))
print(a.read_u16(), a.read_uv(), ADC(27).read_u16(), ADC(29).read_u16())
t = 27 - (ADC(4).read_u16() * 3.3 / 65535 - 0.706) / 0.001721  # RP2035: its temperature sensor
print(round(t), ADC.CORE_TEMP)
b = ADC(28, atten=ADC.ATTN_11DB)
print(b.read_uv())
while sim.now() < 201:
    time.sleep_ms(1)
print(b.read_u16())
sim.volts(28, 0)
print(b.read_u16())
""").out
    assert out.splitlines() == ["32767 1650000 65535 0", "27 4", "500000", "65535", "0"]


# -- the script ----------------------------------------------------------------


@pytest.mark.parametrize("text, message", [
    ("{", "Expecting property name"),
    ("[]", "the script: expected an object, not []"),
    ('{"network": {}}', "network: there is no such key, only board, clock, networks, "),
    ('{"clock": "today"}', 'clock: expected "2021-01-01 00:00:00", not "today"'),
    ('{"id": "e66"}', 'id: expected hexadecimal digits, like "e6614103e7452b2f", not "e66"'),
    ('{"id": 12}', 'id: expected hexadecimal digits, like "e6614103e7452b2f", not 12'),
    ('{"board": "uno"}', 'board: expected "esp32" or "rp2040", not "uno"'),
    ('{"networks": {"home": {"up": [[5, true], [1, false]]}}}', "networks.home.up: expected true, false or [[ms, "),
    ('{"networks": {"home": "secret"}}', 'networks.home: expected an object, not "secret"'),
    ('{"pins": {"4": 2}}', "pins.4: expected 0, 1, null or [[ms, level], …], not 2"),
])
def test_fault_of_a_script_is_one_line(tmp_path, text, message):
    (tmp_path / "simulation.json").write_text(text)
    done = subprocess.run([*BOARD, str(tmp_path), "-c", "1"], capture_output=True, text=True, timeout=10)
    assert done.returncode == 1
    assert re.fullmatch(rf"board: {re.escape(str(tmp_path))}/simulation\.json: {re.escape(message)}.*\n", done.stderr)


def test_script_that_is_damaged_when_the_board_resets(vm32):
    """Said once in that life, and nothing of it counts."""
    vm32.put("main.py", "import machine\nprint(machine.ADC(3).read_uv(), machine.ADC(1).read_uv())\n"
             "if machine.reset_cause() == 1:\n    open('simulation.json', 'w').close()\n    machine.reset()")
    script(vm32, adc={"3": 1})
    result = vm32.run()
    assert result.out == "1000000 0\n0 0\n"
    assert result.err == f"{vm32.root}/simulation.json: not JSON, nothing of it counts\n"


def test_script_of_another_name_and_kind_of_board(vm32):
    (vm32.root.parent / "other.json").write_text('{"board": "rp2040", "adc": {"1": 3.3}}')
    env = {"BOARD_SIM": str(vm32.root.parent / "other.json")}
    code = "import machine\nprint(hasattr(machine, 'mem32'), hasattr(machine.RTC(), 'memory'), machine.ADC(1).read_u16())"
    assert vm32.run(code, env=env).out == "True False 65535\n"
