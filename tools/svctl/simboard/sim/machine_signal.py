# The simulated board's `machine.Signal`.
from machine_pin import Signal  # noqa: F401
