# What stands in aiobase now, for programs that know it by this name.
# Nothing here loads it.

from aiobase import Group, bound, describe, group, is_awaitable, is_interrupt, kept_of, lookup  # noqa: F401
