"""Packages of PyPI: pip chooses and fetches, from a folder here."""
from __future__ import annotations

import zipfile

import pytest
from support.packages import sdist, wheel

from svctl.errors import RequiresError
from svctl.requires import listed, pypi, store, wheels
from svctl.requires.locked import Package

MODULE = {"bme/__init__.py": "from .parts import x\n", "bme/parts.py": "x = 1\n", "bme/py.typed": "", "bme/x.pyi": ""}


def resolve(*texts, kept=()):
    return pypi.resolve([listed.line(number, text) for number, text in enumerate(texts, 1)], list(kept))


def test_versions_and_what_they_require(links, station):
    """Ranges, dependencies, a wheel before a newer source distribution; what is kept stays, as long as it can."""
    for version in "1.0", "1.1", "2.0":
        wheel(links, "bme", version, MODULE, ["Two_Wire>=1", "unused; extra == 'x'"])
    for version in "1.0", "1.5":
        wheel(links, "two-wire", version, {"two_wire.py": "y = 1\n"})
    sdist(links, "bme", "2.1", MODULE)
    one, two = found = resolve("bme<2")
    assert (one.name, one.version, one.lines, one.requires, one.url) == ("bme", "1.1", ("bme<2",), ("two-wire",), "bme-1.1-py3-none-any.whl")
    assert [item.path for item in one.files] == ["bme/__init__.py", "bme/parts.py"]
    assert store.find(one.files[1].sha256).read_text() == "x = 1\n"
    assert (two.name, two.version, two.lines) == ("two-wire", "1.5", ())
    assert store.digest((links / one.url).read_bytes()) == one.sha256
    kept = [found[0]._replace(version="1.0"), found[1]._replace(version="1.0")]
    assert [each.version for each in resolve("bme>=1.1,<2", kept=kept)] == ["1.1", "1.5"]  # those cannot stay together


def test_source_distribution(links, station):
    sdist(links, "bme", "1.0", MODULE)
    found, = resolve("bme==1.0")
    assert found.url == "bme-1.0.tar.gz" and [item.path for item in found.files] == ["bme/__init__.py", "bme/parts.py"]


def test_what_is_not_pure(monkeypatch, tmp_path):
    file = "fast-1.0-cp37-abi3-manylinux1_x86_64.whl"
    chosen = [pypi.Chosen("fast", "1.0", f"https://example.com/{file}", "", ()),
              pypi.Chosen("slow", "1.0", "https://example.com/slow-1.0-py3-none-any.whl", "", ("fast",))]
    monkeypatch.setattr(pypi, "_plan", lambda folder, words: chosen)
    with pytest.raises(RequiresError, match="^fast 1.0, which slow requires: there is only fast-1.0-cp37-abi3-manylinux1_x86_64.whl: "
                                            "it is not pure Python, and no board can load it. Take another package$"):
        resolve("slow>=1")
    monkeypatch.setattr(pypi, "_pip", lambda words: wheel(tmp_path / "made", "made", "1.0", {}, tag="cp37-abi3-linux_x86_64"))
    with pytest.raises(RequiresError, match="^made 1.0: what pip makes of made-1.0.tar.gz has C in it: it is not pure Python"):
        pypi._made("made 1.0", tmp_path / "made-1.0.tar.gz", tmp_path / "made")


def test_archive_that_is_another_one_now(links, server):
    """Its address has another one, and so has what pip finds."""
    wheel(links, "bme", "1.0", {**MODULE, "bme/parts.py": "x = 2\n"})
    server.files["/bme-1.0-py3-none-any.whl"] = b"another"
    package = Package("pypi", "bme", "1.0", url=f"{server.url}/bme-1.0-py3-none-any.whl", sha256="1" * 64)
    with pytest.raises(RequiresError, match="^bme==1.0: its sha256 is another than the lock's: it was changed where it comes from. "
                                            "svctl lock --upgrade bme takes the new one, if that is meant$"):
        pypi.again(package)
    assert server.asked == ["/bme-1.0-py3-none-any.whl"]


