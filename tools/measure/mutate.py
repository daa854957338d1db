"""Damaged files for `make soak`, made from whole ones; the same seed makes the same ones."""

from __future__ import annotations

import copy
import json
import random

TOKENS = (
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"',
    "\\",
    "null",
    "true",
    "-",
    "1e99",
    "1e-400",
    "NaN",
    "\\u12",
    "\\ud800",
    "[" * 200,
    '{"a":' * 60,
    "9" * 400,
    "\0",
    "\n",
    "é",
    "𝄞",
    "${",
    "${A}",
    "@",
    "*",
    "/*",
    '"_boot"',
    '"x" "x"',
)
VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1,
    10**30,
    -0.5,
    1e300,
    "",
    "x",
    "${",
    "${NONE}",
    "*",
    "hello",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"a": {"b": []}},
    ["good", 1],
    "é" * 30,
    "a" * 500,
    [0] * 50,
    {"at": "25:00"},
    {"start_in": -1},
    {"policy": 3},
    {"start_in": [1]},
    {"repeat": 0.0001, "start_in": 0},
    {"store": "good"},
    {"store": 1},
)
LINES = (
    "A=1",
    "B = 2",
    "export C=3",
    "D='4",
    'E="5" # five',
    "=6",
    "# seven",
    "H",
    "\t",
    "I==",
    "A=${A}",
    "A='\"'",
    "é=ü",
    "A\\=1",
    "X=" + "y" * 300,
    '"',
    "'",
    "A=1\r",
    "export",
    "export =",
)
_CLASS = "from aioclass import Service\nclass S(Service):\n    enabled = True\n"
# Sources of services that are wrong in themselves.
SOURCES = (
    "",
    "raise ValueError(1)\n",
    "raise SystemExit\n",
    "raise KeyboardInterrupt\n",
    "raise MemoryError\n",
    "import nothing\n",
    "service = 5\n",
    "service = None\nraise\n",
    "def f(:\n",
    "\0",
    "x = bytearray(1 << 28)\n",
    "def f(): f()\nf()\n",
    "class service: pass\n",
    "from aioclass import Service\nservice = Service('other')\n",
    "import machine\nmachine.reset()\n",
    "import sys\nsys.exit(3)\n",
    "while True: pass\n",
    "(" * 500,
    "x = 1\n" * 2000,
    _CLASS + "    type = 'core'\nservice = S('x')\n",
    _CLASS + "    require = 5\nservice = S('x')\n",
    _CLASS + "    def setup(self): raise BaseException\n    def task(self): pass\nservice = S('x')\n",
    _CLASS + "    async def setup(self):\n        while True: pass\nservice = S('x')\n",
)


def text(rng: random.Random, whole: str) -> bytes:
    """A text with one to four changes that no editor would make; of each eighth case the end is missing."""
    found = whole
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(found) + 1)
        to = min(len(found), at + rng.choice((1, 1, 2, 5, 30)))
        kind = rng.randrange(5)
        if kind == 0:
            found = found[:at] + found[to:]
        elif kind == 1:
            found = found[:at] + rng.choice(TOKENS) + found[at:]
        elif kind == 2:
            found = found[:at] + rng.choice(TOKENS) + found[to:]
        elif kind == 3:
            found = found[:to] + found[at:]
        else:
            found = (
                found[:at] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(1, 0x300)))) + found[to:]
            )
    if not rng.randrange(8):
        found = found[: rng.randrange(len(found) + 1)]
    data = found.encode("utf-8", "replace")
    return binary(rng, data) if not rng.randrange(6) else data


def settings(rng: random.Random, whole: dict) -> bytes:
    """The text of settings that are JSON still, with one to three values, or names, that are others."""
    found = json.loads(json.dumps(whole))
    for _ in range(rng.randint(1, 3)):
        place, key = found, rng.choice(sorted(found) or ["x"])
        while isinstance(place.get(key), dict) and place[key] and rng.randrange(4):
            place = place[key]
            key = rng.choice(sorted(place))
        kind = rng.randrange(4)
        if kind == 0:
            place.pop(key, None)
        elif kind == 1 and key in place:
            place[rng.choice((key + "x", key[1:], "é", "enabled", "cls", "instances", "a b", ""))] = (
                place.pop(key)
            )
        else:
            place[key] = copy.deepcopy(rng.choice(VALUES))
        found = found or {"x": {}}
    return json.dumps(found, ensure_ascii=bool(rng.randrange(2))).encode()


def binary(rng: random.Random, whole: bytes) -> bytes:
    """Bytes with bits flipped, pieces cut out, put in or made zero, or the end missing."""
    found = bytearray(whole)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        if not found:
            break
        at = rng.randrange(len(found))
        to = at + rng.choice((1, 2, 16, 100))
        kind = rng.randrange(8)
        if kind < 4:
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 4:
            del found[at:]
        elif kind == 5:
            del found[at:to]
        elif kind == 6:
            found[at:to] = bytes(len(found[at:to]))
        else:
            found[at:at] = bytes(rng.randrange(256) for _ in range(to - at))
    return bytes(found)


def mpy(rng: random.Random, whole: bytes) -> bytes:
    """An .mpy file that is damaged, or of another version or machine."""
    if rng.randrange(10):
        return binary(rng, whole)
    found = bytearray(whole)
    found[rng.randrange(4)] = rng.randrange(256)
    return bytes(found)


def source(rng: random.Random, whole: str) -> bytes:
    """The source of a service that is damaged, or wrong."""
    return rng.choice(SOURCES).encode() if rng.randrange(2) else text(rng, whole)


def env(rng: random.Random) -> bytes:
    """The text of a `.env`: some lines that are fine, some that are not, some bytes."""
    lines = [rng.choice(LINES) for _ in range(rng.randrange(12))]
    data = rng.choice(("\n", "\r\n", "\n\n")).join(lines).encode()
    return binary(rng, data) if not rng.randrange(3) else data
