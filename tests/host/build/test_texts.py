"""services.config and .env as editors and programs leave them: a byte order mark, other line ends, other codes,
and what MicroPython's json reads as something else than it says. The board, boot.py and check say the same."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.harness import ROOT
from support.services import Board

from svctl.build import check

WHOLE = {"_boot": {"watchdog": 5}, "one": {"enabled": True, "kwargs": {"ssid": "Bäckerei"}}}
TEXT = json.dumps(WHOLE, ensure_ascii=False, indent=1)
ASCII = TEXT.replace("ä", "a")
MARK = b"\xef\xbb\xbf"

# What is the same to a board.
SAME = {
    "plain": TEXT.encode(),
    "mark": MARK + TEXT.encode(),
    "mark, ascii": MARK + ASCII.encode(),
    "crlf": TEXT.replace("\n", "\r\n").encode(),
    "cr": TEXT.replace("\n", "\r").encode(),
    "mark and crlf": MARK + TEXT.replace("\n", "\r\n").encode() + b"\r\n",
    "escaped": json.dumps(WHOLE).encode(),
}
# What is none: (bytes, what is said of it on a board, whether boot.py sees it as well).
OTHER = {
    "utf-16": (TEXT.encode("utf-16"), "it is UTF-16; save it as UTF-8", True),
    "utf-16, big": (b"\xfe\xff" + TEXT.encode("utf-16-be"), "it is UTF-16; save it as UTF-8", True),
    "utf-16-le, no mark": (ASCII.encode("utf-16-le"), "it is UTF-16; save it as UTF-8", True),
    "utf-16-be, no mark": (TEXT.encode("utf-16-be"), "it is UTF-16; save it as UTF-8", True),
    "utf-16, empty object": ("{}".encode("utf-16-le"), "it is UTF-16; save it as UTF-8", True),
    "utf-32": (TEXT.encode("utf-32"), "it is UTF-32; save it as UTF-8", True),
    "utf-32-be, no mark": (TEXT.encode("utf-32-be"), "it is UTF-32; save it as UTF-8", True),
    "latin-1": (TEXT.encode("latin-1"), "it is not UTF-8 (line 8, byte e4); save it as UTF-8", True),
    "latin-1, crlf": (TEXT.replace("\n", "\r\n").encode("latin-1"), "it is not UTF-8 (line 8, byte e4); save it as UTF-8", True),
    "cp437, cr": (TEXT.replace("\n", "\r").encode("cp437"), "it is not UTF-8 (line 8, byte 84); save it as UTF-8", True),
    "half a character": (b'{"_boot": {"watchdog": 5}, "a": {"x": "\xed\xa0\xbd"}}', "it is not UTF-8 (line 1, byte ed); save it as UTF-8", False),
    "too long a form": (b'{"_boot": {"watchdog": 5}, "a": {"x": "\xc1\xa9"}}', "it is not UTF-8 (line 1, byte c1); save it as UTF-8", False),
    "cut in a character": (b'{"_boot": {"watchdog": 5}, "a": {"x": "\xc3', "it is cut short", True),
    "two words": (b'{"_boot": {"watchdog": 5}, "a": {"args": [2null]}}', "2null is no value in JSON", True),
    "words": (b'{"_boot": {"watchdog": 5}, "a": {"enabled": truefalse}}', "truefalse is no value in JSON", True),
    "word and text": (b'{"_boot": {"watchdog": 5}, "a": {"args": [2"x"]}}', "a comma is wrong", True),
    "zero first": (b'{"_boot": {"watchdog": 05}}', "05 is no value in JSON", False),
    "point last": (b'{"_boot": {"watchdog": 5.}}', "5. is no value in JSON", False),
    "comma last": (b'{"_boot": {"watchdog": 5}, "a": {},}', "a comma is wrong", True),
    "comma last in a list": (b'{"_boot": {"watchdog": 5}, "a": {"args": [1,]}}', "a comma is wrong", True),
    "no comma": (b'{"_boot": {"watchdog": 5} "a": {}}', "a comma is wrong", True),
    "no colon": (b'{"_boot": {"watchdog" 5}}', "a colon or a comma is wrong", True),
    "path": (b'{"_boot": {"watchdog": 5}, "a": {"x": "C:\\path"}}', "a \\ in a text is not written as \\\\", False),
    "digits": (b'{"_boot": {"watchdog": 5}, "a": {"x": "\\u12zz"}}', "a \\u in a text is not followed by four digits", False),
    "tab": (b'{"_boot": {"watchdog": 5}, "a": {"x": "a\tb"}}', "a text has a line end or a tab in it, that is not written as \\n or \\t", False),
    "line end": (b'{"_boot": {"watchdog": 5}, "a": {"x": "a\r\nb"}}', "a text has a line end or a tab in it, that is not written as \\n or \\t", False),
    "deep": (b'{"_boot": {"watchdog": 5}, "a": {"args": ' + b"[" * 20 + b"]" * 20 + b"}}", "it is nested too deep", False),
}


@pytest.fixture
def board(vm32):
    return Board(vm32)


def run_check(folder):
    return subprocess.run([sys.executable, "-m", "svctl.build.check", str(folder)], cwd=ROOT, text=True,
                          capture_output=True, timeout=30)


def test_what_is_the_same_is_taken_on_the_board_and_by_check(board):
    board.service("one", "kwargs = {'ssid': 'none'}", "print('ssid', kwargs['ssid'])")
    board.vm.put("cases.json", json.dumps({name: list(data) for name, data in SAME.items()}))
    assert board.run("""
