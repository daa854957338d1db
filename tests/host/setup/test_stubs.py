"""The types of the public names, stubs: what lib/ has and nothing else, and mypy takes them from an installed wheel."""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import NamedTuple, Optional, Union

import pytest
from support.harness import ROOT

LIB, STUBS = ROOT / "lib", ROOT / "stubs"
ROOMS = ("aioclass", "aioctl", "aiolog", "aioschedule", "aioservice")
# Public by name alone: what the manager, the console and other rooms use of a class, and no page tells.
INTERNAL = {
    "aioclass.Service": "ask begin call_back heal launch move prepared retry rule seen special watch",
    "aioctl._Record": "abandon ended lose",
    "aioctl._Group": "Service log note records services",
    "aioctl.aiotask": "function",
    "aiolog.Journal": "ioctl ring",
    "aiolog.Logger": "line rate",
    "aioschedule.Timers": "insert order",
    "aioservice._Operation": "awaited ended",
}
# Classes that a stub has a name for and a room has not, as their objects are only given out: (file, class there).
GIVEN = {
    "aioctl._Record": ("aioctl/jobs.py", "Record"),
    "aioctl._Group": ("aiobase/__init__.py", "Group"),
    "aioservice._Operation": ("aioservice/verbs.py", "Operation"),
}
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


class Signature(NamedTuple):
    """What a caller sees of a function, without types and what begins with `_`; `text` has it in words."""

    text: str

    @classmethod
    def of(cls, node, module: ast.Module, bound: bool = False) -> "Signature":
        args = node.args
        places = args.posonlyargs + args.args
        first = [None] * (len(places) - len(args.defaults)) + args.defaults
        words = [_word(arg.arg, default, module) for arg, default in zip(places, first)][bound:]
        if args.vararg or args.kwonlyargs:
            words.append("*" + (args.vararg.arg if args.vararg else ""))
        words += [_word(arg.arg, default, module) for arg, default in zip(args.kwonlyargs, args.kw_defaults)]
        if args.kwarg:
            words.append("**" + args.kwarg.arg)
        shown = ", ".join(word for word in words if not word.startswith("_"))
        return cls(f"{'async ' if isinstance(node, ast.AsyncFunctionDef) else ''}({shown})")


def _word(name: str, default: Optional[ast.expr], module: ast.Module) -> str:
    if default is None:
        return name
    if isinstance(default, ast.Name):  # a constant of its file
        given = [each.value for each in module.body if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == default.id]
        default = given[0] if given else default
    return f"{name}={ast.unparse(default)}"


Members = dict[str, Union[Signature, str]]  # "value" for what is no function


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def members(cls: ast.ClassDef, module: ast.Module) -> Members:
    """The public attributes of a class of lib/."""
    found: Members = {}
    for node in cls.body:
        if isinstance(node, Function):
            is_value = any(ast.unparse(each) in ("property", node.name + ".setter") for each in node.decorator_list)
            found[node.name] = "value" if is_value else Signature.of(node, module, True)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    found[ast.unparse(each)] = found.get(ast.unparse(node.value), _made(node.value, module))
    for node in ast.walk(cls):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self":
            found.setdefault(node.attr, "value")
    return {name: each for name, each in found.items() if not name.startswith("_") or name in ("__init__", "__call__")}


def _made(value: ast.expr, module: ast.Module) -> Union[Signature, str]:
    """`debug = _at(10)`: the signature of what _at() returns."""
    if isinstance(value, ast.Call):
        for node in module.body:
            if isinstance(node, Function) and node.name == ast.unparse(value.func):
                return next(Signature.of(each, module, True) for each in node.body if isinstance(each, Function))
    return "value"


def resolve(path: Path, name: str):
    """(module, node) of a name of a file of lib/, wherever it comes from."""
    module = parse(path)
    for node in module.body:
        if isinstance(node, (*Function, ast.ClassDef)) and node.name in (name, name + "_"):
            return module, node
        if isinstance(node, ast.Assign) and name in map(ast.unparse, node.targets) and isinstance(node.value, ast.Name):
            return resolve(path, node.value.id)
        if isinstance(node, ast.ImportFrom) and name in [each.asname or each.name for each in node.names]:
            there = path.parent if node.level else LIB
            there = there.joinpath(*(node.module or "").split("."))
            if node.module in ROOMS:
                there /= {**table(node.module, "_TABLE"), **table(node.module, "lookup")}.get(name, "__init__")
            return resolve(there.with_suffix(".py") if there.with_suffix(".py").exists() else there / "__init__.py", name)
    return module, None


def table(room: str, variable: str) -> dict[str, str]:
    """{name: file} of a lazy table in a room's __init__.py."""
    for node in ast.walk(parse(LIB / room / "__init__.py")):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == variable:
            found = ast.literal_eval(node.value)
        elif variable == "lookup" and isinstance(node, ast.Call) and ast.unparse(node.func) == "lookup" and isinstance(node.args[1], ast.Dict):
            found = ast.literal_eval(node.args[1])
        else:
            continue
        return {name: file for file, names in found.items() for name in names.split()}
    return {}


