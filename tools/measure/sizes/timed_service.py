# One of each kind: a service that runs at times.

from aioclass import Service


class Timed(Service):
    type = "schedule.service"
    enabled = True
    schedule = {"start_in": 3600, "repeat": 3600}

    async def task(self):
        return self.name


service = Timed("NAME")
