# services.config as a file: its text, looked at more closely than json does, and what counts where it is
# damaged. Apart from settings.py, as a boot with little memory has room for one of them at a time.

import json

CONFIG = "services.config"
_COPY = const("services.config.bak")
_ROM = const("/rom/services.config")  # what counts where flash has none
# What may come next in a JSON text.
_VALUE = const(0)
_FIRST = const(1)  # a value, or the end of an empty list
_NAME = const(2)
_FIRST_NAME = const(3)
_COLON = const(4)
_NEXT = const(5)  # a comma, or the end
_SPACE = const(32)
_STRING = const(34)  # "
_COMMA = const(44)
_MINUS = const(45)
_IS = const(58)  # :
_CLOSED = const(125)  # }
_UNICODE = const(117)  # \\u
_DEEP = const(12)  # levels of objects and lists: what can be saved, and what a small stack takes


def _names(value):
    """How many names stand in the text of a list or an object, at any depth."""
    if isinstance(value, dict):
        return len(value) + sum([_names(each) for each in value.values()])
    return sum([_names(each) for each in value]) if isinstance(value, list) else 0


def _is_value(word):
    """Whether bytes between brackets, colons and commas are one word or number as JSON has it."""
    if word in (b"true", b"false", b"null"):
        return True
    whole, point, rest = (word[1:] if word[0] == _MINUS else word).partition(b".")
    if not whole[:1].isdigit() or point and not rest[:1].isdigit():
        return False
    return all([c in b"0123456789+-.eE" for c in word]) and (whole[:1] != b"0" or not whole[1:2].isdigit())


def _is_whole(bare):
    """Whether brackets, names, colons and commas follow each other as JSON has it, and words are such.

    `bare`: bytes of a text in which a string is a " alone. Numbers, as short texts are names for good.
    """
    ends = []  # of the objects and lists that are open
    state = _VALUE
    begin = None  # of a number, or of true, false, null
    for at, c in enumerate(bare):
        if c > _SPACE and c not in b'{}[]:,"':
            if begin is None:
                if state not in (_VALUE, _FIRST):
                    return False
                begin = at
                state = _NEXT
            continue
        if begin is not None:
            if not _is_value(bare[begin:at]):
                raise ValueError("%s is no value in JSON" % str(bare[begin:at][:20], "utf-8"))
            begin = None
        if c <= _SPACE:
            if c not in b" \t\r\n":  # json goes on after others, too, and loses something
                return False
        elif state == _COLON or c == _IS:
            if state != _COLON or c != _IS:
                return False
            state = _VALUE
        elif c == _COMMA:
            if state != _NEXT or not ends:
                return False
            state = _NAME if ends[-1] == _CLOSED else _VALUE
        elif c in b"}]":
            if state not in (_NEXT, _FIRST, _FIRST_NAME) or not ends or ends.pop() != c:
                return False
            state = _NEXT
        elif c == _STRING and state in (_NAME, _FIRST_NAME):
            state = _COLON
        elif state not in (_VALUE, _FIRST):
            return False
        elif c == _STRING:
            state = _NEXT
        elif len(ends) == _DEEP:
            raise ValueError("it is nested too deep")
        else:
            ends.append(c + 2)  # in ASCII
            state = _FIRST_NAME if ends[-1] == _CLOSED else _FIRST
    return state == _NEXT and not ends


def _halves(text):
    """How many halves of characters, like \\ud83d, stand in a text; ValueError: a \\ that JSON does not have.

    `text`: one without \\\\. json drops other \\, and takes any four characters behind \\u.
    """
    found = 0
    for part in text.encode().split(b"\\")[1:]:
        if not part or part[0] not in b'"/bfnrtu':
            raise ValueError("a \\ in a text is not written as \\\\")
        if part[0] == _UNICODE:
            if len(part) < 5 or not all([c in b"0123456789abcdefABCDEF" for c in part[1:5]]):
                raise ValueError("a \\u in a text is not followed by four digits")
            found += part[1] in b"dD" and part[2] in b"89abAB"
    return found


def parse(text):
    """(settings, what is odd about them or None); ValueError says why they are damaged.

    MicroPython's json takes a text without its last brackets, or with other colons and commas, words that
    follow each other without any, strings that are none of JSON, and of two equal names the last one. So the
    text without its strings, and these, are looked at, too.
    """
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError("it is not JSON" if text.strip() else "it is empty")
    if not isinstance(found, dict):
        raise ValueError("it is not an object {name: {…}}")
    plain = text.replace("\\\\", "/")
    halves = _halves(plain)
    parts = plain.replace('\\"', "/").split('"')
    bare = '"'.join(parts[::2]).encode()
    if not _is_whole(bare):
        raise ValueError("it is cut short, or a bracket, a colon or a comma is wrong")
    if min("".join(parts[1::2]).encode() + b" ") < _SPACE:
        raise ValueError("a text has a line end or a tab in it, that is not written as \\n or \\t")
    if bare.count(b":") == _names(found):
        return found, "\\ud83d and the like are halves of characters; write whole ones" if halves else None
    once = json.dumps(found)
    twice = [n for n in sorted(found) if text.count('"' + n + '"') > once.count('"' + n + '"')]
    if not twice:
        return found, "a name stands twice; the last one counts"
    return found, "%s stands twice; the last one counts" % ", ".join(twice)


def _text(data):
    """The text in bytes; ValueError says what they are where that is no UTF-8."""
    try:
        text = str(data, "utf-8")
        if len(text) == len(data) and "\0" not in text:
            return text
    except ValueError:
        pass
    return __import__("aioctl.utf8", None, None, ("decoded",)).decoded(data)


def _read(path):
    with open(path, "rb") as file:
        return parse(_text(file.read()))


def load(path):
    """(settings, fault) of a file: settings None where there are none, fault None where nothing is wrong.

    A file that the memory has no room for is not damaged: that is a MemoryError.
    """
    try:
        try:
            found, fault = _read(path)
        except MemoryError:
            __import__("gc").collect()
            found, fault = _read(path)
    except OSError as e:
        # ENOENT: a missing file means defaults; so does ENODEV, where there is no /rom
        return None, None if e.args[0] in (2, 19) else "%s cannot be read: %s" % (path, e)
    except (ValueError, RuntimeError) as e:  # RuntimeError: brackets beyond the depth of the stack
        return None, "%s is damaged: %s" % (path, str(e) or "it is not text")
    return found, fault and path + ": " + fault


def read():
    """(settings, fault): the file; if it is damaged the last good copy, else those in ROM, if any."""
    found, fault = load(CONFIG)
    if found is not None:
        return found, fault
    source = damage = None
    for path in (_COPY, _ROM) if fault else (_ROM,):
        if found is None:
            found, damage = load(path)
            source = "the last good copy, " + path if path == _COPY else path
    if fault:
        fault += "; using defaults" if found is None else "; using " + source
    return found or {}, fault or damage
