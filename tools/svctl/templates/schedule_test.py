"""new_name, a schedule service, on a real MicroPython with the heap of a board."""

PROGRAM = """
import asyncio
import aioservice


async def main():
    aioservice.load("new_name")
    service = aioservice.service("new_name")
    while service.runs < 3 or service.state != "scheduled":
        await asyncio.sleep_ms(10)
    print(service.result == service.runs, service.error)
    await aioservice.shutdown()


asyncio.run(main())
"""


def test_runs_again_and_again(vm32):
    vm32.ship("aioservices/services/new_name_service.mpy")
    vm32.put("services.config", '{"new_name": {"schedule": {"start_in": 0, "repeat": 0.1}}}')
    assert vm32.run(PROGRAM).out.splitlines()[-1] == "True None"