import json
from aioservice.settingsfile import read
cases = json.load(open("cases.json"))
for name in sorted(cases):
    with open("services.config", "wb") as file: file.write(bytes(cases[name]))
    found, fault = read()
    if fault or found["_boot"] != {"watchdog": 5} or found["one"]["kwargs"]["ssid"][0] != "B": print(name, found, fault)
print("end")
""") == "end\n"
    for data in SAME.values():
        board.vm.put("services.config", data)
        assert run_check(board.vm.root).stdout == "check: fine\n"
    board.vm.put("services.config", SAME["mark and crlf"].replace(b'"watchdog": 5', b'"watchdog": null'))
    assert board.run("await up()\nawait aioservice.reload()\nprint(config('one', True, more=1), get_config('_boot'))") == (
        "ssid Bäckerei\nTrue {'watchdog': None}\n")
    assert board.settings()["one"]["kwargs"] == {"ssid": "Bäckerei", "more": 1}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_none_is_named_and_never_taken_for_something_else(board, name):
    data, why, _ = OTHER[name]
    board.service("one")
    board.vm.put("services.config", data)
    out = board.run("await up()\nstatus()\nprint(get_config())").splitlines()
    assert out[0].startswith("services.config is damaged: ") and out[0].endswith(why + "; using defaults")
    assert out[-1] == "{}"
    done = run_check(board.vm.root)
    assert done.returncode == 1 and done.stdout.startswith("services.config is damaged: ") and done.stdout.count("\n") == 1
    if "UTF" in why:
        assert why in done.stdout
    board.vm.put("services.config.bak", json.dumps({"one": {"enabled": False}}))
    assert board.run("await up()\nstatus()\nprint(get_config())").splitlines() == [
        out[0].replace("defaults", "the last good copy, services.config.bak"), "{'one': {'enabled': False}}"]
    assert (board.vm.root / "services.config").read_bytes() == data


def test_a_board_and_a_computer_agree_on_each(board):
    """Whether it is whole, and if so what it says: words, numbers, texts and depths of all kinds."""
    values = ["0", "-0", "10", "1.5", "-1.5e-3", "1E+5", "1e05", "007", "-01", "00", "5.", "5.e1", "-.5", ".5", "+1", "1.5.2", "1e", "--1", "1-1",
              "0x10", "1_0", "true", "True", "tru", "truetrue", "nullnull", "null1", "1null", "NaN", "Infinity", "-Infinity", "nan", '""', '"a""b"',
              r'"\/\b\f\n\r\t\"\\"', r'"\a"', r'"\'"', r'"\\\n"', r'"\\\x"', r'"\u00e4"', r'"\u00E4"', r'"\u00g4"', r'"\u 0e4"', r'"\u+0e4"',
              r'"\u00\\4"', '"a\x01b"', '"a\x1fb"', '"a\x7fb"', '"é"', '"\U0001f600"', "[1,2]", "[1 2]", "[1,,2]", "[,]", "[1,]", "[[]]", "[{}]", "[}",
              '{"a":1}', '{"a":1,}', '{"a",1}', '{"a"}', '{1:2}', '{"a"::1}', '{"a":1 "b":2}', "{}[]", "1 1", '1"a"', "'a'", "[1]\x0b", "\xa01", "\t1\r\n"]
    values += ["[" * n + "]" * n for n in (5, 10, 11, 12, 40, 200)]
    texts = ['{"a": %s}' % value for value in values]
    board.vm.put("texts.json", "\n".join(json.dumps(text, ensure_ascii=False) for text in texts))
    out = board.run("""
