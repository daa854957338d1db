"""The simulated board's I2C, SPI, UART and PWM, and what hangs on them.

"rp2" and "esp32" are the ports that were followed, as in test_simulation.py.
"""
from __future__ import annotations

import re

import pytest
from support.harness import ROOT
from support.scripted import script

from svctl.simboard import simulation


def test_registers_on_i2c(vm32):
    script(vm32, i2c={"0": {
        "0x48": {"registers": {"0": "1900", "1": "60A0", "2": "4b00"}},  # two bytes each, as a TMP102 has them
        "0x76": {"registers": {"0xd0": "60", "0xf7": "8000008100007fff"}},  # one by one, as a BME280
        "0x50": {"pointer": 16, "registers": {"0x0100": "ca", "0x0101": "fe"}},
    }})
    out = vm32.run("""
from machine import I2C, Pin
bus = I2C(0, scl=Pin(1), sda=Pin(0), freq=100000)
print([hex(each) for each in bus.scan()], bus)
print(bus.writeto(0x48, b"\\x01"), bus.readfrom(0x48, 2).hex(), bus.readfrom_mem(0x48, 0, 2).hex())
bus.writeto_mem(0x48, 1, b"\\x61\\x00")
buf = bytearray(2)
bus.readfrom_mem_into(0x48, 1, buf)
print(buf.hex(), bus.readfrom_mem(0x48, 0, 2).hex(), bus.readfrom_mem(0x48, 2, 2).hex())
print(bus.readfrom_mem(0x76, 0xd0, 1), bus.readfrom_mem(0x76, 0xf7, 8).hex(), bus.readfrom_mem(0x76, 0xfa, 3).hex())
print(bus.writevto(0x76, [b"\\x20", b"\\x05"]), bus.readfrom_mem(0x76, 0x20, 2))
bus.writeto(0x76, b"\\xd0")
bus.readfrom_into(0x76, memoryview(buf)[:1])
print(buf.hex(), bus.readfrom_mem(0x50, 0x100, 2, addrsize=16).hex())
""").out
    assert out.splitlines() == [
        "['0x48', '0x50', '0x76'] I2C(0)", "1 60a0 1900", "6100 1900 4b00",
        "b'`' 8000008100007fff 810000", "2 b'\\x05\\x00'", "6000 cafe"]


@pytest.mark.parametrize("board, absent", [("esp32", 19), ("rp2040", 5)])
def test_nobody_there_is_the_ports_error(vm32, board, absent):
    script(vm32, board=board, i2c={"1": {"0x40": {"there": [[0, False], [10**9, True]]}}})
    out = vm32.run("""
from machine import I2C, SoftI2C
for bus in I2C(1), SoftI2C(5, 4):
    print(bus.scan(), end=" ")
    for call in lambda: bus.readfrom(0x40, 1), lambda: bus.writeto(0x40, b""), lambda: bus.readfrom_mem(0x40, 1, 1):
        try:
            call()
        except OSError as e:
            print(e.errno, end=" ")
try:
    I2C(7)
except ValueError as e:
    print(e)
""").out
    assert out == f"[] {absent} {absent} {absent} [] 19 19 19 I2C(7) doesn't exist\n"


def test_faults_come_at_their_rate_and_the_same_for_a_seed(vm32):
    device = {"registers": {"0": "07"}}
    script(vm32, i2c={"0": {"1": {**device, "fails": {"rate": 0.25, "seed": 7, "error": "ETIMEDOUT"}},
                            "2": {**device, "fails": {"rate": 0.25, "seed": 8}}, "3": {**device, "fails": {"rate": 0}}}})
    code = """
from machine import I2C
bus = I2C(0)
for address in 1, 2, 3:
    came = []
    for _ in range(400):
        try:
            came.append(bus.readfrom_mem(address, 0, 1)[0])
        except OSError as e:
            came.append(-e.errno)
    print(set(came) - {7}, 50 < 400 - came.count(7) < 150, came)
"""
    first, second, third = vm32.run(code).out.splitlines()
    assert first.startswith("{-110} True") and second.startswith("{-5} True") and third.startswith("set() False")
    assert vm32.run(code).out.splitlines() == [first, second, third] and first[12:] != second[12:]


