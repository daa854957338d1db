# Small things for people: names by pattern, whether there are colours.
# Loaded on use, and given back behind a boot.


def match(pattern, text):
    """Whether text fits pattern, in which `*` stands for anything and nothing else is special."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == text
    if not text.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(text) - len(parts[-1]) >= at and text.endswith(parts[-1])


def plain(name):
    """`hello` and `hello.service` are the same name."""
    return name[:-8] if name.endswith(".service") else name


def is_terminal():
    """Whether output is seen on a terminal; a board's console is one."""
    try:
        from termios import tcgetattr
    except ImportError:
        return True
    try:
        tcgetattr(1)
        return True
    except OSError:
        return False
