"""Writes docs/settings.md, the reference of services.config, from the table of keys with which the board
checks it: `python -m tools.docs.reference` (or --check, which only says whether the file is up to date)."""
from __future__ import annotations

import argparse
import ast
import json
import re
import sys

from svctl.errors import ToolError, run_main
from svctl.setup.place import CODE as ROOT
from svctl.shared import device

PAGE = ROOT / "docs" / "settings.md"
# What a key is for; what it takes stands in lib/aioservice/settings.py, its default in lib/aioclass.
SERVICE = {
    "enabled": "whether it is started at a boot",
    "args": "what `task()` is called with",
    "kwargs": "the same by name; a name that does not stand here keeps the class's value",
    "require": "services that must be up first, and stop after it; of an object each is an attribute too",
    "want": "services that start first if they are there; their failure blocks nobody",
    "groups": "its groups, for `_boot.groups` and `_boot.exclude`",
    "schedule": "when a schedule service runs",
    "restart": "what follows when it ends; `delay` doubles up to 60 s, `limit` is failures within seconds",
    "start_timeout": "what `setup()`, and the task of a core service, may take",
    "stop_grace": "how long the task may go on after it was asked to stop, before it is cancelled",
    "stop_timeout": "what callbacks, `on_stop()` and `cleanup()` may take together",
    "watchdog": "`self.alive()` must be called that often, else it is restarted",
    "critical": "the hardware watchdog is fed only while it is healthy",
    "safe": "whether it runs in safe mode",
    "loglevel": "the lowest level that `self.log` writes",
    "lograte": "how many lines `self.log` writes at once, earned back in that many seconds: see journal.md",
    "instances": "that many services are made of its file: `name@0`, `name@1` …",
    "cls": "makes a service of any class on the path, without a file of its own",
}
BOOT = {
    "groups": "only services of these groups run, and those that are in none",
    "exclude": "services and groups that do not run; wins over `groups`",
    "watchdog": "the hardware watchdog, armed at power-on",
    "utc_offset": "from UTC to local time",
    "blame": "measures the heap of each service at a boot, for `blame()`",
    "name": "the board's name; that of its file where the project has [boards/](several-boards.md)",
    "fleet": "the groups of boards that it belongs to",
}
HEAD = """\
# services.config

<!-- Made by `python -m tools.docs.reference` from the table with which the board checks it. Do not edit. -->

JSON, beside `main.py`: `{"hello": {"enabled": true, "args": [3, 2]}}`. Each entry is a service's, under its
name, or `"hello@left"` for a further instance of it; a service without one runs as its class says. Each key
may also stand in the class, as an attribute, but for those marked with *. A key that is not in the table goes
to `self.config`. `config("hello", True, 3, 2, loglevel="debug")` at the prompt changes an entry and saves it.

`${NAME}` in `args`, `kwargs` or a key of one's own is the value of NAME in `.env`, which is put in when the
service receives it and shown nowhere.

`aioservice.check()` on the board and `make check` (with `DIR=` for a board tree) tell what is wrong: faults
with the full path of the key and what was expected, services and requirements that do not exist, cycles,
names that `.env` does not define. `make check` tells also what `task()` does not take, and in which line a
file is no JSON. An entry with a fault is left out, the others work.

Both files are UTF-8, with a byte order mark or without, and with the line ends of any system. What they are
else is named, with the remedy: `it is UTF-16; save it as UTF-8`. Where a board's JSON would take something
for other than it says, as `[2null]`, `05`, `"C:\\path"` or a comma too many, the file counts as damaged, on
the board and in `make check`: the last good copy is used, `boot.py` arms the watchdog of that, and the
status says so. What is nested deeper than 12 levels is damaged, too.

| key | takes | default | is for |
|---|---|---|---|
"""
BETWEEN = """
## The board: `_boot`

| key | takes | is for |
|---|---|---|
"""


def defaults() -> dict[str, object]:
    """{attribute: default} of the class Service."""
    tree = ast.parse((ROOT / "lib" / "aioclass" / "__init__.py").read_text(encoding="utf-8"))
    service = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Service")
    found = {}
    for node in service.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Constant, ast.Tuple, ast.Dict)):
            for target in node.targets:
                found[target.id] = ast.literal_eval(node.value)
    rate = (ROOT / "lib" / "aiolog" / "logger.py").read_text(encoding="utf-8")
    found["lograte"] = [int(re.search(rf"^{name} = const\((\d+)\)", rate, re.M).group(1))
                        for name in ("_LINES", "_SECONDS")]
    return found


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    """What a key takes, with its JSON as code."""
    return re.sub(r'(\{(?:[^{}]|\{[^{}]*\})*\}|"[^"]*"|\[lines, seconds\])', r"`\1`", _cell(text))


def page() -> str:
    """The text of docs/settings.md."""
    settings, findings = device("aioservice.settings"), device("aioservice.findings")
    known = defaults()
    text = HEAD
    for table, meanings in ((settings._KEYS, SERVICE), (settings._BOOT, BOOT)):
        keys = findings._words(table)
        if sorted(keys) != sorted(meanings):
            raise ToolError("docs/reference.py must explain the keys of settings.py, each and no other: "
                            + ", ".join(sorted(set(keys) ^ set(meanings))))
        for key in keys:
            takes = _code(settings._takes(settings.kind(key, table)))
            if table is settings._BOOT:
                text += f"| `{key}` | {takes} | {_cell(meanings[key])} |\n"
                continue
            alone = key not in known and key != "lograte"
            default = "" if alone else f"`{json.dumps(known[key])}`"
            text += f"| `{key}`{'*' if alone else ''} | {takes} | {default} | {_cell(meanings[key])} |\n"
        if table is settings._KEYS:
            text += BETWEEN
    return text


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.docs.reference",
                                     description="Write docs/settings.md.")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    args = parser.parse_args()
    text = page()
    if args.check:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
            raise ToolError("docs/settings.md is not up to date: run python -m tools.docs.reference")
        return 0
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(run_main("reference", main))
