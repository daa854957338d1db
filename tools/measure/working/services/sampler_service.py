# Of the working board: what runs at times, at an interval or by the clock, as the settings say.
from aioclass import Service


class Sampler(Service):
    info = "Takes a sample now and then"
    type = "schedule.service"
    enabled = True
    require = "board"
    schedule = {"start_in": 3600, "repeat": 3600}
    kwargs = {"keep": 5}
    samples = last = 0

    async def task(self, keep):
        self.samples = (self.samples + 1) % keep
        self.last += 1
        return self.last


service = Sampler("sampler")
