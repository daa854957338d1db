"""tools/: a package to install with rooms in it, and what only a clone has. Their imports go round in no circle."""
from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator

from support.harness import ROOT

TOOLS = ROOT / "tools"


def modules(tools: Path) -> dict[str, Path]:
    """{name that it is imported by: file}, without what runs on boards."""
    found = {}
    for path in tools.rglob("*.py"):
        words = path.relative_to(tools).with_suffix("").parts
        if not {"sim", "device", "templates", "benches", "sizes", "soaks", "services", "firmware", "pictures"} & set(words[:-1]):
            words = words if words[0] == "svctl" else ("tools", *words)
            found[".".join(words[:-1] if words[-1] == "__init__" else words)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """(module, line) of each of `known` that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}, line {node.lineno}: say from where"
            names = [f"{node.module}.{each.name}" if f"{node.module}.{each.name}" in known else node.module for each in node.names]
        elif isinstance(node, ast.JoinedStr) and str(getattr(node.values[0], "value", "")).startswith("svctl."):
            room = node.values[0].value  # svctl.commands.{name}
            names = [name for name in known if name.startswith(room)]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name in known)


def circles(tools: Path) -> list[str]:
    """Imports, with file and line, of modules that import the importing one again."""
    known = modules(tools)
    graph = {name: dict(imports(path, known)) for name, path in known.items()}

    def reached(name: str) -> set:
        seen, todo = set(), [name]
        while todo:
            for each in graph[todo.pop()]:
                if each not in seen:
                    seen.add(each)
                    todo.append(each)
        return seen

    return sorted(f"{known[name].relative_to(tools)}, line {line}: {other} imports {name}" for name in graph
                  for other, line in graph[name].items() if name in reached(other))


def test_imports_go_round_in_no_circle():
    assert len(modules(TOOLS)) > 90
    assert circles(TOOLS) == []


def test_a_circle_is_found(tmp_path):
    files = {"svctl/one.py": "from svctl.room import two\n", "svctl/cli.py": "import importlib\n\n\ndef load(name):\n    return importlib.import_module(f'svctl.commands.{name}')\n",
             "svctl/room/two.py": "def lazy():\n    from svctl.one import name\n", "svctl/commands/top.py": "from svctl import cli\n",
             "measure/size.py": "from svctl import one\n"}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert circles(tmp_path) == [
        "svctl/cli.py, line 5: svctl.commands.top imports svctl.cli", "svctl/commands/top.py, line 1: svctl.cli imports svctl.commands.top",
        "svctl/one.py, line 1: svctl.room.two imports svctl.one", "svctl/room/two.py, line 2: svctl.one imports svctl.room.two"]


def test_what_is_installed_imports_nothing_of_the_clone():
    known = modules(TOOLS)
    outside = {name: path for name, path in known.items() if not name.startswith("svctl")}
    assert [(name, found) for name, path in known.items() if name not in outside for found in imports(path, outside)] == []


def test_only_the_two_programs_lie_flat():
    assert sorted(path.name for path in TOOLS.iterdir() if path.is_file()) == ["board", "pico"]
