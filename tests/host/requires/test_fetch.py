"""What is fetched from a network: over HTTPS or from loopback, of a limited size, whole or not at all."""
from __future__ import annotations

import socket

import pytest

from svctl.errors import RequiresError
from svctl.requires import addresses, fetch, paths, store

REFUSED = ["http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "https://", "https://a b/x", "x",
           "https://me:word@example.com/x", "https://example.com:no/x", "http://127.0.0.1.example.com/x",
           "https://example.com/ä", "http://[::1/x"]


@pytest.mark.parametrize("url", REFUSED)
def test_address_that_is_not_asked(url):
    assert addresses.fault(url)
    with pytest.raises(RequiresError):
        fetch.fetch(url)


@pytest.mark.parametrize("url", ["https://example.com/x", "http://127.0.0.1:80/x", "http://localhost/x", "http://[::1]:8/x"])
def test_address_that_may_be(url):
    assert addresses.fault(url) is None


def test_what_stands_in(server):
    server.files["/github/o/r/v1/x.py"] = "x = 1\n"
    assert fetch.fetch("https://raw.githubusercontent.com/o/r/v1/x.py") == b"x = 1\n"
    with pytest.raises(fetch.NotThere, match="the server says 404 Not Found"):
        fetch.fetch("https://raw.githubusercontent.com/o/r/v2/x.py")


def _answer(*lines, data=b""):
    def answer(handler):
        handler.wfile.write("\r\n".join(["HTTP/1.0 " + lines[0], *lines[1:], "", ""]).encode() + data)

    return answer


BAD = {
    "too large": (_answer("200 OK", data=b"x" * 2000), "larger than 1 kB"),
    "too large by its own word": (_answer("200 OK", "Content-Length: 99999999"), "larger than 1 kB"),
    "cut": (_answer("200 OK", "Content-Length: 100", data=b"x" * 50), "cannot be fetched"),
    "to a file": (_answer("302 Found", "Location: file:///etc/passwd"), "is not allowed"),
    "to plain http": (_answer("302 Found", "Location: http://example.com/x"), "only https:// is fetched"),
    "away from here": (_answer("302 Found", "Location: https://example.com/x"), "only https:// is fetched"),
    "round and round": (_answer("302 Found", "Location: /x"), "302"),
    "no HTTP": (lambda handler: handler.wfile.write(b"\0\1\2\n\n"), "cannot be fetched"),
    "nothing": (lambda handler: None, "cannot be fetched"),
    "an error": (_answer("500 Oops \x1b[2J"), "the server says 500 Oops ?[2J"),
}


@pytest.mark.parametrize("what", BAD)
def test_answer_that_is_not_taken(server, what):
    server.files["/x"], why = BAD[what]
    with pytest.raises(RequiresError) as caught:
        fetch.fetch(f"{server.url}/x", 1024)
    assert why in str(caught.value)


def test_without_a_network(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SVCTL_GITHUB", f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(RequiresError, match="cannot be fetched: Connection refused. Is there a network[?] What is locked, and "
                                                "was fetched once, is built without"):
            fetch.fetch("https://raw.githubusercontent.com/o/r/v1/x.py")


# -- what may come of it ---------------------------------------------------------

BAD_PATHS = ["../x.py", "a/../../x.py", "/x.py", "a\\..\\x.py", "C:/x.py", "", ".", "a//b.py", "a/./b.py", "x\n.py", "a /b.py",
             "aioservice/x.py", "aioclass.py", "aioswitch.mpy", ".hidden", "__pycache__/x.pyc", "a/" * 9 + "x", "x" * 200, None,
             "\udc80.py"]


@pytest.mark.parametrize("path", BAD_PATHS)
def test_path_that_no_requirement_has(path):
    assert paths.fault(path)


def test_paths_that_may_be():
    assert [path for path in ("x.py", "a/b/__init__.py", "aiohttp/__init__.py", "data/x y.json", "ä.py") if paths.fault(path)] == []
    assert [paths.module(path) for path in ("a/__init__.py", "a/b.mpy", "a/x.json")] == ["a", "a.b", None]


def test_store_has_what_it_was_given(station):
    sha = store.put(b"x = 1\n")
    path = store.find(sha)
    assert path.read_bytes() == b"x = 1\n" and not path.stat().st_mode & 0o222
    path.chmod(0o644)
    path.write_bytes(b"x = 2\n")
    assert store.find(sha) is None  # damaged
    assert store.put(b"x = 1\n") == sha and store.find(sha).read_bytes() == b"x = 1\n"
    assert [each.name for each in path.parent.iterdir()] == [sha]


def test_store_that_cannot_be_written(station, tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(RequiresError, match="what was fetched cannot be kept: .*: make room or rights there, or name"):
        store.put(b"x")