import json
from aioservice.settingsfile import parse
for line in open("texts.json"):
    try: print(json.dumps(parse(json.loads(line))[0]["a"]))
    except ValueError: print("no")
""").split("\n")
    module = check.device("aioservice.settingsfile")
    for text, told in zip(texts, out):
        try:
            found = module.parse(text)[0]["a"]
        except ValueError:
            assert told == "no", text
        else:
            assert told != "no" and json.loads(told) == found, text
    assert len(out) == len(texts) + 1


def test_halves_of_characters_are_told_and_never_saved(board):
    board.service("one").config(r'{"one": {"enabled": true, "kwargs": {"face": "\ud83d\ude00"}}}')
    told = r"services.config: \ud83d and the like are halves of characters; write whole ones"
    assert board.run("await up()\nstatus()\nprint(config('one', True, more=1))\nprint(config('one', True, a='\\ud800'))").splitlines() == [
        told, board.line("one")[:-1], "not saved: one: JSON cannot hold a half of a character", "False",
        "not saved: one: JSON cannot hold a half of a character", "False"]
    assert run_check(board.vm.root).stdout.splitlines()[0] == told
    board.config('{"one": {"enabled": true, "kwargs": {"face": "\U0001f600 \\u00e4"}}}')
    assert board.run("await up()\nstatus()\nprint(config('one', True, more=1))") == board.line("one") + "True\n"


BOOT = """
import json, os, sys
import aioservice.settingsfile as settings

def boot():
    sys.modules.pop("aiowatchdog", None)
    with open("boot.py") as file:
        exec(file.read(), {})
    if "aiowatchdog" in sys.modules:
        return sys.modules["aiowatchdog"].watchdog.wanted

cases = json.load(open("cases.json"))
for name in sorted(cases):
    data, seen = cases[name]
    for copy in (None, b'{"_boot": {"watchdog": 8}}', b'\\xef\\xbb\\xbf{"_boot": {"watchdog": 8}}', b'{}'):
        with open("services.config", "wb") as file: file.write(bytes(data))
        if copy is None:
            if "services.config.bak" in os.listdir(): os.remove("services.config.bak")
        else:
            with open("services.config.bak", "wb") as file: file.write(copy)
        wanted = settings.read()[0].get("_boot", {}).get("watchdog")
        if seen and boot() != wanted: print(name, copy, boot(), wanted)
        if not seen and boot() not in (5, wanted): print(name, copy, boot(), wanted)
