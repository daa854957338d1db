# world: a schedule service: a second after the boot, and every ten seconds from then on, it
# is started anew, runs to its end, and is cleaned up.

from aioclass import Service


class World(Service):
    info = "Looks at the world now and then: a schedule service"
    type = "schedule.service"
    enabled = True
    schedule = {"start_in": 1, "repeat": 10}  # seconds

    async def task(self):
        self.log.info("the world is still there")
        return "still there"


service = World("world")
