"""simulation.json: what happens around a simulated board. Read and checked at power-on, for the supervisor;
the modules in sim/ read it again while the board runs. docs/simulation.md describes it."""
from __future__ import annotations

import calendar
import json
import os
import re
import time
from pathlib import Path
from typing import Callable, Optional

from svctl.errors import BoardError

NAME = "simulation.json"
# What differs between boards, as the environment says it: see sim/machine_backup.py, machine_power.py.
BOARDS = {
    "esp32": {"BOARD_KEEPS": "rtc", "BOARD_WDT": "2147483"},
    "rp2040": {"BOARD_KEEPS": "scratch", "BOARD_WDT": "8388"},
}


def moment(text: object) -> int:
    """Seconds since 1970 of "2026-03-16 11:27:11", UTC; ValueError where it is no such text."""
    return calendar.timegm(time.strptime(str(text), "%Y-%m-%d %H:%M:%S"))


def _is_moment(value: object) -> bool:
    try:
        moment(value)
    except ValueError:
        return False
    return True


def _kind(*types: type) -> Callable[[object], bool]:
    return lambda value: type(value) in types


def _line(of: Callable[[object], bool]) -> Callable[[object], bool]:
    """A value, or [[ms, value], …] with growing times."""
    def check(value: object) -> bool:
        if not isinstance(value, list):
            return of(value)
        for step in value:
            if not isinstance(step, list) or len(step) != 2 or type(step[0]) is not int or not of(step[1]):
                return False
        return [step[0] for step in value] == sorted(step[0] for step in value)
    return check


_FLAG, _NUMBER = _kind(bool), _kind(int, float)
_NET = {
    "key": (_kind(str), "a text"),
    "up": (_line(_FLAG), "true, false or [[ms, true or false], …]"),
    "rssi": (_kind(int), "a whole number"),
    "takes": (_kind(int), "milliseconds"),
    "fails": (_FLAG, "true or false"),
}
_HEX, _REGISTER = r"([0-9a-fA-F]{2})+", r"0x[0-9a-fA-F]{1,4}|\d{1,5}"


def _text(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


_FAILS = {
    "rate": (lambda value: type(value) in (int, float) and 0 <= value <= 1, "a share from 0 to 1"),
    "seed": (_kind(int), "a whole number"),
    "error": (lambda value: value in ("EIO", "ENODEV", "ETIMEDOUT"), "EIO, ENODEV or ETIMEDOUT"),
}
_DEVICE = {
    # None: what a key has to be.
    "registers": {None: (_text(_REGISTER), 'a register like "0x1f"'),
                  "*": (_line(_text(_HEX)), 'bytes like "0fa0" or [[ms, bytes], …]')},
    "device": (_text(r"(\w+\.)+\w+"), '"module.Class"'),
    "there": (_line(_FLAG), _NET["up"][1]),
    "fails": _FAILS,
}
_I2C = {None: (_text(r"0x[0-7]?[0-9a-fA-F]|\d{1,3}"), 'an address like "0x48"'),
        "*": {**_DEVICE, "pointer": (lambda value: value in (8, 16), "8 or 16")}}
_SPI = {"*": {**_DEVICE, "read": (_kind(int), "a whole number")}}
_UART = {"sends": (lambda value: isinstance(value, list) and _line(_kind(str))(value), "[[ms, text], …]"),
         "answers": {"*": (_kind(str), "a text")}}
_KEYS = {
    "board": (lambda value: value in BOARDS, " or ".join(map(json.dumps, BOARDS))),
    "clock": (_is_moment, '"2021-01-01 00:00:00"'),
    "networks": {"*": _NET},
    "reconnects": (_FLAG, "true or false"),
    "ap": {"works": (_line(_FLAG), _NET["up"][1]),
           "stations": (_line(_kind(int)), "a number or [[ms, number], …]")},
    "ntp": {"time": (_is_moment, '"2026-03-16 11:27:11"'), "answers": (_line(_FLAG), _NET["up"][1]),
            "takes": (_kind(int), "milliseconds")},
    "pins": {"*": (_line(lambda value: value in (0, 1, None)), "0, 1, null or [[ms, level], …]")},
    "adc": {"*": (_line(_NUMBER), "volts or [[ms, volts], …]")},
    "id": (lambda value: isinstance(value, str) and re.fullmatch("([0-9a-fA-F]{2})+", value) is not None,
           'hexadecimal digits, like "e6614103e7452b2f"'),
    "i2c": {"0": _I2C, "1": _I2C, "soft": _I2C},
    "spi": {"0": _SPI, "1": _SPI, "2": _SPI, "soft": _SPI},
    "uart": {"0": _UART, "1": _UART, "2": _UART},
}


def fault(script: object, keys: dict = _KEYS, path: str = "") -> Optional[str]:
    """What is wrong with a script, in one line; None if nothing is."""
    if not isinstance(script, dict):
        return f"{path or 'the script'}: expected an object, not {json.dumps(script)}"
    for key, value in script.items():
        where = f"{path}.{key}" if path else key
        if None in keys and not keys[None][0](key):
            return f"{where}: expected {keys[None][1]}, not {json.dumps(key)}"
        takes = keys.get(key, keys.get("*"))
        if takes is None:
            return f"{where}: there is no such key, only {', '.join(keys)}"
        if isinstance(takes, dict):
            found = fault(value, takes, where)
            if found:
                return found
        elif not takes[0](value):
            return f"{where}: expected {takes[1]}, not {json.dumps(value)}"
    return None


def environment(root: Path) -> dict:
    """What a folder's script means for the environment of its VM; raises BoardError where it is wrong."""
    path = Path(os.environ.get("BOARD_SIM") or root / NAME).resolve()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = "{}"
    except (OSError, ValueError) as error:
        raise BoardError(f"{path}: {getattr(error, 'strerror', None) or 'is no text'}") from error
    try:
        script = json.loads(text)
    except ValueError as error:
        raise BoardError(f"{path}: {error}") from error
    wrong = fault(script)
    if wrong:
        raise BoardError(f"{path}: {wrong}")
    chip = BOARDS.get(script.get("board"), {})
    env = {name: value for name, value in chip.items() if name not in os.environ}
    if "id" in script:
        env["BOARD_ID"] = script["id"]
    if "clock" in script:
        env["BOARD_CLOCK"] = str(moment(script["clock"]) - int(time.time()))
    # A board knows no time zones.
    return {**env, "BOARD_SIM": str(path), "TZ": "UTC0"}
