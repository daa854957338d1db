# Runs the services until they are told to stop; the names are for the console.
if "fault" in globals():  # boot.py has found damage; a host needs a moment to find a USB port
    __import__("time").sleep(2)
    print(globals()["fault"])
else:
    import aioctl  # noqa: F401
    import aioservice

    aioservice.run()
