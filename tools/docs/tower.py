"""The rooms of lib/ and their floors: what each file imports, lazily and by name too, which of it points up
or closes a circle, and the picture of it in docs/architecture.md.

Imports are read, nothing is run: import statements wherever they stand, names of modules in texts that a call
gets (`__import__("aioboot.guard")`), and the tables of what a room loads on use.
"""
from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Optional

from svctl.errors import run_main
from svctl.setup.place import LIB

PICTURE = LIB.parent / "docs" / "tower.svg"
FLOORS = {"aiobase": 0, "aioschedule": 1, "aioboot": 1, "aiolog": 2, "aioctl": 3, "aioclass": 4,
          "aioservice": 5, "aioconsole": 6}
# Files at the top of lib/, and the rooms that they belong to.
OUTSIDE = {"aioswitch": "aioboot", "aiologging": "aiolog"}
# Calls whose texts import nothing.
ASKS = ("forget", "get", "pop", "startswith", "print")


class Import(NamedTuple):
    """One import: who, in which line, of which module; `offer`: the face of a room, or a class, says by it
    what a file beside it has, which is loaded when somebody asks."""

    file: str
    line: int
    module: str
    target: str
    offer: bool


def modules(lib: Path) -> dict[str, Path]:
    """{dotted name: its file} of all modules below lib/."""
    found = {}
    for path in sorted(lib.rglob("*.py")):
        name = ".".join(path.relative_to(lib).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def room(module: str) -> Optional[str]:
    """The room of a module; None: it is in none."""
    top = module.split(".")[0]
    top = OUTSIDE.get(top, top)
    return top if top in FLOORS else None


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str, path: Path, known: dict[str, Path]):
        self.name, self.path, self.known = name, path, known
        self.package = name if path.stem == "__init__" else name.rpartition(".")[0]
        self.found: list[tuple[int, str, bool]] = []
        self.depth = 0
        tree = ast.parse(path.read_text(encoding="utf-8"))
        self.values = {target.id: node.value for node in ast.walk(tree) if isinstance(node, ast.Assign)
                       for target in node.targets if isinstance(target, ast.Name)}
        self.visit(tree)

    def add(self, line: int, target: str, table: bool = False) -> None:
        if target in self.known and target != self.name:
            beside = target.rpartition(".")[0] == self.package
            offer = beside and (table or self.depth > 0 and self.path.stem == "__init__")
            self.found.append((line, target, offer))

    def visit_FunctionDef(self, node: ast.AST) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            self.add(node.lineno, each.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = ".".join(filter(None, (self.package if node.level else "", node.module)))
        files = [f"{base}.{each.name}" for each in node.names if f"{base}.{each.name}" in self.known]
        for target in files or [base]:
            self.add(node.lineno, target)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called == "lookup":
            self.table(node)
        elif called not in ASKS:
            for arg in node.args:
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str):
                    self.add(node.lineno, arg.value)

    def table(self, node: ast.Call) -> None:
        """What lookup(room, table, name) may load."""
        where, table = (self.value(arg) for arg in node.args[:2])
        for word in str(table).split() if isinstance(table, str) else table or ():
            if not isinstance(table, str) or word.startswith("="):
                self.add(node.lineno, f"{where or self.package}.{word.lstrip('=')}", True)

    def value(self, node: ast.AST):
        """A text, or a dict's keys; None where that is not known, as of __name__."""
        if isinstance(node, ast.Name):
            node = self.values.get(node.id, node)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "const":
            node = node.args[0]
        if isinstance(node, ast.Dict):
            return [key.value for key in node.keys]
        return node.value if isinstance(node, ast.Constant) else None


def imports(lib: Path = LIB) -> list[Import]:
    """All imports of lib/ by modules of lib/."""
    known = modules(lib)
    return [Import(path.relative_to(lib.parent).as_posix(), line, name, target, offer)
            for name, path in known.items() for line, target, offer in _Reader(name, path, known).found]


def faults(lib: Path = LIB) -> list[str]:
    """Which imports point up, to a room on the same floor, or close a circle."""
    found = imports(lib)
    told = [f"{name}: belongs to no room" for name in modules(lib)
            if room(name) is None and name.startswith("aio")]
    for each in found:
        one, other = room(each.module), room(each.target)
        if one is None or other is None or one == other:
            continue
        if FLOORS[one] < FLOORS[other]:
            told.append(f"{each.file}:{each.line}: {each.target} is on a floor above")
        elif FLOORS[one] == FLOORS[other]:
            told.append(f"{each.file}:{each.line}: {each.target} is another room of the same floor")
    return told + list(_circles(found))


