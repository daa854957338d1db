# Runs the services until they are told to stop; the names are for the console.
import sys

try:  # boot.py goes on with a deploy that was cut, unless it is what the cut has harmed
    __import__("os").stat("deploy.switch")
    if "aioswitch" not in sys.modules:
        __import__("aioswitch").boot()
except (OSError, ImportError):
    pass
try:
    if "fault" in globals():  # boot.py has found damage; a host needs a moment to find a USB port
        __import__("time").sleep(2)
        print(globals()["fault"])
        if "aioswitch" in sys.modules:
            sys.modules["aioswitch"].failed(globals()["fault"])
    else:
        import aioctl  # noqa: F401
        import aioservice

        aioservice.run()
except Exception as error:
    if "aioswitch" in sys.modules:  # on trial it goes back to the files before
        sys.modules["aioswitch"].failed(error)
    raise
