"""new_name, a runtime service, on a real MicroPython with the heap of a board."""

PROGRAM = """
import asyncio
import aioservice


async def main():
    aioservice.load("new_name")
    service = aioservice.service("new_name")
    while service.state != "running" or service.count < 3:
        await asyncio.sleep_ms(10)
    await aioservice.stop("new_name")
    print(service.state, service.result >= 3, service.error)
    await aioservice.shutdown()


asyncio.run(main())
"""


def test_runs_until_it_is_stopped(vm32):
    vm32.ship("aioservices/services/new_name_service.mpy")
    vm32.put("services.config", '{"new_name": {"kwargs": {"period": 10}}}')
    assert vm32.run(PROGRAM).out.splitlines()[-1] == "stopped True None"
