"""Firmware files for an RP2040: reads .bin and .uf2, and tells what is none. What the boot ROM of the
chip checks is checked here, so that a wrong file never reaches a flash image."""
from __future__ import annotations

import struct
from pathlib import Path

from svctl.errors import PicoError

FLASH_SIZE = 2 * 1024 * 1024  # W25Q16 on the Pico
FLASH_BASE = 0x10000000
SRAM = range(0x20000000, 0x20042001)
FILESYSTEM = 1408 * 1024  # at the end of the flash: MicroPython's board RPI_PICO
ROOM = FLASH_SIZE - FILESYSTEM
STAGE2 = 256

# The UF2 file format: blocks of 512 bytes with up to 476 of data.
UF2 = struct.Struct("<8I")
MAGIC = (0x0A324655, 0x9E5D5157)
MAGIC_END = 0x0AB16F30
NOT_FOR_FLASH, HAS_FAMILY = 0x1, 0x2000
RP2040 = 0xE48BFF56
OTHERS = {0xE48BFF57: "RP2xxx (absolute)", 0xE48BFF59: "RP2350 (Arm)", 0xE48BFF5A: "RP2350 (RISC-V)",
          0xE48BFF5B: "RP2350 (Arm, non-secure)"}


def read(path: Path) -> bytes:
    """The bytes at the start of the flash that a firmware file stands for; PicoError if it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PicoError(f"{path}: {error.strerror}") from error
    if data[:4] == MAGIC[0].to_bytes(4, "little"):
        data = _uf2(path, data)
    check(path, data)
    return data


def check(path: Path, data: bytes) -> None:
    """Raise PicoError when the chip's boot ROM would not start this, or it leaves no room for files."""
    fault = None
    if len(data) < STAGE2 + 8 or stage2_sum(data) != int.from_bytes(data[STAGE2 - 4:STAGE2], "little"):
        fault = "its first 256 bytes have not the checksum of a second boot stage"
    else:
        stack, start = struct.unpack_from("<2I", data, STAGE2)
        if stack not in SRAM or not FLASH_BASE <= start < FLASH_BASE + FLASH_SIZE:
            fault = "its vector table points outside of the chip's memory"
    if fault:
        raise PicoError(f"{path} is no RP2040 firmware: {fault}")
    if len(data) > ROOM:
        raise PicoError(f"{path} has {len(data):,} bytes: more than the {ROOM:,} before a Pico's filesystem")


def stage2_sum(data: bytes) -> int:
    """CRC-32, not reflected, over 252 bytes: what the boot ROM compares (RP2040 datasheet, 2.8.1.3.1)."""
    value = 0xFFFFFFFF
    for byte in data[:STAGE2 - 4]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


def _uf2(path: Path, data: bytes) -> bytes:
    """The flash contents of a UF2 file, 0xff where it says nothing."""
    flash = bytearray()
    for at in range(0, len(data), 512):
        block = data[at:at + 512]
        if len(block) < 512 or int.from_bytes(block[508:], "little") != MAGIC_END:
            raise PicoError(f"{path} is a damaged UF2 file, at byte {at}")
        first, second, flags, address, size, _, _, family = UF2.unpack_from(block)
        if (first, second) != MAGIC or size > 476:
            raise PicoError(f"{path} is a damaged UF2 file, at byte {at}")
        if flags & NOT_FOR_FLASH:
            continue
        if flags & HAS_FAMILY and family != RP2040:
            raise PicoError(f"{path} is for {OTHERS.get(family, f'the family {family:#x}')}, not for RP2040")
        start = address - FLASH_BASE
        if not 0 <= start <= FLASH_SIZE - size:
            raise PicoError(f"{path} is no RP2040 firmware: a block lies at {address:#x}")
        if len(flash) < start + size:
            flash += b"\xff" * (start + size - len(flash))
        flash[start:start + size] = block[32:32 + size]
    return bytes(flash)
