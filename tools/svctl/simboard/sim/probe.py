# Tells the host tools which interpreter this is: name, version, .mpy version, word size.
# Run by tools/svctl/setup/unixport.py; works on any MicroPython (and on CPython, to refuse it).
import sys

version = ".".join([str(part) for part in sys.implementation[1][:3]])
print(sys.implementation[0], version, getattr(sys.implementation, "_mpy", 0),
      64 if sys.maxsize > 0x7FFFFFFF else 32)
