# Of the working board: what others require, up when it has looked at its pins.
from aioclass import Service


class Board(Service):
    info = "Which pins are whose"
    type = "core.service"
    enabled = True
    kwargs = {"pins": 4}
    free = looked = 0

    async def task(self, pins):
        self.looked += 1
        self.free = 30 - pins
        return self.free


service = Board("board")
