"""`make check`: what is wrong with the settings and services of a board tree, or of the project itself.

The findings are those of aioservice.check(), made by the same code (lib/aioservice/findings.py). What a
board knows from the services that it has loaded is read from their sources here, without running them.
"""
from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Optional, Union

from svctl.build import console, sift
from svctl.build.outliving import outliving
from svctl.build.parsed import parsed, yields
from svctl.build.signature import misfits, signature, targets
from svctl.build.tree import sources as files
from svctl.build.tree import is_service, look
from svctl.errors import TreeError, run_main
from svctl.setup import place
from svctl.setup.place import CODE as ROOT
from svctl.shared import device

SERVICES = Path("aioservices/services")
_PAUSE = ("%s, line %d: yield in async def %s: MicroPython has no asynchronous generators, and never comes "
          "back to it: write await asyncio.sleep(0)")
KINDS = ("core.service", "runtime.service", "schedule.service")


class Unknown(Exception):
    """A service of which the source does not tell what its class says."""


def class_says(text: str, name: str) -> dict:
    """{key: value} that the class of a service gives itself, as far as its source says so in literals.

    ValueError says why a board could not load it.
    """
    tree = parsed(text.encode())
    made = [node.value for node in tree.body if isinstance(node, (ast.Assign, ast.AnnAssign))
            and any(isinstance(target, ast.Name) and target.id == "service" for target in targets(node))]
    if not made:
        if any(word in text for word in ("import *", "globals()", "setattr(")):
            raise Unknown
        raise ValueError(f"no `service = …({name!r})` in it")
    call = made[-1]
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise Unknown
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and first.value != name:
        raise ValueError(f"its service is called {first.value!r}, its file says {name!r}")
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    if call.func.id not in classes:
        raise Unknown
    found = {key: value for key, value in _attributes(classes[call.func.id], classes)}
    kind = found.pop("type", KINDS[1])
    if kind not in KINDS:
        raise ValueError(f"{name}.type cannot be {kind!r}; it is one of {', '.join(KINDS)}")
    return found


def _attributes(node: ast.ClassDef, classes: dict) -> Iterator[tuple[str, object]]:
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id != node.name:
            yield from _attributes(classes[base.id], classes)
    for each in node.body:
        if isinstance(each, (ast.Assign, ast.AnnAssign)):
            yield from _literals(each, lambda target: isinstance(target, ast.Name) and target.id)
        elif isinstance(each, ast.FunctionDef) and each.name == "__init__":
            for inner in each.body:
                if isinstance(inner, (ast.Assign, ast.AnnAssign)):
                    yield from _literals(inner, lambda target: isinstance(target, ast.Attribute)
                                         and isinstance(target.value, ast.Name) and target.value.id == "self"
                                         and target.attr)


def _literals(node, name_of) -> Iterator[tuple[str, object]]:
    """What an assignment gives the names of interest, if that is a literal; of a dict its literal part."""
    value: object
    try:
        value = ast.literal_eval(node.value)
    except (ValueError, TypeError):
        if not isinstance(node.value, ast.Dict):
            return
        value = {}
        for key, each in zip(node.value.keys, node.value.values):
            try:
                value[ast.literal_eval(key)] = ast.literal_eval(each)
            except (ValueError, TypeError):
                continue
    keys = {*device("aioservice.findings")._words(), "type"}
    for target in targets(node):
        if name_of(target) in keys:
            yield name_of(target), sorted(value) if isinstance(value, set) else value


def sources(tree: Path, names: Iterable[str]) -> Iterator[tuple[str, Optional[Path]]]:
    """(name, source) of services; of a compiled one the project's, if there is one."""
    roots = (tree,) if place.is_project(tree) else (tree, ROOT)
    for name in names:
        file = SERVICES / f"{name}_service.py"
        yield name, next((root / file for root in roots if (root / file).is_file()), None)


def service_files(tree: Path) -> dict[str, set[str]]:
    """{name: suffixes} of the service files of a tree; "/" is that of a folder which is in the way of one."""
    found: dict[str, set[str]] = {}
    for path in sift.entries(tree / SERVICES):
        kind = path.suffix if path.is_file() else "/" if _has_files(path) else ""
        stem = path.stem if path.suffix and kind != "/" else path.name
        if kind in (".py", ".mpy", "/") and stem.endswith("_service") and stem != "_service":
            found.setdefault(stem[:-len("_service")], set()).add(kind)
    if place.is_project(tree):  # a board gets one of them
        for kinds in found.values():
            kinds -= {".mpy"} if ".py" in kinds else set()
    return found


def _has_files(path: Path) -> bool:
    try:
        return path.is_dir() and any(True for _ in sift.walk(path))
    except TreeError:  # a circle, which tree.look() tells of
        return False


def _unfit(name: str, kinds: set) -> Optional[str]:
    """Why the board loads no service of these files; see lib/aioservice/discovery.py."""
    wrong = next((letter for letter in "@.*" if letter in name), None)
    if wrong is not None:
        instance = ", which is for instances" if wrong == "@" else ""
        return f"a service's name has no {wrong!r}{instance}: rename the file"
    if "/" in kinds:
        return (f"{name}_service/ is a folder, which MicroPython imports in place of a file: rename it; "
                f"a service is one file, {name}_service.py")
    if len(kinds) == 2:
        return f"{name}_service.py and .mpy are both there; remove one"
    return None


class Project(NamedTuple):
    """What the settings and the services of a tree say; see aioservice.findings."""

    settings: dict
    fault: Optional[str]
    services: dict
    failed: dict
    takes: dict
    faults: list