def test_registers_change_with_time_and_with_the_file(vm32):
    script(vm32, i2c={"0": {"0x10": {"registers": {"0": [[0, "01"], [1, "02"]]}}}})
    out = vm32.run("""
import json, os, time
from machine import I2C
bus = I2C(0)
time.sleep_ms(2)
print(bus.readfrom_mem(0x10, 0, 1))
with open("simulation.json", "w") as file:
    file.write(json.dumps({"i2c": {"0": {"0x10": {"registers": {"0": "03"}}}}}))
print(bus.readfrom_mem(0x10, 0, 1))
with open("simulation.json", "w") as file:
    file.write("{}")
print(bus.scan())
""").out
    assert out.splitlines() == ["b'\\x02'", "b'\\x03'", "[]"]


def test_devices_in_python(vm32):
    vm32.put("lib/sensors.py", """
class Echo:
    data = b""
    def write(self, data):
        self.data = data
    def read(self, n):
        if not self.data:
            raise OSError(110)
        return (self.data * n)[:n]
class Inverter:
    def transfer(self, data):
        return bytes([255 - byte for byte in data])
""")
    script(vm32, i2c={"soft": {"0x20": {"device": "sensors.Echo"}}})
    out = vm32.run("""
import sim, sensors
from machine import I2C, SoftI2C, SPI, Pin
soft = SoftI2C(1, 0)
soft.writeto(0x20, b"ab")
print(soft.readfrom(0x20, 3))
bus = I2C(0)
sim.attach(bus, 0x21, sensors.Echo())
print(bus.scan())
try:
    bus.readfrom(0x21, 1)
except OSError as e:
    print(e)
sim.attach(bus, 0x21, None)
print(bus.scan())
sim.attach_spi(1, Pin(9), sensors.Inverter())
select = Pin(9, Pin.OUT, value=0)
print(SPI(1).read(2))
""").out
    assert out.splitlines() == ["b'aba'", "[33]", "[Errno 110] ETIMEDOUT", "[]", "b'\\xff\\xff'"]


def test_registers_on_spi(vm32):
    script(vm32, spi={"0": {"5": {"registers": {"0x50": "60", "0x77": "800000"}},
                            "6": {"registers": {"0": "11"}, "read": 1, "fails": {"rate": 1}}}})
    out = vm32.run("""
from machine import SPI, Pin
bus = SPI(0, 1000000, polarity=0, phase=0, sck=Pin(2), mosi=Pin(3), miso=Pin(4))
select = Pin(5, Pin.OUT, value=1)
print(bus.read(2), bus)
select(0); bus.write(b"\\xd0"); print(bus.read(1)); select(1)
select(0); bus.write(b"\\x74\\x27\\x28"); select(1)
into = bytearray(3)
select(0); bus.write_readinto(b"\\xf4\\0\\0", into); print(into.hex()); select(1)
select(0); bus.write(b"\\xf7"); bus.readinto(into); print(into.hex()); select(1)
other = Pin(6, Pin.OUT, value=0)
print(bus.read(2, 1))
try:
    bus.write_readinto(b"1", into)
except ValueError as e:
    print(e)
""").out
    assert out.splitlines() == ["b'\\xff\\xff' SPI(0)", "b'`'", "002728", "800000", "b'\\xff\\xff'",
                                "buffers must be the same length"]


