"""The services that are shipped, all of them on the simulated board, and the documents about them."""

# ruff: noqa: E501 - what the device prints stands here in one piece
from __future__ import annotations

import json
import re
import shutil

import pytest
from support.harness import ROOT
from support.shipped import line

from svctl.build import check
from svctl.simboard import simulation


# -- all of them ---------------------------------------------------------------


def test_a_boot_with_the_shipped_settings_loads_none_of_them(vm32):
    vm32.ship()
    vm32.put("main.py", "import asyncio, sys, aioservice\nasync def main():\n    await aioservice.boot(debug=False)\n"
             "    aioservice.init(debug=False)\n    print(sorted(aioservice.snapshot()['held'].items()))\n"
             "    print([n for n in sys.modules if n.endswith('_service')], aioservice.check())\nasyncio.run(main())")
    held, rest = vm32.run().out.splitlines()[:2]
    for name in ("clock", "led", "network", "stats", "watcher"):
        assert f"('{name}', 'disabled')" in held and name not in rest
    assert rest.endswith("[]")


def test_board_without_env_ends_at_its_prompt_all_the_same(vm32):
    """Powered on as shipped, with the network enabled: a line that says why, and everything else runs."""
    vm32.ship()
    vm32.put("services.config", json.dumps({"dofail": {"enabled": False}, "network": {"enabled": True}, "clock": {"enabled": True}}))
    session = vm32.session()
    boot = re.sub(r"\x1b\[\d*m", "", session.expect("--> ")).replace("\r", "").replace(".py ", ".mpy ")
    why = "no WIFI_SSID in .env, and no ssid in services.config"
    assert line("network", f"failed: OSError: {why}; restart in 1 s") in boot
    assert line("clock", "blocked: clock -> network (failed)", "WAIT") in boot and line("hello", "loaded", "OK") in boot
    assert session.line('service("hello").state') == "'running'\n"
    session.ctrl("d")
    assert session.wait() == 0


def test_check_is_fine_with_them_enabled(tmp_path):
    services = tmp_path / "aioservices/services"
    shutil.copytree(ROOT / "aioservices/services", services, ignore=shutil.ignore_patterns("dofail*", "__pycache__"))
    names = ("clock", "led", "network", "stats", "watcher")
    (tmp_path / "services.config").write_text(json.dumps({name: {"enabled": True} for name in names}))
    assert check.check(tmp_path) == []


# -- documents -----------------------------------------------------------------

DOCS = ROOT / "docs"


def sessions(text):
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for turn in re.split(r"^--> ", block, flags=re.M)[1:]:
            yield turn.partition("\n")[::2]


@pytest.mark.parametrize("name", ["services", "simulation"])
def test_sessions_of_the_documents(vm32, name):
    text = (DOCS / f"{name}.md").read_text()
    world = re.search(r"<!-- world: (.*) -->", text)
    vm32.ship()
    if world:
        vm32.put("simulation.json", world.group(1))
    session = vm32.session()
    session.expect("--> ")
    turns = list(sessions(text))
    assert len(turns) > 8
    for command, expected in turns:
        shown = re.sub(r"\x1b\[\d*m", "", session.line(command)).replace("_service.py ", "_service.mpy ")
        assert shown == expected, command


def test_script_of_the_document_is_one(vm32):
    (text,) = re.findall(r"```json\n(.*?)```", (DOCS / "simulation.md").read_text(), re.S)
    assert simulation.fault(json.loads(text)) is None
    table = (DOCS / "simulation.md").read_text().split("## What is there")[0]
    keys = re.findall(r"^\| (?:… )?`(\w+)` \|", table, re.M)
    assert sorted(keys) == sorted([*simulation._KEYS, *simulation._NET])
    vm32.put("simulation.json", text)
    assert vm32.run("import time, machine\nprint(time.gmtime()[0], machine.ADC(26).read_uv())").out == "2021 1650000\n"


@pytest.mark.parametrize("name", ["network", "clock", "stats", "led", "watcher"])
def test_each_shipped_service_has_its_section_with_its_settings(name):
    text = (DOCS / "services.md").read_text()
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    said = check.class_says((ROOT / f"aioservices/services/{name}_service.py").read_text(), name)
    assert dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", section, re.M)) == {
        key: json.dumps(value) for key, value in said["kwargs"].items()}
    head = (ROOT / f"aioservices/services/{name}_service.py").read_text().split("\nimport ")[0]
    assert re.findall(r"^#   (\w+)  ", head, re.M) == list(said["kwargs"]) and "Limits:" in section
    assert said.get("enabled", False) is False and f'"{name}": {{"enabled": false}}' in (ROOT / "services.config").read_text()
