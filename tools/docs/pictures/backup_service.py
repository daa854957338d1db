# For the pictures: a service that fails, and is tried again.

from aioclass import Service


class Backup(Service):
    info = "Keeps a copy of all values"
    enabled = True
    require = ("uplink",)

    async def task(self):
        raise OSError("no card")


service = Backup("backup")
