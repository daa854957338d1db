# Runs the services until they are told to stop; the names are for the console.
if "fault" not in globals():  # boot.py has said what is damaged
    import aioctl  # noqa: F401
    import aioservice

    aioservice.run()
