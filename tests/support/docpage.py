"""A page of the documentation as what can be tried: its fenced blocks, run in their order on one board.

    ```console    typed at the prompt of a session, and compared line by line. One session a page, powered
                  on by the first such block, or by the first after one that ended with ^D. Lines before the
                  first prompt are all that a boot prints. `^C`, `^D` and `^E` are keys; `<Tab>` at the end of
                  a line is one too, and the next line is what stands at the prompt then.
    ```python     a service goes to the board, compiled, and so does "python lib/common.py"; a text with `def test_`
                  is a test, which is run; any other is a program, run in a process of its own
    ```output     what the program or the commands in front of it printed
    ```json       settings: each entry is validated; "json services.config" is put onto the board too, and so
                  are "json simulation.json" beside it and a file of data, "json aioservices/…"
    ```env        the board's .env
    ```sh         commands: a target of the Makefile, or build/venv/bin/mpremote at PORT, which is run
    ```text       nothing that could be run here

In what is expected `<n>` stands for a number and `<time>` for a date with a time; nothing else is left open.
"""
from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Optional

from support.harness import ROOT, Vm

from svctl.build import check, tree
from svctl.simboard import simulation

TAGS = ("console", "python", "output", "json", "env", "sh", "text")
PLACES = {"<n>": r"\d+(?:\.\d+)?", "<time>": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"}
PROMPTS = {"-->": "--> ", "...": "... ", "===": "=== "}
KEYS = {"^C": "\x03", "^D": "\x04", "^E": "\x05", "<Tab>": "\t"}
SERVICE = re.compile(r'^service = \w+\("(\w+)"\)', re.M)


class Block(NamedTuple):
    tag: str
    path: str  # what stands behind the tag
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page; ValueError for one without an end, or code that only indentation marks."""
    found: list[Block] = []
    opened: Optional[tuple] = None
    before = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            if opened is None:
                tag, _, path = line.strip()[3:].partition(" ")
                opened = (tag, path, number, [])
            else:
                found.append(Block(opened[0], opened[1], "".join(opened[3]), opened[2]))
                opened = None
        elif opened is not None:
            opened[3].append(line + "\n")
        elif line.startswith("    ") and not before.strip():
            raise ValueError(f"line {number}: code is fenced here, not indented: {line.strip()}")
        before = line
    if opened is not None:
        raise ValueError(f"line {opened[2]}: this block has no end")
    return found


def plain(text: str) -> str:
    """What came, without colours, and with files named as on a board where they are not compiled."""
    text = re.sub(r"\x1b\[[0-9;]*[mK]", "", text.replace("\r", ""))
    text = re.sub(r'File ".*/board/lib/', 'File "/lib/', text)
    return re.sub(r"(_service|File \"[^\"]+)\.py\b", r"\1.mpy", text)


def differs(expected: str, came: str) -> str:
    """Empty where they agree, else the first line that does not."""
    wanted, got = expected.splitlines(), came.splitlines()
    for i in range(max(len(wanted), len(got))):
        want, have = (lines[i] if i < len(lines) else None for lines in (wanted, got))
        pattern = re.escape(want or "")
        for place, regex in PLACES.items():
            pattern = pattern.replace(re.escape(place), regex)
        if want is None or have is None or not re.fullmatch(pattern, have):
            return f"expected {want!r}, came {have!r}; all of it:\n{came}"
    return ""


class Page:
    """One page, and the board on which its blocks are tried."""

    def __init__(self, path: Path, folder: Path, built: Path, compiled: bool):
        self.path, self.folder = path, folder
        self.bits, self.compiled = (32 if compiled else 64), compiled
        self.tree = folder / "tree"  # a copy, as the page's services become part of the project
        shutil.copytree(built, self.tree)
        self.vm = Vm(folder / "board", self.bits, self.tree, compiled)
        self.vm.ship()
        self.session = None
        self.put: set = set()  # names of services
        self.seen: set = set()  # those of them in a session
        self.printed: Optional[str] = None  # by the program or the commands before

    def run(self, skip=()) -> None:
        """Tries each block whose tag is not in `skip`."""
        for block in blocks(self.path.read_text(encoding="utf-8")):
            if block.tag in skip or block.tag == "text":
                continue
            try:
                getattr(self, "_" + block.tag)(block)
            except AssertionError as error:
                raise AssertionError(f"{self.path.name}:{block.line}: {error}") from None
        self._off()
        self._unseen()

    def _off(self) -> None:
        if self.session is not None:
            self.session.ctrl("d")
            assert self.session.wait() == 0
            self.session = None

    def _unseen(self) -> None:
        """A service that no session has looked at is tried all the same: it has to come up at a boot."""
        if self.put - self.seen:
            self._power()
        for name in sorted(self.put - self.seen):
            state = self.session.line(f"service({name!r}).state").strip()
            assert state in ("'running'", "'scheduled'", "'done'"), f"{self.path.name}: {name} is {state}"
        self._off()

    def close(self) -> None:
        self.vm.close()

    # -- what is put onto the board ----------------------------------------------

    def _json(self, block: Block) -> None:
        settings = json.loads(block.text)
        if block.path == simulation.NAME:
            fault = simulation.fault(settings)
            assert fault is None, fault
            self.vm.put(block.path, block.text)
            return
        if block.path.startswith("aioservices/"):
            self.vm.put(block.path, block.text)
            return
        for name, entry in settings.items():
            fault = check.device("aioservice.settings").fault_of(name, entry)
            assert fault is None, fault
        if block.path:
            assert block.path == "services.config", block.path
            self.vm.put(block.path, block.text)

    def _env(self, block: Block) -> None:
        assert check.device("aioctl.env").parse(block.text)
        self.vm.put(".env", block.text)

    def _python(self, block: Block) -> None:
        service = SERVICE.search(block.text)
        if service or block.path:
            path = block.path or f"aioservices/services/{service.group(1)}_service.py"
            made = self.vm.put(path, block.text)
            if service:
                self.put.add(service.group(1))
            name = made.relative_to(self.vm.root).as_posix()
            shutil.copyfile(made, self.tree / name)
            manifest = self.tree / tree.MANIFEST  # as `make board` does
            known = [line.split(" ", 2)[2] for line in manifest.read_text().splitlines()[:-1]]
            manifest.write_text(tree.manifest(self.tree, {*known, name}))
        elif "def test_" in block.text:
            self._tests(block)
        else:
            self.printed = self.vm.run(block.text).out

    def _tests(self, block: Block) -> None:
        names: dict = {"__name__": "docs"}
        exec(compile(block.text, str(self.path), "exec"), names)
        for number, name in enumerate([name for name in names if name.startswith("test_")]):
            board = Vm(self.folder / f"test{number}" / "board", self.bits, self.tree, self.compiled)
            try:
                names[name](board)
            finally:
                board.close()

    # -- what is typed -----------------------------------------------------------

    def _output(self, block: Block) -> None:
        assert self.printed is not None, "nothing in front of it prints"
        wrong = differs(block.text, plain(self.printed))
        assert not wrong, wrong

    def _sh(self, block: Block) -> None:
        self.printed = ""
        for line in block.text.splitlines():
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] == "make":
                target = re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.M)
                assert target, f"no target {words[1]} in the Makefile"
                continue
            assert words[0] == "build/venv/bin/mpremote" and "PORT" in words, f"cannot be run here: {line}"
            self._power()
            words = [sys.executable, "-m", "mpremote"] + [self._here(word) for word in words[1:]]
            done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True, timeout=30)
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
            self.printed += done.stdout
            if words[-1] == "reset":
                self.session.expect("Ctrl-D shuts down")
            else:
                self.session.send("\r")  # what mpremote leaves behind is not the page's
            self._prompt("--> ")

    def _here(self, word: str) -> str:
        """A word of a command as it has to be here: the port, the tree, the board's folder, which the unix
        port does not take for "" as a board does."""
        if word.startswith("build/board"):
            return str(self.tree) + word[len("build/board"):]
        return {"PORT": self.session.tty, ":": ":."}.get(word, word)

    def _power(self) -> str:
        """Power on, unless it is; what the boot printed."""
        if self.session is not None:
            return ""
        self.session = self.vm.session()
        return self._prompt("--> ")

    def _prompt(self, prompt: str) -> str:
        """Waits for a prompt at the beginning of a line, with nothing but an indent behind it; what came before."""
        came = plain(self.session.expect(re.compile(r"(?:\A|\n)" + re.escape(prompt) + r" *\Z")))
        return came[:came.rindex(prompt)]

    def _console(self, block: Block) -> None:
        self.seen.update(name for name in self.put if name in block.text)
        turns = _turns(block.text)
        came, shown = self._power(), turns.pop(0)[1]
        assert not shown or not differs(shown, came), differs(shown, came)
        for number, (typed, shown) in enumerate(turns):
            following = turns[number + 1][0] if number + 1 < len(turns) else "--> "
            came = self._type(typed, shown, following)
            if came is not None:
                wrong = differs(shown, came)
                assert not wrong, f"{typed}: {wrong}"

    def _type(self, line: str, shown: str, following: str) -> Optional[str]:
        """Types a line; what it printed up to the prompt with which the `following` one begins."""
        prompt, line = line[:4], line[4:]
        key = next((key for key in KEYS if line.endswith(key)), "")
        self.session.send(line[:len(line) - len(key)] + KEYS.get(key, "\r"))
        if key == "<Tab>":
            return self._completed(shown)
        if prompt + line == "--> ^D":
            self.session.wait()
            rest = plain(self.session._rest).lstrip("\n")
            self.session = None
            return rest
        self.session.expect("\r\n")  # the echo
        lines = shown.splitlines()
        if "^C" in lines:  # what came before it is waited for, line by line
            for each in lines[:lines.index("^C")]:
                wrong = differs(each, plain(self.session.expect("\n")))
                assert not wrong, f"{line}: {wrong}"
            self.session.ctrl("c")
            wrong = differs("\n".join(lines[lines.index("^C") + 1:]), self._prompt("--> "))
            assert not wrong, f"{line} ^C: {wrong}"
            return None
        return self._prompt(following[:4])

    def _completed(self, shown: str) -> None:
        """After <Tab>: what stands at the prompt then; the line is thrown away."""
        last = shown.splitlines()[-1]
        came = plain(self.session.expect(last[4:] if "\n" not in shown.strip() else "--> " + last[4:]))
        wrong = "\n".join(shown.splitlines()[:-1]).strip() not in came
        assert not wrong, f"<Tab>: came\n{came}"
        self.session.ctrl("c")
        self._prompt("--> ")


def _turns(text: str) -> list[tuple[str, str]]:
    """(typed line with its prompt, what it printed), the first one with what the boot printed."""
    turns = [("", "")]
    tabbed = False
    for line in text.splitlines():
        prompt = PROMPTS.get(line[:3]) if line[3:4] in (" ", "") else None
        continued = bool(turns[-1][0]) and not turns[-1][1]
        if prompt is None or tabbed or (prompt == "... " and not continued):
            turns[-1] = (turns[-1][0], turns[-1][1] + line + "\n")
            tabbed = tabbed and prompt is None
        else:
            turns.append((prompt + line[4:], ""))
            tabbed = line.endswith("<Tab>")
    return turns
