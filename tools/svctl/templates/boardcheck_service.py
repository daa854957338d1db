# The guest of `svctl test-board`: a service to try things on. It leaves by itself, with all that the test has
# put on the board, two minutes after the last sign of a host.
#
#   boardcheck.txt     how many of the coming boots are to end at once; in safe mode, too, it may run
#   boardcheck.prev, boardcheck.list     the set before that a deploy has kept there, put aside meanwhile
import asyncio
import os

from aioclass import Service

_COUNT = "boardcheck.txt"
_STAYS = 120  # s


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _remove(path):
    try:
        if os.stat(path)[0] & 0x4000:
            for name in os.listdir(path):
                _remove(path + "/" + name)
            os.rmdir(path)
        else:
            os.remove(path)
    except OSError:
        pass


def put_aside():
    """Puts the set before out of the way of a deploy; an empty list: there is none."""
    if _exists("boardcheck.list"):
        return
    if _exists("deploy.prev"):
        os.rename("deploy.prev", "boardcheck.prev")
    if _exists("deploy.list"):
        os.rename("deploy.list", "boardcheck.list")
    else:
        open("boardcheck.list", "w").close()


def put_back():
    """Has it back where it was. Each step may be done twice."""
    if not _exists("boardcheck.list"):
        return
    _remove("deploy.next")
    if _exists("deploy.prev/!aioservices!services!boardcheck_service.mpy"):
        _remove("deploy.prev")
    if _exists("boardcheck.prev"):
        os.rename("boardcheck.prev", "deploy.prev")
    _remove("deploy.list")
    if os.stat("boardcheck.list")[6]:
        os.rename("boardcheck.list", "deploy.list")
    else:
        _remove("boardcheck.list")


def leave():
    """Removes all that the test has put on the flash, this file too."""
    put_back()
    for path in (_COUNT, "boardcheck.new", "boardcheck.old", "aioservices/services/boardcheck_service.mpy"):
        _remove(path)


class Boardcheck(Service):
    info = "What svctl test-board tries; it leaves by itself"
    enabled = True
    safe = True
    restart = {"policy": "on-failure", "delay": 1, "limit": [2, 60], "on_limit": "reset"}

    version = 1  # another one is what the test deploys

    def __init__(self, name):
        super().__init__(name)
        self.left = _STAYS
        self.beats = 0
        self.fails = 0  # how often its task is to fail
        self.noisy = False

    def tell(self, word):
        """Does what a host says, while it is there."""
        {"aside": put_aside, "back": put_back, "leave": leave}[word]()

    async def task(self):
        _end_boot()
        if self.fails:
            self.fails -= 1
            self.log.error("boardcheck fails, as it is told")
            raise OSError("boardcheck fails, as it is told")
        while self.left > 0 or _exists("deploy.switch"):
            for _ in range(50):
                await asyncio.sleep_ms(20)
                self.beats += 1
                if self.noisy:
                    print("boardcheck prints a line, and another one")
            self.left -= 1
        leave()
        import aioservice

        aioservice.unmask(self.name)
        if aioservice.last_boot()["safe"]:
            aioservice.resume()
        aioservice.unload(self.name)


def _end_boot():
    """Ends this boot at once, if it is one of those that are to end so."""
    if not _exists(_COUNT):
        return
    with open(_COUNT) as file:
        text = file.read()
    count = int(text) if text.isdigit() else 0
    from aioboot import ask

    if count > 0 and not ask("safe"):
        with open(_COUNT, "w") as file:
            file.write(str(count - 1))
        __import__("machine").reset()
    os.remove(_COUNT)


service = Boardcheck("boardcheck")
