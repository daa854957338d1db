"""What a power cut leaves on the flash, at each operation of something that a board did once: its operations
are recorded, so that the flash can be made as it was behind each of them, or in its middle."""
from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple

from svctl.setup import unixport
from tools.picohost import image

LOOK = Path(__file__).resolve().parent / "flashlook.py"
MOST = 300  # cuts that are looked at; of more operations every n-th


class Cut(NamedTuple):
    """A power cut at an operation, and what is on the filesystem then: {path: hash}, None if it is none."""

    number: int
    torn: bool
    files: dict


class Record:
    """Flash operations of a board, from an image on."""

    def __init__(self, before: bytes, operations: Path):
        self.before = before
        self.operations = list(_parse(operations.read_bytes()))

    def image(self, number: int, torn: bool) -> bytearray:
        """The flash when the power went at that operation; the first is 1."""
        return next(flash for n, flash in self._images([number], torn))

    def _images(self, numbers, torn: bool) -> Iterator[tuple[int, bytearray]]:
        flash, done = bytearray(self.before), 0
        for number in numbers:
            for at, data in self.operations[done:number - 1]:
                flash[at:at + len(data)] = data
            done = number - 1
            at, data = self.operations[done]
            part = len(data) // 2 if torn else len(data)
            kept = flash[at:at + part]
            flash[at:at + part] = data[:part]
            yield number, flash
            flash[at:at + part] = kept

    def cuts(self) -> list[Cut]:
        """What is on the filesystem behind each operation, and in its middle."""
        numbers = range(1, len(self.operations) + 1, len(self.operations) // MOST + 1)
        size = image.FLASH_SIZE - image.ROOM
        command = [str(unixport.interpreter(32)), "-X", "heapsize=16m", str(LOOK), str(size)]
        vm = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=False)
        found = []
        with vm:
            for torn in (True, False):
                for number, flash in self._images(numbers, torn):
                    vm.stdin.write(flash[image.ROOM:])
                    vm.stdin.flush()
                    found.append(Cut(number, torn, json.loads(vm.stdout.readline())))
            vm.stdin.close()
        return sorted(found, key=lambda cut: (cut.number, not cut.torn))


def _parse(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        where, size = struct.unpack_from("<2I", data, at)
        yield where, data[at + 8:at + 8 + size]
        at += 8 + size


def distinct(cuts: list[Cut], most: int) -> list[Cut]:
    """One cut of each different state of the files that are in use, every other one in the middle of an
    operation; of more than `most` states some, with the first and the last."""
    states: dict[str, list[Cut]] = {}
    for cut in cuts:
        used = {name: cut.files[name] for name in sorted(cut.files) if not name.endswith(".new")}
        states.setdefault(json.dumps(used), []).append(cut)
    chosen = []
    for i, same in enumerate(states.values()):
        wanted = [cut for cut in same if cut.torn == bool(i % 2)] or same
        chosen.append(wanted[len(wanted) // 2])
    if len(chosen) <= most:
        return chosen
    return [chosen[round(i * (len(chosen) - 1) / (most - 1))] for i in range(most)]
