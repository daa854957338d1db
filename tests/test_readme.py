"""What the README shows is what happens: its session is typed, its service is run."""
import re

from harness import ROOT

README = (ROOT / "README.md").read_text()


def fenced(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", README, re.S).group(1)


def test_session(vm):
    vm.ship()
    boot, *turns = re.split(r"^--> ", fenced("console"), flags=re.M)
    session = vm.session()
    shown = session.expect("--> ").replace("\r", "")
    for line in boot.splitlines():
        assert strip(line) in strip(shown)
    for turn in turns:
        command, _, expected = turn.partition("\n")
        assert strip(session.line(command).replace("\r", "")) == expected, command
    session.ctrl("d")
    assert session.wait() == 0


def strip(text: str) -> str:
    """Without colours, and with the ending of source files where they are not compiled."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("_service.py loaded", "_service.mpy loaded")


def test_service_in_ten_lines(vm):
    vm.ship()
    vm.put("aioservices/services/blink_service.py", fenced("python"))
    vm.put("services.config", '{"blink": {"enabled": true, "kwargs": {"period": 250}}, "repl": {"enabled": true}}')
    session = vm.session()
    assert "blink.service" in session.expect("--> ")
    assert session.line('service("blink").state') == "'running'\n"
    assert session.line('service("blink").kwargs') == "{'pin': 25, 'period': 250}\n"


def test_commands_of_the_readme_are_targets():
    make = (ROOT / "Makefile").read_text()
    commands = re.findall(r"^    make ([a-z]+)$", README, re.M)
    assert commands == ["run", "test"]
    for command in commands:
        assert re.search(rf"^{command}:", make, re.M)


def test_ci_runs_the_readmes_test_command():
    assert "make test" in (ROOT / ".ci" / "run").read_text()
