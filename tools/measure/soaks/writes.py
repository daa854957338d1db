# On the device: boots that end in a reset, and what each of them writes to the flash. boot.py imports it
# first, so that nothing is missed; main.py calls run().

import asyncio
import builtins


def _open(path, mode="r", *args, real=open):
    if mode[:1] != "r":
        print("WRITE", path)
    return real(path, mode, *args)


builtins.open = _open
print("BOOT")


async def _life(ends):
    import aioservice

    await aioservice.boot(debug=False)
    aioservice.init(debug=False)
    for _ in range(5):  # a service that resets the board does so meanwhile
        await asyncio.sleep_ms(2)
    if ends:
        await aioservice.shutdown()


def run(ends):
    """Comes up, with `ends` goes down as it should, and resets."""
    import machine

    asyncio.run(_life(ends))
    machine.reset()