print("end")
"""


def test_boot_py_goes_by_the_settings_that_count(vm32):
    vm32.ship("boot.py")
    cases = {name: (list(data), True) for name, data in SAME.items()}
    cases.update({name: (list(data), seen) for name, (data, _, seen) in OTHER.items()})
    cases["a name twice"] = (list(b'{"_boot": {"watchdog": 5}, "a": {"args": [1, 2]}, "a": {}}'), True)
    vm32.put("cases.json", json.dumps(cases))
    assert vm32.run(BOOT, timeout=60).out == "end\n"


@pytest.mark.parametrize("mark", [b"", MARK])
def test_the_settings_in_rom_are_read_the_same(vm32, mark):
    vm32.ship("boot.py")
    vm32.burn({"services.config": mark + b'{"_boot": {"watchdog": 5}}'})
    out = vm32.run("import sys\nexec(open('boot.py').read(), {})\nfrom aioservice.settingsfile import read\n"
                   "print(sys.modules['aiowatchdog'].watchdog.wanted, read())").out
    assert out == "5 ({'_boot': {'watchdog': 5}}, None)\n"


@pytest.mark.parametrize("name, copy, said", [
    ("path", '{"_boot": {"watchdog": 8}}', "armed for 5 s; what counts now has 8"),
    ("tab", None, "armed for 5 s; what counts now has None"),
    ("utf-16", '{"_boot": {"watchdog": 8}}', None),
    ("comma last", '{"_boot": {"watchdog": 8}}', None),
])
def test_a_watchdog_that_is_not_that_of_what_counts_is_told(vm32, name, copy, said):
    board = Board(vm32)
    board.service("one")
    vm32.ship("boot.py")
    vm32.put("services.config", OTHER[name][0])
    if copy:
        vm32.put("services.config.bak", copy)
    out = vm32.run("exec(open('boot.py').read(), {})\nimport asyncio, aioservice\n"
                   "async def main():\n    await aioservice.boot(debug=False)\n    aioservice.status()\n    aioservice.check()\nasyncio.run(main())").out
    line = f"services.config: _boot.watchdog: {said}\n"
    assert "services.config is damaged: " in out and (line in out if said else "_boot.watchdog" not in out)


# -- .env ----------------------------------------------------------------------

ENV = "# Schlüssel\nA=1\nB=zwei Wörter\n"


@pytest.mark.parametrize("data", [
    ENV.encode(), MARK + ENV.encode(), ENV.replace("\n", "\r\n").encode(), ENV.replace("\n", "\r").encode(),
    MARK + b"A=1\r\n\r\nB=zwei W\xc3\xb6rter",
], ids=["plain", "mark", "crlf", "cr", "mark and crlf"])
def test_env_that_is_the_same(board, data):
    board.service("one", "", "print(kwargs['a'], kwargs['b'], kwargs['own'])").config({"one": {"kwargs": {"a": "${A}", "b": "${B}"}}})
    board.vm.put(".env", data)
    board.service("one", "kwargs = {'own': '${A}'}", "import aioctl; print(kwargs['a'], kwargs['b'], kwargs['own'], aioctl.getenv('B'))")
    assert board.run("await up()") == "1 zwei Wörter 1 zwei Wörter\n"
    assert run_check(board.vm.root).stdout == "check: fine\n"


@pytest.mark.parametrize("data, why", [
    (ENV.encode("utf-16"), "it is UTF-16; save it as UTF-8"),
    (ENV.encode("utf-16-be"), "it is UTF-16; save it as UTF-8"),
    ("A=1\n".encode("utf-16-le"), "it is UTF-16; save it as UTF-8"),
    (ENV.encode("utf-32-le"), "it is UTF-32; save it as UTF-8"),
    (ENV.encode("latin-1"), "it is not UTF-8 (line 1, byte fc); save it as UTF-8"),
    (ENV.replace("\n", "\r").replace("ü", "u").encode("latin-1"), "it is not UTF-8 (line 3, byte f6); save it as UTF-8"),
])
def test_env_that_is_no_text_is_named(board, data, why):
    board.service("one").service("two", "", "import aioctl; print(aioctl.getenv('B', 'alt'))").config({"one": {"args": ["${A}"]}})
    board.vm.put(".env", data)
    out = board.run("import aioctl\naioctl.journal()\nawait up()\nstatus('one')\naioctl.log()\nprint('-')\naioservice.check()")
    fault = f".env: {why}"
    shown, found = out.split("-\n")
    assert board.failed("one", f"SettingsError: services.config: one.args: {fault}") in shown
    assert shown.startswith("alt\n") and f"[ERROR] [.env] {fault}\n" in shown
    assert fault in found.splitlines() and f"services.config: one.args: {fault}" in found.splitlines()
    assert run_check(board.vm.root).stdout == found


def test_source_that_is_no_text_is_one_line_of_check(tmp_path):
    services = tmp_path / "aioservices/services"
    services.mkdir(parents=True)
    (services / "one_service.py").write_bytes("# Größe\nservice = 1\n".encode("latin-1"))
    assert run_check(tmp_path).stdout == "one.service: not loaded: it is not UTF-8 (line 1, byte f6); save it as UTF-8\n"


def test_place_in_a_file_with_a_mark(tmp_path):
    (tmp_path / "services.config").write_bytes(MARK + b'{\r\n  "one": {}\r\n  "two": {}\r\n}')
    assert run_check(tmp_path).stdout == (
        "services.config is damaged: it is not JSON (line 3, column 3: Expecting ',' delimiter); using defaults\n")
