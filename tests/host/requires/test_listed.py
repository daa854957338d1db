"""Lines of requirements-board.txt: what each is, and what none is."""
from __future__ import annotations

import pytest

from svctl.errors import RequiresError
from svctl.requires import listed

LINES = {
    "bme280==1.0": ("pypi", "bme280", "", "bme280==1.0"),
    "Micro_Dot >= 2, <3   # web": ("pypi", "micro-dot", "", "micro-dot<3,>=2"),
    "a.b[x,c]~=1.0": ("pypi", "a-b", "", "a-b[c,x]~=1.0"),
    "name[extra]": ("pypi", "name", "", "name[extra]"),
    "./drivers/bme/": ("folder", "./drivers/bme", "", "./drivers/bme"),
    "../shared/my drivers": ("folder", "../shared/my drivers", "", "../shared/my drivers"),
    "logging@latest": ("mip", "logging", "latest", "logging@latest"),
    "umqtt.simple@1.4.0": ("mip", "umqtt.simple", "1.4.0", "umqtt.simple@1.4.0"),
    "github:org/repo": ("mip", "github:org/repo", "", "github:org/repo"),
    "github:org/repo/lib/x.py@feature/a": ("mip", "github:org/repo/lib/x.py", "feature/a", "github:org/repo/lib/x.py@feature/a"),
    "gitlab:org/repo@v1.0": ("mip", "gitlab:org/repo", "v1.0", "gitlab:org/repo@v1.0"),
    "https://example.com/x/package.json": ("mip", "https://example.com/x/package.json", "", "https://example.com/x/package.json"),
}
WRONG = {
    "logging": "logging: which one? logging@latest is micropython-lib's, logging>=0 that of PyPI",
    "bme280=1.0": "bme280=1.0: nobody understands it: expected name==1.0 (PyPI), name@1.0 (micropython-lib), "
                  "github:org/repo@v1, https://…/package.json or ./folder",
    "a b": "a b: nobody understands it",
    "a@": "a@: nobody understands it",
    "a@1@2": "a@1@2: nobody understands it",
    "a@../../x": "a@../../x: nobody understands it",
    "github:org": "github:org: nobody understands it",
    "github:org/../x": "github:org/../x: nobody understands it",
    "github:o/r@v1?x": "github:o/r@v1?x: nobody understands it",
    "-r other.txt": "-r other.txt: there is one option here, --firmware-has NAME",
    "--index-url=https://x": "--index-url=https://x: there is one option here, --firmware-has NAME; those of pip stand in its "
                             "environment, like PIP_INDEX_URL",
    "--firmware-has": "--firmware-has: expected names of modules, like --firmware-has ulab lvgl",
    "--firmware-hasty": "--firmware-hasty: expected names of modules",
    "/home/me/x": "/home/me/x: other machines do not have that path: write it as seen from here, like ./drivers/bme",
    "~/x": "~/x: other machines do not have that path",
    "https://user:word@example.com/x": "https://user:word@example.com/x: expected an address like",
    "a @ https://example.com/a.whl": "a @ https://example.com/a.whl: an address is for mip",
    "a>=1; python_version<'3'": "a>=1; python_version<'3': a board is none of pip's environments: leave out what stands behind ;",
    "a\x1b==1": "a\\x1b==1: there are characters in it that cannot be printed",
}


@pytest.mark.parametrize("text", LINES)
def test_line(tmp_path, text):
    (tmp_path / listed.FILE).write_bytes(b"\xef\xbb\xbf# what boards get\r\n\r\n" + text.encode() + b"\r\n")
    found = listed.read(tmp_path).lines
    kind, name, version, plain = LINES[text]
    assert found == [listed.Line(3, plain, kind, name, version)]


@pytest.mark.parametrize("text", WRONG)
def test_line_that_is_none(tmp_path, text):
    (tmp_path / listed.FILE).write_text(f"\n{text}\n")
    with pytest.raises(RequiresError) as caught:
        listed.read(tmp_path)
    assert str(caught.value).startswith(f"requirements-board.txt, line 2: {WRONG[text]}")


def test_what_stands_there_twice(tmp_path):
    for first, second in (("a==1", "A>=2"), ("./x", "./x/"), ("github:o/r@v1", "github:o/r@v2"), ("a@1", "a@latest")):
        (tmp_path / listed.FILE).write_text(f"{first}\n{second}\n")
        with pytest.raises(RequiresError, match="line 2: .*: line 1 has it already: keep one"):
            listed.read(tmp_path)
    (tmp_path / listed.FILE).write_text("a==1\na@1\n")  # two registries
    assert len(listed.read(tmp_path).lines) == 2


def test_files_that_are_none(tmp_path):
    assert listed.read(tmp_path) == ([], set())
    (tmp_path / listed.FILE).write_text("--firmware-has ulab, lvgl.x\n# nothing\n")
    assert listed.read(tmp_path) == ([], {"ulab", "lvgl.x"})
    (tmp_path / listed.FILE).write_bytes("a==1 # ä".encode("latin-1"))
    with pytest.raises(RequiresError, match="it is not UTF-8: save it so"):
        listed.read(tmp_path)
    (tmp_path / listed.FILE).unlink()
    (tmp_path / listed.FILE).mkdir()
    with pytest.raises(RequiresError, match="Is a directory"):
        listed.read(tmp_path)
