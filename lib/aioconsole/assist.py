# Rare parts of the console: what is still open in a statement, completion, paste mode, `?name`.
# Loaded for one use.

import builtins
import sys

from aioconsole import _rare


def _scan(source):
    # (brackets, quote) that are open at the end of `source`: how many, and which or None.
    depth = i = 0
    quote = None
    while i < len(source):
        c = source[i]
        if quote:
            if c == "\\":
                i += 1
            elif source.startswith(quote, i) or c == "\n" and len(quote) == 1:
                i += len(quote) - 1
                quote = None
        elif c in "'\"":
            quote = c * 3 if source.startswith(c * 3, i) else c
            i += len(quote) - 1
        elif c == "#":
            i = source.find("\n", i)
            if i < 0:
                break
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        i += 1
    return depth, quote


def is_open(source):
    """Whether brackets or a triple quote are still open at the end of `source`."""
    depth, quote = _scan(source)
    return depth > 0 or quote is not None and len(quote) == 3


def _names(obj):
    # Attribute names, those too that a module loads when asked: its table is {name: file}; or in a room
    # {file: "its names"}, of which the build makes a text, where "=file" begins those of a file.
    names = set(dir(obj))
    if isinstance(obj, type(sys)):
        table = getattr(obj, "_TABLE", ())
        if isinstance(table, dict) and hasattr(obj, "__path__"):
            table = " ".join(table.values())
        if isinstance(table, str):
            table = [word for word in table.split() if word[0] != "="]
        if table and hasattr(obj, "__path__"):  # a package: its files are nobody's business
            return set(table)
        names.update(table)
    return names


def _find(g, path):
    # The object of a dotted path; AttributeError if there is none.
    first, *rest = path.split(".")
    obj = g[first] if first in g else getattr(builtins, first)
    for name in rest:
        obj = getattr(obj, name)
    return obj


def _is_letter(c):
    return c.isalpha() or c.isdigit() or c > "\x7f"


def _services():
    # The names of all services, loaded or not; none on a board without the manager.
    if "aioservice.manager" not in sys.modules:
        return ()
    from aioservice.discovery import files
    from aioservice.manager import manager

    mgr = manager()
    names = set(files())
    for known in (mgr.services, mgr.failed, mgr.held):
        names.update(known)
    mgr.release()
    return names


def _candidates(console, line):
    # (prefix, names, end): what stands before the cursor, what there is in its place, what ends a whole one.
    quote = _scan(console.source + line)[1]
    start = len(line)
    while start and (line[start - 1] in ("_@" if quote else "_.") or _is_letter(line[start - 1])):
        start -= 1
    if quote:
        return line[start:], _services(), quote if len(quote) == 1 else ""
    path, dot, prefix = line[start:].rpartition(".")
    try:
        names = _names(_find(console.g, path)) if dot else set(console.g)
    except Exception:
        return "", (), ""  # nothing to complete
    if prefix and not dot:
        names.update(dir(builtins))
    return prefix, [n for n in names if prefix or n[0] != "_"], ""


def complete(console):
    """Completes the name before the cursor as far as it is certain, else lists what fits."""
    editor = console.editor
    try:
        line = str(console.line[: editor.at] if editor else console.line, "utf8")
    except UnicodeError:
        return
    if not line.strip():
        return console.insert(b"    ")
    prefix, names, end = _candidates(console, line)
    names = sorted(n for n in names if n.startswith(prefix))
    if not names:
        return
    first, last = names[0], names[-1]
    n = len(prefix)
    while n < len(first) and first[n] == last[n : n + 1]:
        n += 1
    behind = bytes(console.line[len(line.encode()) :])
    if len(names) > 1 or behind.startswith(end.encode()):
        end = ""
    if n > len(prefix) or end:
        console.insert((first[len(prefix) : n] + end).encode())
    elif len(names) > 1:
        if not editor:
            editor = console.edit()
        editor.below("  ".join(names))


def _usage(console, path):
    # The lines that tell how a function of the project is used, or all of a module's.
    if path in console.g:
        name = repr(console.g[path])  # a verb of the prompt stands for aioservice's
        path = name if name.startswith("aioservice.") else path
    lines = _rare("usage").LINES
    return [line for line in lines if line.replace("await ", "").startswith((path + "(", path + "."))]


_KEYS = """?name tells about a name, ?aioservice and ?aioctl about all of theirs. Tab completes.
Ctrl-C clears the line or stops what runs. On an empty line: Ctrl-D ends everything, Ctrl-E pastes.
Home or Ctrl-A, End or Ctrl-E, Left and Right or Ctrl-B and Ctrl-F; by words with Ctrl or Alt: move.
Up and Down or Ctrl-P and Ctrl-N: history, Ctrl-R finds in it what is typed. Ctrl-L clears the screen.
Delete or Ctrl-D, Ctrl-W, Alt-D, Ctrl-U, Ctrl-K cut a character, a word, to begin and end; Ctrl-Y brings back.
"""


def describe(console, path):
    """Prints what is known of a name: its value, type and usage."""
    if not path:
        return console.write(_KEYS)
    lines = _usage(console, path)
    if lines:
        return console.write("\n".join(lines) + "\n")
    try:
        obj = _find(console.g, path)
    except AttributeError:
        return console.write(path + " is not known\n")
    console.write("{!r}\n{}\n".format(obj, type(obj)))
    text = getattr(obj, "_HELP", None) or getattr(obj, "__doc__", None)
    path, dot, name = path.rpartition(".")
    if dot and not text:
        table = getattr(_find(console.g, path), "_HELP", None)
        text = table.get(name) if isinstance(table, dict) else None
    if isinstance(text, dict):
        text = "\n".join(text[name] for name in sorted(text))
    if text:
        console.write(str(text).strip() + "\n")


async def paste(console):
    """Paste mode: takes text until Ctrl-D, then runs all of it."""
    console.write("paste mode; Ctrl-C to cancel, Ctrl-D to finish\n=== ")
    text = bytearray()
    error = None
    before = 0
    while True:
        c = await console.key()
        if c == 3 or c < 0:
            return console.write("\n")
        if c == 4:
            break
        start = console.head - 1
        while console.head < console.tail and console.queue[console.head] >= 32 <= c:
            console.head += 1
        shown = added = console.queue[start : console.head]
        if c == 13 or c == 10:
            shown = added = b""
            if c == 13 or before != 13:
                added, shown = b"\n", "\n=== "
        before = c
        console.write(shown)
        try:
            text.extend(added)
        except MemoryError as e:  # the rest still has to be read
            error = e
    console.write("\n")
    if error:
        raise error
    await console.execute(str(text, "utf8"), "exec")
