"""Shortens the private names of lib/ on their way to the board.

MicroPython keeps each name that it ever meets for good: its text and 7 bytes, and the table that
holds them doubles at 140, 300 and 620 names. People never see these: parameters that are only passed
by position, and names that begin with `_`. On the board they become `a`, `b` … and `_A`, `_B` …, the
same few in all modules. An author's service may then have a `_stop` or `_event` of its own. Lines stay
what they are, so tracebacks find the source.
"""
from __future__ import annotations

import ast
import io
import re
import string
import tokenize
from pathlib import Path
from typing import Iterable

from tools import sift

# An author's class inherits from these.
INHERITED = ("aioclass",)
# Seen in the traceback of each failing service.
KEPT = ("_live",)
# Of the files that only a boot needs, without an underscore, since they know each other.
INTERNAL = ("Finder", "HOOKS", "MANAGED", "adopt", "announce", "apply", "bring", "bring_all", "decided",
            "error_of", "purge", "reject", "resolve")
# Their tables of functions that load on use are for the other files, not for people.
OWN_TABLES = ("aiobase/__init__", "aioservice/manager")
# The rooms of lib/, and those whose functions people call, perhaps with the names of their parameters.
ROOMS = ("aiobase", "aioboot", "aioclass", "aioconsole", "aioctl", "aiolog", "aiologging", "aioschedule",
         "aioservice", "aioswitch")
PUBLIC = ("aioclass", "aioconsole", "aiolog", "aiologging", "aioschedule", "aioswitch")
_TABLE = re.compile(r"^ =\w+ ")
_CONST = re.compile(r"^(_\w+) = const\(", re.M)
_PRIVATE = re.compile(rf"(?<!\w)(?:_[A-Za-z]\w*|{'|'.join(INTERNAL)})(?!\w)")


class Names:
    """What may be shortened, from a look at all of the project's device code."""

    def __init__(self, modules: dict[str, str]):
        """`modules`: name below lib/ without suffix ("aioctl/core") -> source text."""
        self.trees = {name: ast.parse(text) for name, text in modules.items()}
        self.keywords = {node.arg for tree in self.trees.values() for node in ast.walk(tree)
                         if isinstance(node, ast.keyword)}
        self.public = {word for name, tree in self.trees.items() if name not in OWN_TABLES
                       for text in _strings(tree) if _TABLE.match(text) for word in text.split()}
        quoted = {word for tree in self.trees.values() for text in _strings(tree)
                  for word in _PRIVATE.findall(text)}
        users: dict[str, set[str]] = {}  # word -> the modules in which it stands
        defined, shared = set(), set()
        self.kept = quoted.union(KEPT)
        for name, text in modules.items():
            words = {t.string for t in _tokens(text) if _PRIVATE.fullmatch(t.string)}
            for word in words:
                users.setdefault(word, set()).add(name)
            own = _defined(self.trees[name])
            defined |= own
            shared |= words if name.startswith(INHERITED) else words - own
            self.kept |= set(_CONST.findall(text))  # no names on the board at all
        self.kept |= set(users) - defined  # of asyncio, not ours
        everywhere = {name for name in modules if name.startswith(INHERITED)}
        self.shared = _short({word: users[word] | everywhere if users[word] & everywhere else users[word]
                              for word in shared - self.kept}, self.kept)

    def shorten(self, name: str, text: str) -> str:
        """The source of a module with its private names shortened."""
        edits = self._private(text)
        public = name.startswith(PUBLIC)
        for node in self.trees[name].body:
            self._function(node, public, {}, edits)
        return _applied(text, edits)

    def _private(self, text: str) -> dict:
        """Edits that shorten the names with an underscore."""
        tokens = _tokens(text)
        words = {t.string for t in tokens if _PRIVATE.fullmatch(t.string)}
        own = words - self.kept - set(self.shared)
        used = self.kept | {self.shared[word] for word in words if word in self.shared}
        short = {**self.shared, **_short({word: {""} for word in own}, used)}
        return {t.start: (t.string, short[t.string]) for t in tokens if t.string in short}

    def _function(self, node: ast.AST, public: bool, names: dict, edits: dict) -> None:
        """Walk a function, class or statement; `names` are the parameters shortened around it."""
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            args = node.args
            outside = [*args.defaults, *filter(None, args.kw_defaults), *getattr(node, "decorator_list", [])]
            for outer in outside:
                self._function(outer, public, names, edits)
            own = [*args.posonlyargs, *args.args, *args.kwonlyargs]
            every = own + [star for star in (args.vararg, args.kwarg) if star]
            body = node.body if isinstance(node.body, list) else [node.body]
            inner = {k: v for k, v in names.items() if k not in _bound(body) | {arg.arg for arg in every}}
            kept = isinstance(node, ast.Lambda) or not self._is_private(node.name, public)
            if not kept:
                inner.update(self._letters(own, body, set(inner.values())))
            for arg in own:
                if arg.arg in inner:
                    edits[arg.lineno, arg.col_offset] = (arg.arg, inner[arg.arg])
            for each in body:  # what is defined in a function is nobody's from outside
                self._function(each, public and kept, inner, edits)
            return
        if isinstance(node, ast.Name) and node.id in names:
            edits[node.lineno, node.col_offset] = (node.id, names[node.id])
        for child in ast.iter_child_nodes(node):
            self._function(child, public, names, edits)

    def _is_private(self, name: str, public: bool) -> bool:
        if name.startswith("_") and not name.startswith("__"):
            return True
        return not public and name not in self.public

    def _letters(self, own: list[ast.arg], body: list[ast.AST], taken: set[str]) -> dict[str, str]:
        words = {n.id for each in body for n in ast.walk(each) if isinstance(n, ast.Name)}
        words |= {n.arg for each in body for n in ast.walk(each) if isinstance(n, ast.arg)}
        fixed = {word for each in body for n in ast.walk(each)
                 if isinstance(n, (ast.Nonlocal, ast.Global)) for word in n.names}
        chosen = [a.arg for a in own if len(a.arg) > 1 and a.arg not in ("self", "cls")
                  and a.arg not in self.keywords | fixed]
        free = (c for c in string.ascii_letters if c not in words | taken | {a.arg for a in own})
        return dict(zip(chosen, free))


