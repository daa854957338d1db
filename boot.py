# First code on the board: where modules are found. Nothing here can fail.
import sys

if "lib" not in sys.path and not any(path.endswith("/lib") for path in sys.path):
    sys.path.append("lib")
del sys