def test_uart(vm32):
    script(vm32, uart={"1": {"sends": [[0, "$GPGGA,1\r\n"], [10**9, "late"]], "answers": {"AT\r\n": "OK\r\n"}}})
    out = vm32.run("""
import asyncio, sim
from machine import UART, Pin
uart = UART(1, baudrate=9600, tx=Pin(4), rx=Pin(5))
print(uart.any(), uart.readline(), uart.any(), uart.read(), uart.readline())
print(uart.write("AT\\r\\n"), uart.read(2), uart.read(), sim.sent(1), sim.sent(1))
sim.send(uart, b"xyz")
buf = bytearray(2)
print(uart.readinto(buf), buf, uart.read(5))
sim.send(1, b"x" * 300)
print(uart.any(), len(uart.read()))

async def main():
    reader = asyncio.StreamReader(uart)
    waits = asyncio.create_task(reader.readline())
    await asyncio.sleep_ms(0)
    sim.send(1, b"half ")
    await asyncio.sleep_ms(0)
    sim.send(1, b"and half\\n")
    print(await waits)
    writer = asyncio.StreamWriter(uart, {})
    writer.write(b"AT\\r\\n")
    await writer.drain()
    print(await reader.readline())

asyncio.run(main())
""").out
    assert out.splitlines() == [
        "10 b'$GPGGA,1\\r\\n' 0 None None", "4 b'OK' b'\\r\\n' b'AT\\r\\n' b''", "2 bytearray(b'xy') b'z'", "256 256",
        "b'half and half\\n'", "b'OK\\r\\n'"]


def test_pwm(vm32):
    out = vm32.run("""
import sim
from machine import PWM, Pin
print(sim.pwm(15))
servo = PWM(Pin(15), freq=50, duty_ns=1500000)
print(servo.freq(), round(servo.duty_ns() / 10000), sim.pwm(15)[0], round(sim.pwm(Pin(15))[1] * 1000))
servo.duty_u16(65535)
print(sim.pwm(15), PWM(15).freq(), servo)
servo.init(duty_u16=0, invert=True)
print(sim.pwm(15))
servo.deinit()
print(sim.pwm(15))
try:
    servo.freq(0)
except ValueError as e:
    print(e)
""").out
    assert out.splitlines() == ["None", "50 150 50 75", "(50, 1.0) 50 PWM(15, freq=50, duty_u16=65535)", "(50, 1.0)", "None",
                                "freq must be greater than 0"]


@pytest.mark.parametrize("world, wrong", [
    ({"i2c": {"9": {}}}, "i2c.9: there is no such key, only 0, 1, soft"),
    ({"i2c": {"0": {"bme": {}}}}, 'i2c.0.bme: expected an address like "0x48", not "bme"'),
    ({"i2c": {"0": {"0x48": {"registers": {"a": "00"}}}}},
     'i2c.0.0x48.registers.a: expected a register like "0x1f", not "a"'),
    ({"i2c": {"0": {"0x48": {"registers": {"0": "0"}}}}},
     'i2c.0.0x48.registers.0: expected bytes like "0fa0" or [[ms, bytes], …], not "0"'),
    ({"i2c": {"0": {"0x48": {"fails": {"rate": 2}}}}}, "i2c.0.0x48.fails.rate: expected a share from 0 to 1, not 2"),
    ({"i2c": {"0": {"0x48": {"fails": {"error": "EPERM"}}}}},
     'i2c.0.0x48.fails.error: expected EIO, ENODEV or ETIMEDOUT, not "EPERM"'),
    ({"i2c": {"0": {"0x48": {"read": 1}}}}, "i2c.0.0x48.read: there is no such key, only registers, device, there, fails, pointer"),
    ({"spi": {"0": {"5": {"device": "sensors"}}}}, 'spi.0.5.device: expected "module.Class", not "sensors"'),
    ({"uart": {"1": {"sends": "x"}}}, 'uart.1.sends: expected [[ms, text], …], not "x"'),
])
def test_what_is_wrong_is_named(world, wrong):
    assert simulation.fault(world) == wrong


def test_what_a_description_may_say():
    assert simulation.fault({"i2c": {"0": {"0x48": {"registers": {"0x0": [[0, "19"], [5, "20"]]}, "pointer": 16, "there": True}}},
                             "spi": {"soft": {"LED": {"read": 128}}}, "uart": {"0": {"answers": {"?": "!"}}}}) is None


def test_page_has_each_key():
    text = (ROOT / "docs/sensors.md").read_text(encoding="utf-8").split("## What")[1]
    keys = {*simulation._I2C["*"], *simulation._SPI["*"], *simulation._UART}
    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.M)) == sorted(keys)
