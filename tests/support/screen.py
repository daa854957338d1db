"""A terminal of a given width, as far as the console's line editor relies on one: what a person sees."""
from __future__ import annotations

import re
import unicodedata

SEQUENCE = re.compile(r"\x1b(?:\[([0-9;?]*)([A-Za-z])|([78]))")


class Screen:
    """Takes what a board writes. `rows` are the lines of text, `row` and `column` the cursor's place;
    after the last column it waits there, as VT100s do. `answers` collects what the terminal replies."""

    def __init__(self, width: int):
        self.width, self.rows, self.row, self.column = width, [[]], 0, 0
        self.answers: list[str] = []
        self._saved = (0, 0)

    def text(self) -> list[str]:
        """The rows, without spaces at their ends."""
        return ["".join(row).rstrip() for row in self.rows]

    def take(self, text: str) -> None:
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self._control(found)
                at = found.end()
            else:
                self._put(text[at])
                at += 1

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._down()
        elif char == "\b":
            self.column = max(0, min(self.column, self.width - 1) - 1)
        elif char >= " ":
            wide = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            if unicodedata.combining(char):
                return
            if self.column + wide > self.width:
                self._down()
                self.column = 0
            row = self.rows[self.row]
            row += " " * (self.column - len(row))
            row[self.column:self.column + wide] = [char, ""][:wide]
            self.column += wide

    def _down(self) -> None:
        self.row += 1
        while len(self.rows) <= self.row:
            self.rows.append([])

    def _control(self, found: re.Match) -> None:
        numbers, letter, saving = found.groups()
        n = int(numbers) if numbers and numbers.isdigit() else 0
        if saving == "7":
            self._saved = (self.row, self.column)
        elif saving == "8":
            self.row, self.column = self._saved
        elif letter == "A":
            assert n <= self.row, "above the screen"
            self.row -= n or 1
        elif letter == "C":
            self.column = min(self.width - 1, self.column + (n or 1))
        elif letter == "D":
            self.column = max(0, min(self.column, self.width - 1) - (n or 1))
        elif letter == "H":
            self.row = self.column = 0
        elif letter in "JK":
            if letter == "J" and n == 2:
                self.rows = [[] for _ in self.rows]
            else:
                # A cursor that waits behind the last column stands on it.
                del self.rows[self.row][min(self.column, self.width - 1):]
            if letter == "J":
                del self.rows[self.row + 1:]
        elif letter == "n" and n == 6:
            self.answers.append(f"\x1b[{self.row + 1};{min(self.column, self.width - 1) + 1}R")
        else:
            raise AssertionError(f"unknown to a VT100: {found.group()!r}")
