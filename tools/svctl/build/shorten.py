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

from svctl.build import sift

# An author's class inherits from these.
INHERITED = ("aioclass",)
# Seen in the traceback of each failing service; what a profile stands in for.
KEPT = ("_live", "_stop")
# Without an underscore, since files and rooms know each other by them; authors, callers and tools do not.
INTERNAL = ("abandon", "adopt", "announce", "apply", "bring", "bring_all", "complete", "decided", "disarm",
            "drop", "earn", "Editor", "end_children", "ENDED", "ending", "enter", "error_of", "execute",
            "expand", "Finder", "fits", "frames", "fresh", "goes_on", "HOOKS", "is_cut", "is_now",
            "is_terminal", "limited", "lose", "MANAGED", "milliseconds", "one_line", "Operation", "past",
            "patches", "purge", "reject", "remember", "resolve", "restart_others", "spawn", "special",
            "tail", "teller", "verdict")
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
        # Of one meaning wherever it stands, though some file may have a variable of that name, too.
        shared |= {word for word in INTERNAL if len(users.get(word, ())) > 1}
        everywhere = {name for name in modules if name.startswith(INHERITED)}
        self.shared = _short({word: users[word] | everywhere if users[word] & everywhere else users[word]
                              for word in shared - self.kept}, self.kept)

    def shorten(self, name: str, text: str) -> str:
        """The source of a module with its private names shortened."""
        edits = self._private(text)
        public = name.split("/")[0] in PUBLIC
        for node in self.trees[name].body:
            self._function(node, public, {}, edits)
        return _applied(text, edits)

    def functions(self, name: str, text: str) -> dict[str, str]:
        """{short name: that in the source} of a module's functions: a traceback has them."""
        short = self._short(_tokens(text))
        return {short[node.name]: node.name for node in ast.walk(self.trees[name])
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in short}

    def _private(self, text: str) -> dict:
        """Edits that shorten the names with an underscore."""
        tokens = _tokens(text)
        short = self._short(tokens)
        return {t.start: (t.string, short[t.string]) for t in tokens if t.string in short}

    def _short(self, tokens: list[tokenize.TokenInfo]) -> dict[str, str]:
        """{name with an underscore: its short one} in a module."""
        words = {t.string for t in tokens if _PRIVATE.fullmatch(t.string)}
        own = words - self.kept - set(self.shared)
        used = self.kept | {self.shared[word] for word in words if word in self.shared}
        return {**self.shared, **_short({word: {""} for word in own}, used)}

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
    """The texts in a module, without its docstrings, which are not compiled."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return (node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs)


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


def of_boot(text: str) -> str:
    """boot.py with other names for its variables: those of the attributes in it, which the board has to keep
    anyway. Only what it deletes at its end is meant, and what is in functions that it deletes: of all else
    somebody may know. Functions keep their names, for tracebacks."""
    tree = ast.parse(text)
    gone = {name.id for node in tree.body if isinstance(node, ast.Delete) for name in node.targets
            if isinstance(name, ast.Name)}
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    fixed = {node.name for node in functions}
    fixed |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    fixed |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    free = sorted(attributes - fixed - _names(tree), key=lambda word: (len(word), word))
    outer = dict(zip(sorted(gone - fixed), free))
    names = dict.fromkeys(range(1, text.count("\n") + 2), outer)
    for node in functions:
        if node.name in gone:
            inner = {**outer, **dict(zip(sorted(_names(node, ast.Store) - fixed), free[len(outer):]))}
            names.update(dict.fromkeys(range(node.lineno, node.end_lineno + 1), inner))
    edits, before = {}, ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and before != "." and token.string in names[token.start[0]]:
            edits[token.start] = (token.string, names[token.start[0]][token.string])
        before = token.string
    return _applied(text, edits)


def _names(tree: ast.AST, context: type = ast.expr_context) -> set[str]:
    """Variables, parameters and caught errors; with ast.Store what is bound alone."""
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    found = {node.id for node in names if isinstance(node.ctx, context)}
    found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return found | {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}


def with_texts(text: str) -> str:
    """A source in which the tables that lookup() gets are texts. Its lines stay where they are."""
    tree = ast.parse(text)
    taken = [node.args[1] for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 3
             and getattr(node.func, "id", getattr(node.func, "attr", "")) == "lookup"]
    names = {node.id for node in taken if isinstance(node, ast.Name)}
    dicts = [(node, None) for node in taken if isinstance(node, ast.Dict)]
    dicts += [(node.value, node.targets[0]) for node in ast.walk(tree) if isinstance(node, ast.Assign)
              and isinstance(node.value, ast.Dict) and getattr(node.targets[0], "id", "") in names]
    lines = text.encode().splitlines(keepends=True)
    for node, name in sorted(dicts, key=lambda pair: -pair[0].lineno):
        table = "".join(f" ={file} {words}" for file, words in ast.literal_eval(node).items()) + " "
        inlined = name is not None and name.col_offset == 0 and name.id != "_TABLE"  # the console reads that
        first, last = node.lineno - 1, node.end_lineno - 1
        made = f"{'const' if inlined else ''}({table!r}" + "\n" * (last - first) + ")"
        whole = lines[first][:node.col_offset] + made.encode() + lines[last][node.end_col_offset:]
        lines[first:last + 1] = whole.splitlines(keepends=True)
    return b"".join(lines).decode().replace("_BUILT = const(0)", "_BUILT = const(1)")


def _sources(lib: Path) -> dict[str, str]:
    """The modules of the rooms, by name; what else is there, and what cannot be parsed, is left as it is."""
    modules = {}
    for path in sift.walk(lib):
        if path.suffix != ".py" or not path.is_file():
            continue
        name = path.relative_to(lib).with_suffix("").as_posix()
        if name.split("/")[0] in ROOMS:
            try:
                ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
            modules[name] = with_texts(path.read_text(encoding="utf-8"))
    return modules


def of_folder(lib: Path, private: bool = True) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The sources of the project's modules below lib/ as a board gets them, by module, and for
    with_functions() {module: {short name of a function: that in the source}}. With `private` their private
    names are short."""
    modules = _sources(lib)
    if not private:
        return modules, {}
    names = Names(modules)
    return ({name: names.shorten(name, text) for name, text in modules.items()},
            {name: names.functions(name, text) for name, text in modules.items()})


# -- the way back: the names of a traceback -----------------------------------

_FRAME = re.compile(r'(File "/?(?:rom/)?lib/([^"]*)\.mpy", line \d+, in )(_\w)(?!\w)')


def with_functions(text: str, known: dict[str, dict[str, str]]) -> str:
    """The text of a traceback, with the names that the source has."""
    return _FRAME.sub(lambda found: found[1] + known.get(found[2], {}).get(found[3], found[3]), text)
