"""Packages as mip takes them: package.json, index, dependencies; all of it hostile until it was looked at."""
from __future__ import annotations

import hashlib
import json

import pytest

from svctl.errors import RequiresError
from svctl.requires import mip, store

URL = "https://example.com/p/package.json"


def test_places_of_the_hosts():
    assert mip.address("github:o/r/a/x.py", "v1") == "https://raw.githubusercontent.com/o/r/v1/a/x.py"
    assert mip.address("gitlab:o/r/x.py", "") == "https://gitlab.com/o/r/-/raw/HEAD/x.py"
    assert mip.address("codeberg:o/r/x.py", "v1") == "https://codeberg.org/api/v1/repos/o/r/raw/x.py?ref=v1"


def test_those_are_mpremotes_too():
    """Which addresses there are is mip's to say: where its own would ask elsewhere, so should svctl."""
    from mpremote import mip as own

    for name in "github:o/r/a/x.py", "gitlab:o/r/a/x.py", "codeberg:o/r/a/x.py":
        for version in "v1", "":
            assert mip.address(name, version) == own._rewrite_url(name, version)
    assert mip.BASES["SVCTL_MIP_INDEX"] == own._PACKAGE_INDEX


def test_package_of_the_index(server, station):
    server.index("logging", "0.6.1", {"logging.py": "x = 1\n", "logging/handlers.py": "y = 1\n"}, [["os", "latest"], ["time", "0.1"]])
    found = mip.get("logging", "latest")
    assert found[:3] == ("mip", "logging", "0.6.1") and found.requires == ("os@latest", "time@0.1")
    assert [item.path for item in found.files] == ["logging.py", "logging/handlers.py"]
    assert store.find(found.files[0].sha256).read_text() == "x = 1\n"
    short = hashlib.sha256(b"x = 1\n").hexdigest()[:8]
    assert found.files[0].url == f"https://micropython.org/pi/v2/file/{short[:2]}/{short}"


def test_package_of_github(server, station):
    server.github("o/r", "v1", {"r/__init__.py": "x = 1\n"}, [["logging", "latest"], ["github:o/other", "v2"], ["plain"]])
    found = mip.get("github:o/r", "v1")
    assert found[:3] == ("mip", "github:o/r", "v1") and found.requires == ("logging@latest", "github:o/other@v2", "plain")
    assert found.files[0].url == "https://raw.githubusercontent.com/o/r/v1/r/__init__.py"
    server.github("o/r", "HEAD", {"r.py": "x = 2\n"})
    assert mip.get("github:o/r", "").version == "HEAD"


def test_single_modules(server, station):
    server.files["/github/o/r/v1/lib/x.py"] = "x = 1\n"
    assert [item.path for item in mip.get("github:o/r/lib/x.py", "v1").files] == ["x.py"]
    server.files["/y.py"] = "y = 1\n"
    found = mip.get(f"{server.url}/y.py", "")
    assert [(item.path, item.url) for item in found.files] == [("y.py", f"{server.url}/y.py")]


def test_urls_beside_above_and_elsewhere():
    told = mip.parse(json.dumps({"urls": [["a.py", "a.py"], ["b.py", "../b.py"], ["c.py", "github:o/r/c.py"],
                                          ["d.py", "https://example.org/d.py"]]}).encode(), URL, "v1")
    assert [url for _, url, _ in told.files] == ["https://example.com/p/a.py", "https://example.com/b.py",
                                                 "https://raw.githubusercontent.com/o/r/v1/c.py", "https://example.org/d.py"]
    told = mip.parse(b'{"urls": [["a.py", "x/a.py"]]}', "https://codeberg.org/api/v1/repos/o/r/raw/package.json?ref=v1")
    assert told.files == [("a.py", "https://codeberg.org/api/v1/repos/o/r/raw/x/a.py?ref=v1", "")]


BAD = {
    "no JSON": ("{", "is damaged: it is no package.json that mip takes"),
    "a list": ("[]", "is damaged"),
    "zero bytes": ("\0", "is damaged"),
    "nested without end": ("[" * 100000, "is damaged"),
    "urls that are none": ('{"urls": 3}', "is damaged"),
    "a pair of three": ('{"urls": [["a", "b", "c"]]}', "is damaged"),
    "numbers": ('{"urls": [[1, 2]]}', "is damaged"),
    "deps that are none": ('{"deps": [[1]]}', "is damaged"),
    "a dep out of its repository": ('{"deps": [["github:o/../r", "v1"]]}', "is damaged"),
    "a dep's odd version": ('{"deps": [["x", "../v1"]]}', "is damaged"),
    "a dep by plain http": ('{"deps": [["http://example.com/x"]]}', "http://example.com/x: only https:// is fetched"),
    "a dep of this machine": ('{"deps": [["http://localhost:8/x"]]}', "it is on this machine"),
    "a path out of lib": ('{"urls": [["../boot.py", "x"]]}', "the file ../boot.py leaves lib/"),
    "an absolute path": ('{"urls": [["/boot.py", "x"]]}', "the file /boot.py is no path below lib/"),
    "a path of ours": ('{"hashes": [["aioclass/__init__.py", "12345678"]]}', "is of aioservices"),
    "a path for a terminal": ('{"urls": [["\\u001b[2Jx.py", "x"]]}', "the file \\x1b[2Jx.py is no path"),
    "plain http": ('{"urls": [["x.py", "http://example.com/x.py"]]}', "only https:// is fetched"),
    "a file of this machine": ('{"urls": [["x.py", "file:///etc/passwd"]]}', "it is no address"),
    "a server of this machine": ('{"urls": [["x.py", "http://127.0.0.1:8080/admin"]]}', "it is on this machine"),
    "a hash that is none": ('{"hashes": [["x.py", "../x"]]}', "x.py has no hash"),
    "too many files": (json.dumps({"urls": [[f"x{i}.py", "x"] for i in range(300)]}), "more than 200 files"),
    "a version for a terminal": ('{"version": "\\u001b[2J"}', "its version is none"),
}


@pytest.mark.parametrize("what", BAD)
def test_package_json_that_is_not_taken(what):
    text, why = BAD[what]
    with pytest.raises(RequiresError) as caught:
        mip.parse(text.encode(), URL)
    assert why in str(caught.value) and str(caught.value).startswith(URL)


def test_file_that_is_not_what_the_index_says(server, station):
    server.index("logging", "0.6", {"logging.py": "x = 1\n"})
    path = next(path for path in server.files if "/file/" in path)
    server.files[path] = "import os; os.remove('/')\n"
    with pytest.raises(RequiresError, match="logging@0.6: logging.py: .* is not what its package.json says: another sha256"):
        mip.get("logging", "0.6")


def test_what_is_not_there(server, station):
    with pytest.raises(RequiresError, match="^github:o/r@v1: there is none: .*/github/o/r/v1/package.json: the server says 404 Not "
                                            "Found: look at its name and version$"):
        mip.get("github:o/r", "v1")
    server.github("o/r", "v1", {"r.py": ""}, urls=[["r.py", "r.py"], ["gone.py", "gone.py"]])
    with pytest.raises(RequiresError, match="^github:o/r@v1: gone.py: .*404"):
        mip.get("github:o/r", "v1")
    server.files["/pi/package/py/old/latest.json"] = '{"hashes": []}'
    with pytest.raises(RequiresError, match="does not say which version it is: name one"):
        mip.get("old", "latest")
