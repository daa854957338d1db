"""Files that were damaged on the flash chip, which the manifest tells after a boot that did not last."""
from __future__ import annotations

from bench import FIRMWARE_PROMPT

FLIP = """
path = %r
data = bytearray(open(path, "rb").read())
data[-9] ^= 1
file = open(path, "wb")
file.write(data)
file.close()
"""


def test_a_damaged_service_is_held_back_and_lib_ends_at_the_prompt(pico):
    service, module = "aioservices/services/hello_service.mpy", "lib/aioctl/report.mpy"
    pico.run(FLIP % service)
    pico.send("import machine; machine.reset()\r")
    text = pico.expect("[ ERROR ] Service: hello.service from ./aioservices/services/hello_service.mpy not loaded: "
                       "Error: LoadError: the file is damaged, not as in manifest.txt; copy it anew\n") + pico.up()
    assert "[ OK ] Service: world.service" in text
    pico.run(FLIP % module)
    pico.send("import machine; machine.reset()\r")
    pico.expect(f"damaged, not as in manifest.txt: {module}. Nothing is started; copy lib/ anew\n")
    pico.expect(FIRMWARE_PROMPT)
    # Mended from the firmware's prompt, it starts as ever, and no boot at that prompt counts.
    pico.run(FLIP % module, resume=False)
    pico.send("\x02import machine; machine.reset()\r")
    text = pico.up()
    assert "safe mode" not in text and "[ OK ] Service: world.service" in text