def real(room: str) -> dict[str, Union[Signature, Members, str]]:
    """What lib/ has under the public names of a room: signatures, classes as their members, "value" for the rest."""
    home = LIB / room / "__init__.py"
    places = {node.name: home for node in parse(home).body if isinstance(node, (*Function, ast.ClassDef)) and node.name[0] != "_"}
    for name, file in {**table(room, "_TABLE"), **table(room, "lookup")}.items():
        places[name] = LIB / room / f"{file}.py"
    found = {ast.unparse(target): "value" for node in parse(home).body if isinstance(node, ast.Assign)
             for target in node.targets if isinstance(target, ast.Name) and target.id[0] != "_"}
    for name, path in places.items():
        module, node = resolve(path, name)
        if isinstance(node, ast.ClassDef):
            found[name] = members(node, module)
        else:
            found[name] = "value" if node is None else Signature.of(node, module)
    for name, (file, there) in GIVEN.items():
        if name.startswith(room + "."):
            module, node = resolve(LIB / file, there)
            found[name.partition(".")[2]] = members(node, module)
    if room == "aioclass":  # methods in files of their own take the service as their first argument
        made = re.search(r'_MADE = const\("(.*)"\)', home.read_text()).group(1).split()
        for name, file in table(room, "_MORE").items():
            module, node = resolve(LIB / room / f"{file}.py", name)
            if name[0] != "_":
                found["Service"][name] = "value" if name in made else Signature.of(node, module, True)
    if room == "aiolog":
        module = parse(LIB / "aiolog/asyncmd.py")
        found["_Streamlog"] = {node.name: Signature.of(node, module, True) for node in module.body
                               if isinstance(node, Function) and node.name[0] != "_"}
    return found


def stubbed(text: str) -> dict[str, Union[Signature, Members, str]]:
    """The same of the text of a stub."""
    module = ast.parse(text)
    found = {}
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {each.name: Signature.of(each, module, True) for each in node.body if isinstance(each, Function)}
            found[node.name].update({ast.unparse(each.target): "value" for each in node.body if isinstance(each, ast.AnnAssign)})
            found[node.name].pop("__await__", None)
        elif isinstance(node, Function):
            found[node.name] = Signature.of(node, module)
        elif isinstance(node, ast.AnnAssign):
            found[ast.unparse(node.target)] = "value"
    return found


def differences(room: str, text: str) -> list[str]:
    """In what the text of a stub is not what lib/ has, each with its name."""
    there, here = real(room), stubbed(text)
    found = []

    def compare(name: str, is_there, is_here):
        if is_here is None:
            found.append(f"{name}: the stub has no such name")
        elif is_there is None:
            found.append(f"{name}: lib/ has no such name")
        elif isinstance(is_there, dict) and isinstance(is_here, dict):
            internal = INTERNAL.get(name, "").split()
            known = set(is_there) - set(internal) - {"__init__", "__call__"} | set(is_here)
            for each in sorted(known):
                compare(f"{name}.{each}", is_there.get(each), is_here.get(each))
        elif is_there != is_here:
            there, here = (each.text if isinstance(each, Signature) else "no function" for each in (is_there, is_here))
            found.append(f"{name}: lib/ has {there}, the stub {here}")

    for name in sorted({*there, *here}):
        compare(f"{room}.{name}", there.get(name), here.get(name))
    return found


def stub(room: str) -> str:
    return (STUBS / f"{room}-stubs/__init__.pyi").read_text(encoding="utf-8")


@pytest.mark.parametrize("room", ROOMS)
def test_a_stub_says_what_lib_has(room):
    assert differences(room, stub(room)) == []


@pytest.mark.parametrize("room, before, after, said", [
    ("aioctl", "name: str | None = None,\n        **kwargs", "**kwargs",
     "aioctl.add: lib/ has (coro, *args, name=None, **kwargs), the stub (coro, *args, **kwargs)"),
    ("aioctl", 'pattern: str = "*"', 'pattern: str = ""', "aioctl.tasks_match: lib/ has (pattern='*'), the stub (pattern='')"),
    ("aioservice", "async def shutdown", "def shutdown",
     "aioservice.shutdown: lib/ has async (grace=None), the stub (grace=None)"),
    ("aioservice", "def blame", "def blames", "aioservice.blame: the stub has no such name"),
    ("aioservice", "def blame", "def blames", "aioservice.blames: lib/ has no such name"),
    ("aioclass", "def is_up(self)", "def is_up(self, now)", "aioclass.Service.is_up: lib/ has (), the stub (now)"),
    ("aioclass", "    series: int\n", "", "aioclass.Service.series: the stub has no such name"),
    ("aiolog", "def warn(self, msg: object", "def warn(self, text: object",
     "aiolog.Logger.warn: lib/ has (msg, *args, cname=None), the stub (text, *args, cname=None)"),
])
def test_what_drifts_is_named(room, before, after, said):
    assert before in stub(room)
    assert said in differences(room, stub(room).replace(before, after))


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_page_has_in_its_tables_has_types(room):
    text = (ROOT / f"docs/{room}.md").read_text(encoding="utf-8")
    known = stubbed(stub(room))
    known = {*known, *(name for each in known.values() if isinstance(each, dict) for name in each)}
    # An author's own, which the base does not have.
    own = {"show", "stats", "report", "__call__"} if room == "aioclass" else set()
    told = [name for row in re.findall(r"^\| (`.*?) \|", text, re.M) for name in re.findall(r"`(?:await )?\.?(\w+)", row)]
    if room == "aioservice":
        told = [name for name in told if name not in ("OK", "FAIL", "WAIT", "MASK", "ERROR")]
    assert len(told) > 8 and [name for name in told if name not in known | own | {"name", "log"}] == []

