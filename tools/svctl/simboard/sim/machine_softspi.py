# The simulated board's `machine.SoftSPI`.
from machine_spi import SoftSPI  # noqa: F401
