# First code on the board: where modules are found, a deploy that was cut, whether files are damaged, the
# hardware watchdog, and the guard against boots that do not last. Nothing here can fail.
# Its names are ones that are used elsewhere too: each new one would stay in memory for good.
import sys

if "lib" not in sys.path and not any(path.endswith("/lib") for path in sys.path):
    sys.path.append("lib")
line = "\n/rom\n/rom/lib"
text = "\n".join(sys.path)
if line in text:  # a firmware with ROMFS looks there first; what lies on flash is to go first
    sys.path[:] = (text.replace(line, "") + line).split("\n")
try:
    __import__("os").stat("deploy.switch")
    sys.path[:0] = "deploy.next", "deploy.prev"  # where it lies is being written, perhaps
    try:
        text = __import__("aioswitch")
    finally:
        del sys.path[:2]
    text.boot()
except OSError:
    pass  # no deploy is under way
except Exception as error:
    sys.print_exception(error)


armed = []  # the hardware watchdog, once it is


def check(names=None, armed=armed):
    # The files that are not as manifest.txt has them; None: it cannot tell. `names`: of these alone, paths
    # without what follows the last dot. One that is not there is none of them: that is an ImportError,
    # which harms nothing, while the VM can hang or die of a damaged one. The guard keeps this function, but
    # the names of this file are gone then.
    import sys

    try:
        import hashlib, os  # noqa: E401

        found = []
        text = hashlib.sha256()
        data = bytearray(512)
        with open("manifest.txt") as lines:
            for line in lines:
                size, word, name = line.split(" ", 2)
                name = name.strip()
                if name == "end":  # of a manifest that is damaged itself nothing counts
                    return found if text.digest().hex() == word else None
                text.update(line)
                if names and name.rpartition(".")[0] not in names:
                    continue
                for wdt in armed:
                    wdt.feed()
                try:
                    wrong = os.stat(name)[6] != int(size)
                except OSError:
                    continue
                if not wrong:
                    one = hashlib.sha256()
                    with open(name, "rb") as file:
                        n = file.readinto(data)
                        while n:
                            one.update(memoryview(data)[:n])
                            n = file.readinto(data)
                    wrong = one.digest().hex() != word
                if wrong:
                    found.append(name)
    except Exception as error:
        if not isinstance(error, (OSError, ImportError)):  # no manifest, or no hashlib: nothing is known
            sys.print_exception(error)


def watchdog():
    # Seconds that `_boot.watchdog` in services.config asks for, or None. A file that is cut short is damaged
    # here, too, and then that counts which aioservice/settings.py takes; it is too large to load for it.
    import json

    names = ["services.config", "services.config.bak", "/rom/services.config"]
    for name in names:
        try:
            with open(name) as file:
                text = file.read()
            line = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
            if line.count("{") == line.count("}") and line.count("[") == line.count("]"):
                return json.loads(text).get("_boot", {}).get("watchdog")
        except Exception as error:
            if isinstance(error, OSError) and error.errno == 2 and name == names[0]:
                del names[1]  # no such file: its copy does not count either


def begin(machine, armed, wanted):
    # Arms it for that long, or as long as the port allows. What aiowatchdog is to know of it, or None.
    if type(wanted) not in (int, float) or not 1 <= wanted <= 86400:
        return
    wdt = fault = None
    ms = int(wanted * 1000 + 0.5)
    while wdt is None and ms >= 1000:
        try:
            wdt = machine.WDT(timeout=ms)
        except Exception as error:
            fault = fault or error
            word = str(error).split(" ")[-1]  # RP2040: "timeout exceeds 8388"; others do not say it
            ms = int(word) if word.isdigit() and int(word) < ms else ms // 2
    if wdt is not None:
        armed.append(wdt)
    return wdt, ms, wanted, fault


machine = names = wanted = None
try:
    import machine

    # After a reset the guard's own files first, as it decides whether to look at the others.
    if machine.reset_cause() not in (machine.PWRON_RESET, getattr(machine, "DEEPSLEEP_RESET", 0)):
        line = "lib/aioguard lib/aioservice/__init__ lib/aioservice/kept lib/aioservice_rom"
        names = check(line.split(" "))
except Exception:
    pass  # no such module, or one that does not tell: what there is of it is missed below
try:
    # Armed before anything is imported that could hang; but once armed it stays so, and must not be
    # where the board is to stay at its prompt. Files that were looked at cannot hang.
    if names is None:
        wanted = begin(machine, armed, watchdog())
except Exception as error:
    sys.print_exception(error)
try:
    if not names and "/rom" in sys.path:
        __import__("aioservice_rom").begin()
except Exception as error:
    sys.print_exception(error)
try:  # what became of the boot before, and whether this one is in safe mode
    if not names:
        text = names
        names = __import__("aioguard").start(check)
        if text is not None and not names:
            wanted = begin(machine, armed, watchdog())
except Exception as error:
    sys.print_exception(error)
try:
    if wanted is not None and not names:
        __import__("aiowatchdog").start(*wanted)
except Exception as error:
    sys.print_exception(error)
if names:  # main.py says it: here RP2040 has no USB port yet
    fault = "damaged, not as in manifest.txt: %s. Nothing is started; copy lib/ anew" % ", ".join(names)
    sys.path[:] = [path for path in sys.path if path != "lib" and (path[:4] == "/rom" or path[-4:] != "/lib")]
del sys, machine, line, text, armed, check, watchdog, begin, names, wanted
__import__("gc").collect()  # else what stays is put behind what this file took for a while