def test_archive_of_an_address(server, tmp_path):
    data = wheel(tmp_path, "bme", "1.0", MODULE).read_bytes()
    server.files["/bme-1.0-py3-none-any.whl"] = data
    package = Package("pypi", "bme", "1.0", url=f"{server.url}/bme-1.0-py3-none-any.whl", sha256=store.digest(data))
    assert sorted(pypi.again(package)) == ["bme/__init__.py", "bme/parts.py"]


WHY = {
    "/usr/bin/python: No module named pip\n": "pip is missing: python -m ensurepip",
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'\n"
    "ERROR: Could not find a version that satisfies the requirement x (from versions: none)\n"
    "ERROR: No matching distribution found for x==1\n":
        "pip says: No matching distribution found for x==1. Is there a network? PIP_INDEX_URL and PIP_FIND_LINKS may name "
        "another place. What is locked, and was fetched once, is built without",
    "Traceback\nKeyError: 'x'\n": "pip says: KeyError: 'x'",
    "": "pip says: it does not say why",
}


@pytest.mark.parametrize("said", WHY)
def test_what_pip_says(said):
    assert pypi._why(said) == WHY[said]


def test_address_for_others():
    assert pypi._public("https://me:word@example.com:8/a/b-1.whl?x=1#sha256=2") == "https://example.com:8/a/b-1.whl"
    assert pypi._public("file:///home/me/links/b-1.whl") == "b-1.whl"


# -- what is in a wheel ----------------------------------------------------------

WHEELS = {
    "a path out of lib": ({"../boot.py": ""}, "the file ../boot.py leaves lib/"),
    "an absolute path": ({"/boot.py": ""}, "the file /boot.py is no path below lib/"),
    "ours": ({"aioservice/__init__.py": ""}, "is of aioservices, which has aioservice itself"),
    "C": ({"x.py": "", "x/_fast.so": ""}, "x/_fast.so is compiled for a computer: it is not pure Python"),
    "nothing to import": ({"x/data.json": "{}", "x-1.0.data/scripts/run.py": ""}, "there is no module in"),
    "a large file": ({"x.py": "#" * 2_000_000}, "x.py: it is too large for a board, which takes 1024 kB a file and 8 MB in all"),
    "much": ({f"x{i}.py": "#" * 1_000_000 for i in range(9)}, "too large for a board"),
}


def unpack(path):
    return wheels.unpack("x 1.0", wheels.Archive(path.name, path.read_bytes()))


@pytest.mark.parametrize("what", WHEELS)
def test_wheel_that_is_not_taken(tmp_path, what):
    files, why = WHEELS[what]
    with pytest.raises(RequiresError, match="^x 1.0: ") as caught:
        unpack(wheel(tmp_path, "x", "1.0", files))
    assert why in str(caught.value)


def test_wheel_that_is_damaged(tmp_path):
    path = wheel(tmp_path, "x", "1.0", {"x.py": "x = 1\n"})
    for data in b"", path.read_bytes()[:100], path.read_bytes().replace(b"x = 1", b"x = 2"):
        path.write_bytes(data)
        with pytest.raises(RequiresError, match="^x 1.0: x-1.0-py3-none-any.whl is damaged: "):
            unpack(path)


def test_wheel_that_says_less_than_it_has(tmp_path):
    """A file of 2 MB that claims to be small is read no further than that."""
    path = tmp_path / "x-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.py", "#" * 2_000_000)
    data = path.read_bytes()
    path.write_bytes(data.replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(RequiresError, match="is damaged"):
        unpack(path)


def test_data_and_modules_of_a_wheel(tmp_path):
    files = {"x.py": "x = 1\n", "p/page.html": "<p>", "x-1.0.data/purelib/y.py": "y = 1\n", "x-1.0.data/data/share/z": ""}
    assert unpack(wheel(tmp_path, "x", "1.0", files)) == {"x.py": b"x = 1\n", "p/page.html": b"<p>", "y.py": b"y = 1\n"}
