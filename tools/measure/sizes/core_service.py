# One of each kind, for what the manager itself needs to handle them: the core service.

from aioclass import Service


class Base(Service):
    type = "core.service"
    enabled = True

    async def task(self):
        return self.name


service = Base("NAME")
