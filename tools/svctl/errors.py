"""The one exception root of the host tools, and the one place where it becomes a
message on stderr and an exit code."""
from __future__ import annotations

import os
import sys
from typing import Callable, Optional


class ToolError(Exception):
    """An expected failure; its text is the whole message for the person."""


class InterpreterError(ToolError):
    """No MicroPython, or one that cannot be used."""


class TreeError(ToolError):
    """The board tree cannot be built, or a board could not load it."""


class RequiresError(TreeError):
    """What requirements-board.txt asks for cannot be had, or is not as it was locked. Its text may be that of
    others: nothing in it that a terminal would obey."""

    def __init__(self, text: str):
        super().__init__("".join(each if each.isprintable() else "?" for each in text))


class CompileError(TreeError):
    """A source that does not compile; `at` says it as compilers do: "file:line: what"."""

    def __init__(self, path: str, what: str, line: Optional[int], text: str):
        shown = f": {text}" if text else ""
        self.at = f"{path}:{line or ''}: {what}{shown}".replace(":: ", ": ")
        super().__init__(f"{path} does not compile: {what}" + (f", line {line}" if line else "") + shown)


class BoardError(ToolError):
    """The simulated board cannot be run as asked."""


class PicoError(ToolError):
    """The emulated Pico cannot be set up or run as asked."""


class LinkError(ToolError):
    """A board that cannot be reached, or whose link was lost."""


class BoardFault(ToolError):
    """What a board's own code raised; `text` is its traceback, `kind` the last line of that."""

    def __init__(self, text: str):
        self.text = text
        self.kind = text.strip().split("\n")[-1].strip() or "no reason given"
        super().__init__(f"the board says: {self.kind}")


class ServiceUnknown(ToolError):
    """A service that a board does not have."""


class SettingsError(ToolError):
    """Settings that cannot be saved as asked; those on the board are as they were."""


class BoardsError(ToolError):
    """A board that a project does not have, or whose file has a fault; or it is another board."""


class DeployError(ToolError):
    """A deploy that cannot be done; the board is as it was."""


def one_line(error: Exception) -> str:
    """An expected failure in one line. Of OSErrors those are that name a file; others are a fault of ours."""
    if isinstance(error, OSError):
        if error.filename is None:
            raise error
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    return str(error)


def run_main(name: str, func: Callable[[], int]) -> int:
    """Run a tool's main function; return its exit code, 1 for a ToolError."""
    try:
        return func()
    except ToolError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
