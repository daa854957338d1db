# dofail: what failing looks like. It cannot even be imported: load("dofail"), traceback("dofail").

from aioclass import Service


class DoFail(Service):
    info = "Fails when it is made"
    type = "runtime.service"
    enabled = False

    def __init__(self, name):
        super().__init__(name)
        self.ratio = 1 / 0


service = DoFail("dofail")
