# Whether a loop runs here that the console's raw mode holds up: only aioconsole's does not.
print((lambda a: "asyncio.core" in a and a["asyncio.core"].cur_task is not None and "aioconsole_raw" not in a)(__import__("sys").modules))  # noqa: E501