def read(tree: Path) -> Project:
    """What stands in a tree: {} for settings that are not there, None for a class that is not known."""
    files = service_files(tree)
    services: dict[str, Optional[dict]] = dict.fromkeys(files)
    failed, takes, faults = {}, {}, []
    for name, source in sources(tree, sorted(files)):
        unfit = _unfit(name, files[name])
        if unfit is not None:
            failed[name] = unfit
        elif source is not None:
            try:
                data = source.read_bytes()
                code = parsed(data)
                takes[name] = signature(code)
                faults += [console.FAULT] if name == console.NAME and console.is_missing(code) else []
                faults += [_PAUSE % (SERVICES / source.name, line, what) for what, line in yields(code)]
                text = device("aioctl.utf8").decoded(data)
                faults += outliving(text, name)
                services[name] = class_says(text, name)
            except ValueError as error:
                failed[name] = str(error)
            except Unknown:
                pass
    with _inside(tree):
        told, fault = device("aioservice.settingsfile").read()
    return Project(told, fault, services, failed, takes, faults)


def broken(tree: Path) -> dict[str, str]:
    """{path: why} of the sources of a tree that cannot be compiled."""
    found = {}
    with contextlib.suppress(TreeError):  # look() tells of that
        for name, path in files(tree):
            if path.suffix == ".py":
                try:
                    parsed(path.read_bytes())
                except ValueError as error:
                    found[name] = str(error)
    return found


def check(tree: Path) -> list[str]:
    """All that is wrong with the settings and services of a tree."""
    found = read(tree)
    return [*of_settings(tree, found), *of_code(tree, found)]


def of_settings(tree: Path, found: Optional[Project] = None) -> list[str]:
    """What is wrong with the settings of a tree, and with its services as far as these tell."""
    found = found or read(tree)
    with _inside(tree):
        lines = [placed(found.fault, Path("services.config"))] if found.fault else []
        lines += device("aioservice.findings").findings(found.settings, found.services, {}, found.failed)
    return [*lines, *_misfits(found.settings, found.services, found.takes)]


def of_code(tree: Path, found: Optional[Project] = None) -> list[str]:
    """What is wrong with the files of a tree, whatever its settings."""
    found = found or read(tree)
    lines = [f"{name}: {why}" for name, why in broken(tree).items() if not is_service(name)]
    return [*lines, *found.faults, *look(tree).faults]


def running(tree: Path) -> list[str]:
    """The names of the services of a tree that a boot starts, as far as settings and sources tell."""
    found = read(tree)
    told = dict(found.settings)
    boot = told.pop("_boot", {})
    boot = boot if isinstance(boot, dict) else {}
    with _inside(tree):
        entries = device("aioservice.settings").resolve(told)[0]
    look = device("aioservice.findings")._Look(entries, found.services, {}, boot)
    return [name for name in sorted(look._every) if name not in found.failed and look._why(name) is None]


@contextlib.contextmanager
def _inside(tree: Path) -> Iterator[None]:
    """Settings and .env are found in the current directory, as on a board."""
    before = os.getcwd()
    os.chdir(tree)
    try:
        yield
    finally:
        os.chdir(before)


def errors(data: bytes) -> list[str]:
    """What of a settings file has a board go by others instead, or leave an entry out."""
    settings = device("aioservice.settings")
    try:
        found, _ = device("aioservice.settingsfile").parse(device("aioctl.utf8").decoded(data))
    except (ValueError, RecursionError) as error:
        return [placed(f"services.config is damaged: {error}", data)]
    told = []
    for key in sorted(found):
        name, entry = key[:-len(".service")] if key.endswith(".service") else key, found[key]
        parts = [{word: entry[word]} for word in sorted(entry)] if isinstance(entry, dict) else [entry]
        told += [settings.fault_of(name, part) for part in parts]
        if name != key and name in found:
            told.append(f"{name} and {key} are the same: keep one")
    return [f"services.config: {line}" for line in told if line]


def damage(tree: Path) -> Optional[str]:
    """Why nobody can tell what stands in the settings of a tree; None where one can, or there are none."""
    file = tree / "services.config"
    with _inside(tree):
        found, fault = device("aioservice.settingsfile").load(file.name)
    return placed(fault, file) if found is None and fault else None


def placed(fault: str, file: Union[Path, bytes]) -> str:
    """What is said of a damaged services.config, with the line and column, which a board does not know."""
    try:
        json.loads((file if isinstance(file, bytes) else file.read_bytes()).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        place = f"it is not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        return fault.replace("it is not JSON", place)
    except (OSError, ValueError):
        pass
    return fault


def _misfits(settings: dict, services: dict, takes: dict) -> Iterator[str]:
    """What services are given that their tasks do not take."""
    near = device("aioservice.spelling").near
    for name in sorted(services):
        if takes.get(name) is not None:
            yield from misfits(f"{name}.service", takes[name], {}, services[name] or {}, near)
    for key in sorted(settings):
        name = key[:-len(".service")] if key.endswith(".service") else key
        entry, file = settings[key], name.split("@")[0]
        if isinstance(entry, dict) and "cls" not in entry and takes.get(file) is not None:
            yield from misfits(f"services.config: {name}", takes[file], entry, services[file] or {}, near)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m svctl.build.check",
                                     description="What is wrong with settings.")
    parser.add_argument("dir", nargs="?", default=ROOT, type=Path, help="a board tree (the project itself)")
    args = parser.parse_args()
    if not args.dir.is_dir():
        raise TreeError(f"{args.dir} is not a folder")
    found = check(args.dir)
    for line in found:
        print(line)
    if not found:
        print("check: fine")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(run_main("check", main))
