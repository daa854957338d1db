# world: a schedule service: it runs one second after the boot, and every ten seconds from then.

from aioclass import Service


class World(Service):
    info = "Looks at the world now and then: a schedule service"
    type = "schedule.service"
    enabled = True
    schedule = {"start_in": 1, "repeat": 10}

    async def task(self):
        self.log.info("the world is still there")
        return "still there"


service = World("world")
