# The heap that importing each module takes, one after the other: what an earlier one brought
# along is not counted again.

import asyncio
import sys

from common import report, used, warm_up

asyncio.run(warm_up())
for name in sys.argv[1:]:
    before = used()
    __import__(name, None, None, ("x",))
    heap = used() - before
    report(**{name: heap})
