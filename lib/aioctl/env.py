# `.env`: secrets beside the settings. Parsed line by line, never evaluated.

from aioschedule import get_datetime  # noqa: F401 - asyncmd has it here

_FILE = ".env"
_ERROR = const(40)  # aiolog's level


def parse(text):
    """{name: value} of the text of a `.env`: NAME=value, quotes, `export`, # comments."""
    found = {}
    for line in text.replace("\r", "\n").split("\n"):
        line = line.strip()
        if line.startswith("export "):
            line = line[7:].strip()
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not name or name[0] == "#":
            continue
        value = value.strip()
        quote = value[:1]
        end = value.find(quote, 1) if quote and quote in "'\"" else -1
        if end > 0:
            value = value[1:end]
        elif " #" in value:
            value = value[: value.index(" #")].strip()
        found[name] = value
    return found


def read(path=_FILE):
    """({name: value} of `.env`, what is wrong with it or None); no names without one."""
    from .utf8 import decoded

    try:
        with open(path, "rb") as file:
            return parse(decoded(file.read())), None
    except OSError:
        return {}, None
    except ValueError as e:
        return {}, "%s: %s" % (path, e)


def load(path=_FILE):
    """{name: value} of `.env`; empty without one, and where it is no text, which the journal says then."""
    found, fault = read(path)
    if fault is not None:
        from aiobase import group

        group().note(_ERROR, path, fault)
    return found


def getenv(name, alt=None, envfile=_FILE):
    """The value of a name in `.env`, or `alt`."""
    return load(envfile).get(name, alt)


def expand(value, names=None):
    """A copy of a value with each ${NAME} in its strings replaced; KeyError: not defined."""
    if names is None:
        names = load()
    if isinstance(value, dict):
        return {k: expand(v, names) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [expand(v, names) for v in value]
    if not isinstance(value, str):
        return value
    done = ""
    while True:
        start = value.find("${")
        end = value.find("}", start)
        if start < 0 or end < 0:
            return done + value
        done += value[:start] + names[value[start + 2 : end]]
        value = value[end + 1 :]
