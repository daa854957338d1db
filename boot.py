# First code on the board: where modules are found, a deploy that was cut, whether files are damaged, the
# hardware watchdog, and the guard against boots that do not last. Nothing here can fail.
# It is compiled on the board, where each new name stays in memory for good: the build shortens its variables.
import sys

if "lib" not in sys.path and not any(path.endswith("/lib") for path in sys.path):
    sys.path.append("lib")
in_rom = "\n/rom\n/rom/lib"
paths = "\n".join(sys.path)
if in_rom in paths:  # a firmware with ROMFS looks there first; what lies on flash is to go first
    sys.path[:] = (paths.replace(in_rom, "") + in_rom).split("\n")
try:
    __import__("os").stat("deploy.switch")
    sys.path[:0] = "deploy.next", "deploy.prev"  # where it lies is being written, perhaps
    try:
        switch = __import__("aioswitch")
    finally:
        del sys.path[:2]
    switch.boot()
except OSError:
    switch = None  # no deploy is under way
except Exception as error:
    switch = None
    sys.print_exception(error)


armed = []  # the hardware watchdog, once it is


def check(only=None, devices=armed):
    # The files that are not as manifest.txt has them; None: it cannot tell. `only`: of these alone, paths
    # without what follows the last dot. One that is not there is none of them: that is an ImportError,
    # which harms nothing, while the VM can hang or die of a damaged one. The guard keeps this function, but
    # the names of this file are gone then.
    import sys

    try:
        import hashlib, os  # noqa: E401

        damaged = []
        whole = hashlib.sha256()
        piece = bytearray(512)
        with open("manifest.txt") as manifest:
            for line in manifest:
                size, digest, path = line.split(" ", 2)
                path = path.strip()
                if path == "end":  # of a manifest that is damaged itself nothing counts
                    return damaged if whole.digest().hex() == digest else None
                whole.update(line)
                if only and path.rpartition(".")[0] not in only:
                    continue
                for device in devices:
                    device.feed()
                try:
                    wrong = os.stat(path)[6] != int(size)
                except OSError:
                    continue
                if not wrong:
                    hashed = hashlib.sha256()
                    with open(path, "rb") as file:
                        n = file.readinto(piece)
                        while n:
                            hashed.update(memoryview(piece)[:n])
                            n = file.readinto(piece)
                    wrong = hashed.digest().hex() != digest
                if wrong:
                    damaged.append(path)
    except Exception as error:
        if not isinstance(error, (OSError, ImportError)):  # no manifest, or no hashlib: nothing is known
            sys.print_exception(error)


def watchdog():
    # Seconds that `_boot.watchdog` in services.config asks for, or None. A file that is damaged is so here,
    # too, and then that counts which aioservice/settingsfile.py takes; it is too large to load for it, and
    # sees a little more: the manager says where that makes a difference. Of two equal names one is lost.
    import json

    paths = ["services.config", "services.config.bak", "/rom/services.config"]
    for path in paths:
        try:
            with open(path) as file:
                text = file.read().lstrip("\ufeff")
            settings = json.loads(text)
            bare, once = [  # the text, and what json makes of it, without their strings
                "".join(each.replace("\\\\", "").replace('\\"', "").split('"')[::2])
                for each in (text, json.dumps(settings))
            ]
            more = [bare.count(mark) - once.count(mark) for mark in "\0:,}]us"]
            if not any(more) or not more[0] and more[1] > 0 and bare.count("{") == bare.count("}"):
                return settings.get("_boot", {}).get("watchdog")
        except Exception as error:
            if isinstance(error, OSError) and error.errno == 2 and path == paths[0]:
                del paths[1]  # no such file: its copy does not count either


def begin(machine, armed, wanted):
    # Arms it for that long, or as long as the port allows. What aioboot.watchdog is to know of it, or None.
    if type(wanted) not in (int, float) or not 1 <= wanted <= 86400:
        return
    device = refused = None
    ms = int(wanted * 1000 + 0.5)
    while device is None and ms >= 1000:
        try:
            device = machine.WDT(timeout=ms)
        except Exception as error:
            refused = refused or error
            most = str(error).split(" ")[-1]  # RP2040: "timeout exceeds 8388"; others do not say it
            ms = int(most) if most.isdigit() and int(most) < ms else ms // 2
    if device is not None:
        armed.append(device)
    return device, ms, wanted, refused


machine = own = looked = damaged = watched = None
try:
    import machine

    # After a reset the guard's own files first, as it decides whether to look at the others.
    if machine.reset_cause() not in (machine.PWRON_RESET, getattr(machine, "DEEPSLEEP_RESET", 0)):
        own = "lib/aiobase/__init__ lib/aioboot/__init__ lib/aioboot/guard lib/aioboot/kept lib/aioboot/rom"
        looked = damaged = check(own.split(" "))
except Exception:
    pass  # no such module, or one that does not tell: what there is of it is missed below
try:
    # Armed before anything is imported that could hang; but once armed it stays so, and must not be
    # where the board is to stay at its prompt. Files that were looked at cannot hang.
    if looked is None:
        watched = begin(machine, armed, watchdog())
except Exception as error:
    sys.print_exception(error)
try:
    if not damaged and "/rom" in sys.path:
        __import__("aioboot.rom").rom.begin()
except Exception as error:
    sys.print_exception(error)
try:  # what became of the boot before, and whether this one is in safe mode
    if not damaged:
        damaged = __import__("aioboot.guard").guard.start(check)
        if looked is not None and not damaged:
            watched = begin(machine, armed, watchdog())
except Exception as error:
    sys.print_exception(error)
try:
    if watched is not None and not damaged:
        __import__("aioboot.watchdog").watchdog.start(*watched)
except Exception as error:
    sys.print_exception(error)
if damaged:  # main.py says it: here RP2040 has no USB port yet
    fault = "damaged, not as in manifest.txt: %s. Nothing is started; copy lib/ anew" % ", ".join(damaged)
    sys.path[:] = [path for path in sys.path if path != "lib" and (path[:4] == "/rom" or path[-4:] != "/lib")]
del sys, machine, in_rom, paths, switch, armed, check, watchdog, begin, own, looked, damaged, watched
__import__("gc").collect()  # else what stays is put behind what this file took for a while
