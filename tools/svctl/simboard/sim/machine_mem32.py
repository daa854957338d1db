# The simulated board's `machine.mem32`.
from machine_backup import mem32  # noqa: F401
