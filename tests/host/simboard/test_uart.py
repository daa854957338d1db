"""The simulated board's port: text gets its \\r, the binary requests of `mpremote mount` do not."""
import random

from svctl.simboard.uart import Uart

# A write of 10 bytes to file 10, a stat of a path of 10, one that removes a file (its number is 10), a close.
REQUESTS = [b"\x18\x08\n" + b"\n\0\0\0" + b"\n" * 10, b"\x18\x01" + b"\n\0\0\0" + b"/remote/a\n",
            b"\x18\n" + b"\x01\0\0\0" + b"a", b"\x18\x05\n", b"\x18\x03", b"\x18\x04" + b"\x01\0\0\0a\x02\0\0\0rb"]


def test_text_and_requests_in_pieces_of_any_size():
    rng = random.Random(3)
    for _ in range(300):
        sent, wanted = b"", b""
        for _ in range(rng.randrange(1, 8)):
            request, text = rng.choice(REQUESTS), rng.choice([b"a\nb\n", b"", b"\n", b"\r\n"])
            sent += request + text
            wanted += request + text.replace(b"\n", b"\r\n")
        uart, found = Uart(), b""
        while sent:
            n = rng.randrange(1, 12)
            found += uart.take(sent[:n])
            sent = sent[n:]
        assert found == wanted


def test_what_only_looks_like_a_request_ends():
    uart = Uart()
    assert uart.take(b"\x18Z\n\x18\x18\n") == b"\x18Z\r\n\x18\x18\n"
    assert Uart().take(b"\x18\x01\xff\xff\xff\xff\n") == b"\x18\x01\xff\xff\xff\xff\r\n"
    assert Uart().take(b"plain\n") == b"plain\r\n"
