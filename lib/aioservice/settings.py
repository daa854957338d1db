# services.config: reading it, what each key takes, what is wrong with an entry, what a service
# gets of it. Pure but for reading; given back as soon as a boot has its settings.

import json

CONFIG = "services.config"
_COPY = const("services.config.bak")
_ROM = const("/rom/services.config")  # what counts where flash has none
# What a key takes: a letter, as its number, since a letter in a text would be a name for good.
_BOOL = const(98)  # b
_LIST = const(108)  # l
_OBJECT = const(107)  # k
_NAMES = const(110)  # n
_REQUIRE = const(114)  # r
_TIMES = const(116)  # t
_POLICY = const(112)  # p
_SECONDS = const(115)  # s
_WITHIN = const(119)  # w
_HARDWARE = const(104)  # h
_MINUTES = const(117)  # u
_COUNT = const(105)  # i
_CLASS = const(99)  # c
_RATE = const(109)  # m
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
# key=what it takes; strings, as each name in a dict would stay in memory for good.
_KEYS = (
    " enabled=b critical=b safe=b args=l kwargs=k require=r want=n groups=n schedule=t restart=p "
    "start_timeout=s stop_grace=s stop_timeout=s watchdog=w loglevel=v lograte=m instances=i cls=c "
)
_BOOT = " groups=n exclude=n watchdog=h utc_offset=u blame=b "
_TAKES = (
    "b=true or false|l=a list|k=an object {name: value}|n=a name or a list of names|"
    "r=a name, a list of names, or {attribute: name}|s=seconds, 0 to 86400|"
    "w=seconds, 0 to 86400, or null|h=seconds, 1 to 86400, or 0 or null for none|"
    "u=minutes, -1440 to 1440|i=a number, 1 to 99|"
    't={"start_in": seconds, "repeat": seconds or false} or '
    '{"at": "07:30", "days": "mon-fri", "persistent": true}|'
    'c="module.Class"|'
    'p="no", "on-failure", "always" or {"policy": …, "delay": s, "limit": [n, s], "on_limit": "reset"}|'
    "v=one of debug, info, warning, error, critical|"
    "m=[lines, seconds], whole numbers from 1 on, or null for no limit|"
)
_POLICIES = ("no", "on-failure", "always")


def kind(key, table=_KEYS):
    """What a key of an entry takes, as a letter's number; None for a key that is not in the table."""
    at = -1 if " " in key else table.find(" %s=" % key)
    return None if at < 0 else ord(table[at + len(key) + 2])


def _is_number(value, low=0, high=86400):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _is_list(value):
    return isinstance(value, (list, tuple))


def _is_names(value):
    return isinstance(value, str) or _is_list(value) and all([isinstance(v, str) for v in value])


def _has_more(timing):
    """Whether a schedule has keys other than those of an interval: they load the calendar."""
    return any([key not in ("start_in", "repeat") for key in timing])


def _why_not(timing):
    from aioschedule.rule import fault

    return fault(timing)


def _is_schedule(value):
    if not isinstance(value, dict):
        return value is None
    if _has_more(value):
        if _why_not(value) is not None:
            return False
        if "at" in value:
            return True
    start, repeat = value.get("start_in"), value.get("repeat") or None
    if _is_list(start):
        right = 6 <= len(start) <= 9 and all([isinstance(v, int) for v in start])
    else:
        right = start is None or _is_number(start, 0, 1e9)
    if repeat is None:
        return right and start is not None
    return right and _is_number(repeat, 0.001, 1e9)


def _is_restart(value):
    if not isinstance(value, dict):
        return isinstance(value, bool) or value in _POLICIES
    limit = value.get("limit")
    return (
        value.get("policy", "on-failure") in _POLICIES
        and _is_number(value.get("delay", 1))
        and (limit is None or _is_list(limit) and len(limit) == 2 and all([_is_number(n, 1) for n in limit]))
        and value.get("on_limit") in (None, "reset")
    )


