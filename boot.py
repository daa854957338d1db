# First code on the board: where modules are found, the hardware watchdog, and the guard against
# boots that do not last. Nothing here can fail.
# Its names are ones that are used elsewhere too: each new one would stay in memory for good.
import sys

if "lib" not in sys.path and not any(path.endswith("/lib") for path in sys.path):
    sys.path.append("lib")
line = "\n/rom\n/rom/lib"
text = "\n".join(sys.path)
if line in text:  # a firmware with ROMFS looks there first; what lies on flash is to go first
    sys.path[:] = (text.replace(line, "") + line).split("\n")


def watchdog():
    # Seconds that `_boot.watchdog` in services.config asks for, or None. What counts as damaged is
    # what aioservice/settings.py says, and so is what then counts; it is too large to load for it.
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


def begin(wanted):
    # Arms it for that long, or as long as the port allows; only then imports anything of ours.
    if type(wanted) not in (int, float) or not 1 <= wanted <= 86400:
        return
    wdt = fault = None
    ms = int(wanted * 1000 + 0.5)
    while wdt is None and ms >= 1000:
        try:
            import machine

            wdt = machine.WDT(timeout=ms)
        except Exception as error:
            fault = fault or error
            word = str(error).split(" ")[-1]  # RP2040: "timeout exceeds 8388"; others do not say it
            ms = int(word) if word.isdigit() and int(word) < ms else ms // 2
    import aiowatchdog

    aiowatchdog.start(wdt, ms, wanted, fault)


try:
    begin(watchdog())
    if line in text:
        __import__("aioservice_rom").begin()
except Exception as error:
    sys.print_exception(error)
try:  # what became of the boot before, and whether this one is in safe mode
    __import__("aioguard").start()
except Exception as error:
    sys.print_exception(error)
del sys, line, text, watchdog, begin
