"""requirements-board.lock: as it is written, read again, and what none is."""
from __future__ import annotations

import pytest

from svctl.errors import RequiresError
from svctl.requires import locked
from svctl.requires.locked import Item, Package

ONE, TWO = "1" * 64, "2" * 64
PACKAGES = [
    Package("pypi", "b", "1.0", ("b>=1",), ("c", "a"), "https://example.com/b.whl", TWO, (Item("b/y.py", ONE), Item("b/x.py", TWO))),
    Package("mip", "github:o/r", "v1", (), ("logging@latest",), "https://example.com/package.json", "",
            (Item("r.py", ONE, "https://example.com/r.py"),)),
    Package("folder", "./ä \"x\"", lines=("./ä \"x\"",)),
]
TEXT = f'''\
# What requirements-board.txt brings to boards, with the sum of each file. svctl lock writes it.
format = 1

[[package]]
source = "folder"
name = "./ä \\"x\\""
lines = ["./ä \\"x\\""]

[[package]]
source = "mip"
name = "github:o/r"
version = "v1"
url = "https://example.com/package.json"
requires = ["logging@latest"]
files = [
  {{ path = "r.py", sha256 = "{ONE}", url = "https://example.com/r.py" }},
]

[[package]]
source = "pypi"
name = "b"
version = "1.0"
url = "https://example.com/b.whl"
sha256 = "{TWO}"
lines = ["b>=1"]
requires = ["a", "c"]
files = [
  {{ path = "b/x.py", sha256 = "{TWO}" }},
  {{ path = "b/y.py", sha256 = "{ONE}" }},
]
'''


def test_text_and_what_is_read_of_it(tmp_path):
    assert locked.read(tmp_path) is None
    assert locked.write(tmp_path, PACKAGES) and (tmp_path / locked.FILE).read_text() == TEXT
    found = locked.read(tmp_path)
    assert locked.text(found) == locked.text(PACKAGES[::-1]) == TEXT
    assert not locked.write(tmp_path, found)
    assert [each.name for each in tmp_path.iterdir()] == [locked.FILE]
    assert locked.text([]) == TEXT[:TEXT.index("\n[[")]


DAMAGED = {
    "no TOML": (TEXT[:-3], "requirements-board.lock is damaged: "),
    "a merge": (TEXT.replace("\n[[", "\n<<<<<<< HEAD\n[[", 1), "requirements-board.lock is damaged: "),
    "no format": (TEXT.replace("format = 1", ""), "there is no format = 1 in it"),
    "an odd format": (TEXT.replace("format = 1", "format = 'x'"), "there is no format = 1 in it"),
    "a newer format": (TEXT.replace("format = 1", "format = 2"),
                       "requirements-board.lock is of a newer svctl (format 2, this one knows 1): pip install --upgrade aioservices"),
    "no packages": ("format = 1\npackage = 3\n", "there is no format = 1 in it"),
    "a package that is none": ("format = 1\npackage = [3]\n", "nobody understands 3"),
    "a key more": (TEXT.replace("version = \"1.0\"", "version = \"1.0\"\nrun = 1"), "nobody understands b: "),
    "a name that is none": (TEXT.replace("name = \"b\"", "name = 3"), "nobody understands 3"),
    "a source that is none": (TEXT.replace("\"pypi\"", "\"cargo\""), "nobody understands b"),
    "a name that is an option of pip": (TEXT.replace("name = \"b\"", "name = \"b --index-url=https://x\""), "nobody understands b --index"),
    "a version with a line more": (TEXT.replace("\"1.0\"", "\"1.0\\n-e .\""), "nobody understands b"),
    "a name for a terminal": (TEXT.replace("github:o/r", "\\u001b[2J"), "nobody understands ?[2J"),
    "a folder that no line names": (TEXT.replace("lines = [\"./ä \\\"x\\\"\"]\n", ""), "nobody understands ./ä"),
    "a path out of lib": (TEXT.replace("b/x.py", "../x.py"), "b: ../x.py leaves lib/"),
    "a path that is ours": (TEXT.replace("b/x.py", "aioservice/x.py"), "b: aioservice/x.py is of aioservices"),
    "a sum that is none": (TEXT.replace(f"x.py\", sha256 = \"{TWO}", "x.py\", sha256 = \"../../x"), "b: b/x.py has no sha256"),
    "an archive without one": (TEXT.replace(f"\nsha256 = \"{TWO}\"", ""), "b has no sha256"),
    "an address that is none": (TEXT.replace("https://example.com/r.py", "file:///etc/passwd"), "only https:// is fetched"),
    "no UTF-8": ("\udcff", "it is not UTF-8"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged(tmp_path, what):
    text, why = DAMAGED[what]
    (tmp_path / locked.FILE).write_text(text, errors="surrogateescape")
    with pytest.raises(RequiresError) as caught:
        locked.read(tmp_path)
    assert why in str(caught.value)
    assert "newer" in what or str(caught.value).endswith(": take it from git, or remove it, and svctl lock writes one")


def test_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(RequiresError, match="No such file"):
        locked.write(tmp_path / "gone", PACKAGES)