def fits(kind, value):
    """Whether a value is of that kind."""
    if kind == _BOOL:
        return isinstance(value, bool)
    if kind == _LIST:
        return _is_list(value)
    if kind == _OBJECT:
        return isinstance(value, dict) and _is_names(list(value))
    if kind == _NAMES:
        return _is_names(value)
    if kind == _REQUIRE:
        return _is_names(list(value.values()) if isinstance(value, dict) else value)
    if kind == _TIMES:
        return _is_schedule(value)
    if kind == _POLICY:
        return _is_restart(value)
    if kind == _SECONDS:
        return _is_number(value)
    if kind == _WITHIN:
        return value is None or _is_number(value)
    if kind == _HARDWARE:  # faster than its boot it would lose the board; boot.py has these bounds too
        return value is None or _is_number(value) and not 0 < value < 1
    if kind == _MINUTES:
        return _is_number(value, -1440, 1440)
    if kind == _COUNT:
        return isinstance(value, int) and _is_number(value, 1, 99)
    if kind == _RATE:
        pair = _is_list(value) and len(value) == 2
        return value is None or pair and all([isinstance(n, int) and _is_number(n, 1) for n in value])
    if kind == _CLASS:
        return isinstance(value, str) and 0 < value.find(".") < len(value) - 1
    return isinstance(value, str) and value.lower() in "debug info warning error critical".split()


def _takes(kind):
    """What a kind of key takes, for people."""
    return _TAKES[_TAKES.find(chr(kind) + "=") + 2 :].split("|")[0]


def fault_of(name, entry):
    """What is wrong with an entry, with the key's full path; None if nothing is."""
    if not isinstance(entry, dict):
        return "%s: expected an object {key: value}, not %s" % (name, json.dumps(entry))
    for key in sorted(entry):
        letter = kind(key, _BOOT if name == "_boot" else _KEYS)
        if letter is not None and not fits(letter, entry[key]):
            if letter == _TIMES and isinstance(entry[key], dict) and _has_more(entry[key]):
                why = _why_not(entry[key])
                if why is not None:  # no further format: a short text is a name for good
                    return "%s.%s" % (name, "%s.%s" % (key, why))
            return "%s.%s: expected %s, not %s" % (name, key, _takes(letter), json.dumps(entry[key]))
    return None


# -- reading ------------------------------------------------------------------


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
    twice = [n for n in sorted(found) if text.count('"%s"' % n) > once.count('"%s"' % n)]
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
    return found, fault and "%s: %s" % (path, fault)


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


# -- what services get --------------------------------------------------------


def _undefined(name, entry):
    """The fault of an entry in which a ${NAME} is not defined; None."""
    from aioctl.env import expand, read

    names, damage = read()
    for key in sorted(entry):
        if kind(key) in (None, _LIST, _OBJECT):
            parts = {key: entry[key]}
            if key == "kwargs":
                parts = {key + "." + word: entry[key][word] for word in entry[key]}
            for part in sorted(parts):
                try:
                    expand(parts[part], names)
                except KeyError as e:
                    why = "${%s} is not defined in .env" % e.args[0] if damage is None else damage
                    return "%s.%s" % (name, "%s: %s" % (part, why))
    return None


def _own(entry):
    """A copy of an entry in which the keys that are not in the table stand in `config`."""
    made = {key: entry[key] for key in entry if kind(key) is not None}
    if len(made) < len(entry):
        made["config"] = {key: entry[key] for key in entry if kind(key) is None}
    return made


def resolve(settings):
    """({name: attributes of that service}, {name: what is wrong with its entry}).

    An entry with `instances` becomes name@0, name@1 …, each with its own entry over it;
    under the name itself stands None then.
    """
    found, faults = {}, {}
    for key in sorted(settings):
        name = key[:-8] if key.endswith(".service") else key
        entry = settings[key]
        fault = fault_of(name, entry)
        if fault is None and "${" in json.dumps(entry):
            fault = _undefined(name, entry)
        if name != key and name in settings:
            fault = "%s and %s are the same: keep one" % (name, key)
        if fault is not None:
            faults[name] = fault
        if fault is None and isinstance(entry, dict):
            found[name] = _own(entry)
    for name in list(found):
        if "instances" in found[name]:
            _multiply(name, found)
    return found, faults


def _multiply(name, found):
    entry, found[name] = found[name], None
    for i in range(entry.pop("instances")):
        one = dict(entry)
        for key, value in found.get("%s@%d" % (name, i), {}).items():
            if key in ("kwargs", "config"):  # what is not named stays
                value = dict(entry.get(key, {}), **value)
            one[key] = value
        found["%s@%d" % (name, i)] = one
