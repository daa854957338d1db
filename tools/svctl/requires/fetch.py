"""Fetches a file from the network: of a limited size, in a limited time, whole or not at all."""
from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException

from svctl.errors import RequiresError
from svctl.requires.addresses import actual, fault, is_near
from svctl.requires.paths import FILE

PATIENCE, ALL = 20, 120  # seconds without a byte, and for a file
CHUNK = 1 << 16


class NotThere(RequiresError):
    """The server says that it has no such file."""


def fetch(url: str, limit: int = FILE) -> bytes:
    """What lies there. RequiresError says why there is nothing; NotThere where the server has no such
    file."""
    real = actual(url)
    wrong = fault(real)
    if wrong is not None:
        raise RequiresError(f"{real}: {wrong}")
    try:
        with _opener(real).open(urllib.request.Request(real, headers={"User-Agent": "svctl"}),
                                timeout=PATIENCE) as source:
            return _read(source, real, limit)
    except urllib.error.HTTPError as error:
        kind = NotThere if error.code in (404, 410) else RequiresError
        raise kind(f"{real}: the server says {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise RequiresError(_unreachable(real, error.reason)) from error
    except (OSError, HTTPException, ValueError) as error:
        raise RequiresError(_unreachable(real, error)) from error


def _unreachable(url: str, why: object) -> str:
    text = getattr(why, "strerror", None) or str(why) or type(why).__name__
    return (f"{url} cannot be fetched: {text}. Is there a network? What is locked, and was fetched once, is "
            "built without")


def _read(source, url: str, limit: int) -> bytes:
    length = source.headers.get("Content-Length", "")
    if length.isdigit() and int(length) > limit:
        raise RequiresError(_large(url, limit))
    data, until = bytearray(), time.monotonic() + ALL
    while True:
        part = source.read1(CHUNK)
        if not part:
            break
        data += part
        if len(data) > limit:
            raise RequiresError(_large(url, limit))
        if time.monotonic() > until:
            raise RequiresError(f"{url} cannot be fetched: it takes more than {ALL} s. Try again")
    if length.isdigit() and len(data) < int(length):
        raise RequiresError(f"{url} cannot be fetched: it was cut short. Try again")
    return bytes(data)


def _large(url: str, limit: int) -> str:
    return f"{url}: it is larger than {limit >> 10} kB, which no board takes"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows from HTTPS to HTTPS alone, and from a loopback server to one."""

    max_redirections = 5

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if fault(newurl) is not None or is_near(newurl) != is_near(req.full_url):
            raise RequiresError(f"{req.full_url}: it leads to {newurl}, and only https:// is fetched")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(url: str) -> urllib.request.OpenerDirector:
    own = [urllib.request.ProxyHandler({})] if is_near(url) else []
    return urllib.request.build_opener(_Redirects, *own)