def _circles(found: list[Import]) -> Iterator[str]:
    """An import that leads back to its own file; what a room offers of itself is none."""
    edges: dict[str, list[Import]] = {}
    for each in found:
        if not each.offer:
            edges.setdefault(each.module, []).append(each)
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> Iterator[str]:
        for each in edges.get(name, ()):
            if each.target in path:
                ring = path[path.index(each.target):] + [each.target]
                yield f"{each.file}:{each.line}: closes a circle: {' -> '.join(ring)}"
            elif each.target not in done:
                yield from walk(each.target, path + [each.target])
        done.add(name)

    for name in sorted(edges):
        if name not in done:
            yield from walk(name, [name])


# -- the picture --------------------------------------------------------------

WIDTH, ROW, GAP = 980, 74, 26
COLOURS = ("#5b6b7b", "#3f7f6b", "#4a7fb0", "#6a5fb0", "#9a5b9a", "#b0604f", "#a8873a")
STYLE = ("text{font-family:ui-sans-serif,system-ui,sans-serif}.n{font-weight:600;font-size:15px;fill:#fff}"
         ".f{font-size:11.5px;fill:#fff}.l{font-size:11px;fill:#6b7785}")


def draw(lib: Path = LIB) -> str:
    """The tower as SVG: a box a room, with its files; a line for what one uses of others but the ground."""
    known = modules(lib)
    pairs = {(room(each.module), room(each.target)) for each in imports(lib)}
    boxes: dict[str, tuple[int, int, int]] = {}
    top = max(FLOORS.values())
    for floor in range(top, -1, -1):
        rooms = [name for name, its in FLOORS.items() if its == floor]
        width = (WIDTH - 200 - GAP * (len(rooms) - 1)) // len(rooms)
        for i, name in enumerate(rooms):
            boxes[name] = (60 + i * (width + GAP), 20 + (top - floor) * (ROW + GAP), width)
    height = 20 + (top + 1) * (ROW + GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
             "<title>The rooms of lib/ and what they import</title>", f"<style>{STYLE}</style>"]
    for name, (x, y, width) in boxes.items():
        floor = FLOORS[name]
        parts.append(f'<rect x="{x}" y="{y}" width="{width}" height="{ROW}" rx="7" fill="{COLOURS[floor]}"/>')
        parts.append(f'<text class="n" x="{x + 12}" y="{y + 22}">{name}/</text>')
        files = [path.stem for each, path in known.items() if room(each) == name and path.stem != "__init__"]
        for row, text in enumerate(_rows(sorted(files), width // 6 - 2)):
            parts.append(f'<text class="f" x="{x + 12}" y="{y + 41 + row * 14}">{text}</text>')
        parts.append(f'<text class="l" x="8" y="{y + ROW // 2 + 4}">{floor}</text>')
    ways = sorted((pair for pair in pairs if None not in pair and pair[0] != pair[1] != "aiobase"),
                  key=lambda pair: (FLOORS[pair[0]] - FLOORS[pair[1]], pair))
    lanes = [0, 0]
    for one, other in ways:
        right = boxes[other][0] + boxes[other][2] > WIDTH - 160
        parts.append(_line(boxes[one], boxes[other], right, lanes[right], COLOURS[FLOORS[one]]))
        lanes[right] += 1
    parts.append(f'<text class="l" x="60" y="{height - 4}">Who uses aiobase is not drawn; the lines are all '
                 "other imports, and none points up.</text>")
    return "\n".join([*parts, "</svg>", ""])


def _rows(words: list[str], most: int) -> Iterator[str]:
    row = ""
    for word in words:
        if row and len(row) + len(word) + 3 > most:
            yield row
            row = ""
        row += (" · " if row else "") + word
    yield row


def _line(one: tuple[int, int, int], other: tuple[int, int, int], right: bool, i: int, colour: str) -> str:
    """From the right or left side of a box to that of another one, in the lane of that number."""
    lane = WIDTH - 130 + i * 10 if right else 50 - i * 9
    begin = (one[0] + one[2] if right else one[0], one[1] + 12 + i * 9 % (ROW - 20))
    end = (other[0] + other[2] if right else other[0], other[1] + 16 + i * 9 % (ROW - 20))
    out = 6 if right else -6
    return (f'<path d="M {begin[0]} {begin[1]} H {lane} V {end[1]} H {end[0]} l {out} -4 m {-out} 4 '
            f'l {out} 4" fill="none" stroke="{colour}" stroke-width="1.4"/>')


def main() -> int:
    PICTURE.write_text(draw(), encoding="utf-8")
    found = faults()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run_main("tower", main))