def _short(users: dict[str, set[str]], used: Iterable[str] = ()) -> dict[str, str]:
    """A short name for each word; words that stand in a common module get different ones."""
    names = [f"_{letter}" for letter in string.ascii_uppercase + string.ascii_lowercase]
    taken: dict[str, set[str]] = {name: set() for name in names if name not in used}
    found = {}
    for word in sorted(users, key=lambda word: (-len(users[word]), word)):
        found[word] = next(name for name in taken if not taken[name] & users[word])
        taken[found[word]] |= users[word]
    return found


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return [t for t in tokenize.generate_tokens(io.StringIO(text).readline) if t.type == tokenize.NAME]


def _defined(tree: ast.AST) -> set[str]:
    """Functions, classes, globals, and attributes that a class gives itself."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(getattr(node, "ctx", None), ast.Store):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.Attribute) and getattr(node.value, "id", None) == "self":
                found.add(node.attr)
    return found


def _strings(tree: ast.AST) -> Iterable[str]:
    return (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _bound(body: list[ast.AST]) -> set[str]:
    """The names that a function's own statements bind."""
    found = set()
    queue = list(body)
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            continue
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        if not isinstance(node, ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))
    return found


def _applied(text: str, edits: dict) -> str:
    lines = text.splitlines(keepends=True)
    for (line, column), (old, new) in sorted(edits.items(), reverse=True):
        row = lines[line - 1].encode()
        if row[column:column + len(old)] != old.encode():
            raise ValueError(f"line {line}: {old} is not at column {column}")
        lines[line - 1] = (row[:column] + new.encode() + row[column + len(old):]).decode()
    return "".join(lines)


def of_folder(lib: Path) -> dict[Path, str]:
    """The shortened sources of the project's modules below lib/, by their files.

    What else somebody put there, and what cannot be parsed, is left as it is.
    """
    modules = {}
    for path in sift.walk(lib):
        if path.suffix != ".py" or not path.is_file():
            continue
        name = path.relative_to(lib).with_suffix("").as_posix()
        if name.startswith(ROOMS):
            try:
                ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
            modules[name] = path.read_text(encoding="utf-8")
    names = Names(modules)
    return {lib / f"{name}.py": names.shorten(name, text) for name, text in modules.items()}
