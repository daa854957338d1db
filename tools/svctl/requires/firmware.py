"""The modules of MicroPython's firmware, of all its boards together, 1.24 and newer; and what micropython-lib
has in place of what CPython has more."""
from __future__ import annotations

_C = ("array asyncio binascii bluetooth btree builtins cmath collections cryptolib deflate errno esp esp32 "
      "espnow ffi framebuf gc hashlib heapq io jni json lwip machine marshal math micropython mimxrt network "
      "openamp os platform pyb random re rp2 samd select socket ssl stm struct sys termios time tls uctypes "
      "vfs websocket zephyr "
      "__main__ _asyncio _bluetooth _boot _espnow _onewire _rp2 _thread _webrepl")
_FROZEN = ("aioespnow apa106 dht ds18x20 flashbdev inisetup lcd160cr lsm6dsox mip neopixel ntptime onewire "
           "requests uasyncio umqtt umqtt.robust umqtt.simple upysh urequests webrepl webrepl_setup")
_BELOW = "asyncio.core asyncio.event asyncio.funcs asyncio.lock asyncio.stream"
# Which may be had with a `u` before their names.
_SHORT = ("array asyncio binascii collections cryptolib errno hashlib heapq io json machine os platform "
          "random re select socket ssl struct sys time websocket")
MODULES = frozenset([*_C.split(), *_FROZEN.split(), *_BELOW.split(),
                     *(f"u{name}" for name in _SHORT.split())])
# Of micropython-lib, python-stdlib: what people miss most.
_LIB = ("__future__ abc argparse base64 bisect cmd codecs contextlib copy curses.ascii datetime fnmatch "
        "functools getopt gzip hmac html inspect itertools keyword locale logging operator os.path pathlib "
        "pickle pkg_resources pkgutil pprint quopri shutil stat string tarfile tempfile textwrap threading "
        "traceback types unittest uu venv warnings zlib aioble aiohttp aiorepl senml cbor2")
_NAMES = {"os.path": "os-path", "collections.defaultdict": "collections-defaultdict",
          "curses.ascii": "curses.ascii"}
LIB = {name: _NAMES.get(name, name) for name in _LIB.split()}
