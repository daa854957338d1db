"""new_name, a core service, on a real MicroPython with the heap of a board."""

PROGRAM = """
import asyncio
import aioservice


async def main():
    print(await aioservice.boot(debug=False))
    service = aioservice.service("new_name")
    print(service.state, service.result, service.error)
    await aioservice.shutdown()


asyncio.run(main())
"""


def test_is_done_when_the_board_has_booted(vm32):
    vm32.ship("aioservices/services/new_name_service.mpy")
    assert vm32.run(PROGRAM).out.splitlines() == ["True", "done ready None"]
