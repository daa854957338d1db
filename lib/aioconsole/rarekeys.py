# The keys of the console's line editor that are seldom used: words, what was cut and comes back,
# search in the history, a clear screen. Loaded for one key.

_KEPT = const(256)  # bytes of what was cut last
_RUB = const(23)  # Ctrl-W
_FIND = const(18)  # Ctrl-R
# Arrows and Delete with Ctrl or Alt, and Alt with a letter; rxvt has lowercase letters.
_LEFTS = (580, 356, 866, 834)
_RIGHTS = (579, 355, 870, 838)
_CUT_RIGHTS = (600, 868, 836)
_CUT_LEFTS = (_RUB, 895, 776)


def _in_word(c):
    return c > 127 or chr(c).isalpha() or chr(c).isdigit() or c == 95


def _left(line, at, inside):
    # Where the word before the cursor begins.
    while at and not inside(line[at - 1]):
        at -= 1
    while at and inside(line[at - 1]):
        at -= 1
    return at


def _right(line, at):
    # Where the word behind the cursor ends.
    while at < len(line) and not _in_word(line[at]):
        at += 1
    while at < len(line) and _in_word(line[at]):
        at += 1
    return at


def _span(line, at, key):
    # What a key cuts out: (start, end), or None.
    if key == 11:  # Ctrl-K
        return at, len(line)
    if key == 21:  # Ctrl-U
        return 0, at
    if key in _CUT_RIGHTS:
        return at, _right(line, at)
    if key in _CUT_LEFTS:  # Ctrl-W takes all up to a space, Alt-Backspace a name
        return _left(line, at, (lambda c: c != 32) if key == _RUB else _in_word), at
    return None


def act(editor, key):
    """Does what `key` does to the line of an `editor`, nothing if it is unknown."""
    console = editor.console
    line = console.line
    at = editor.at
    span = _span(line, at, key)
    if span:
        text = editor.cut(*span)
        if 0 < len(text) <= _KEPT:
            console.killed = text
    elif key in _LEFTS:
        editor.at = _left(line, at, _in_word)
    elif key in _RIGHTS:
        editor.at = _right(line, at)
    elif key == 25:  # Ctrl-Y
        console.insert(getattr(console, "killed", b""))
    elif key == 12:  # Ctrl-L
        console.write("\x1b[H\x1b[2J")
        editor.row = 0
    elif key == 20:
        _swap(editor)
    elif key == _FIND:
        _find(editor)


def _swap(editor):
    # Ctrl-T: the characters on both sides of the cursor change places; at the end the last two.
    line = editor.console.line
    right = editor.edge(editor.at, -1) if editor.at == len(line) else editor.at
    left = editor.edge(right, -1)
    if left < right:
        end = editor.edge(right, 1)
        line[left:end] = line[right:end] + line[left:right]
        editor.at = end


def _find(editor):
    # Ctrl-R: the last line of the history that contains what is typed; again: the one before it.
    console = editor.console
    if editor.last != _FIND:
        editor.wanted = bytes(console.line)
        if not editor.back:
            editor.typed = editor.wanted
    for back in range(editor.back + 1, len(console.history) + 1):
        text = console.history[-back].encode()
        if editor.wanted in text:
            editor.back = back
            editor.put(text)
            return
    console.write("\a")
