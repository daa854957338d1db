"""What is told while something takes its time."""
import io
import re
import threading

from svctl.setup import progress


class Terminal(io.StringIO):
    """One that lets go of `seen` when a look was printed."""

    def __init__(self):
        super().__init__()
        self.seen = threading.Event()

    def isatty(self):
        return True

    def write(self, text):
        if " MB, " in text:
            self.seen.set()
        return super().write(text)


def test_elsewhere_it_is_one_line(tmp_path):
    stream = io.StringIO()
    with progress.told("fetching", tmp_path, stream):
        pass
    assert stream.getvalue() == "fetching …\n"


def test_a_terminal_sees_how_much_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "AGAIN", 0.001)
    (tmp_path / "before").write_bytes(bytes(2_000_000))
    stream = Terminal()
    with progress.told("fetching", tmp_path, stream):
        (tmp_path / "now").write_bytes(bytes(3_000_000))
        stream.seen.clear()
        assert stream.seen.wait(60)
    text = stream.getvalue()
    assert text.startswith("fetching …") and re.search(r"\rfetching … 3\.0 MB, \d+ s", text) and text.endswith("\n")


def test_it_ends_with_what_it_is_about(tmp_path):
    stream = Terminal()
    try:
        with progress.told("fetching", tmp_path, stream):
            raise OSError
    except OSError:
        pass
    assert stream.getvalue() == "fetching …\n"
