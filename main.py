# Runs the services until they are told to stop; the names are for the console.
import aioctl  # noqa: F401
import aioservice

aioservice.run()
