# The simulated board's `machine.SoftI2C`.
from machine_i2c import SoftI2C  # noqa: F401
