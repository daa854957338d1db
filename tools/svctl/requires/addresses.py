"""Which addresses a requirement may be fetched from: HTTPS, or a loopback server.

Locks have the addresses that everybody has. Where something else stands in for one, like a mirror or the
server of a test, the environment says so: SVCTL_MIP_INDEX, SVCTL_GITHUB, SVCTL_GITLAB, SVCTL_CODEBERG.
"""
from __future__ import annotations

import ipaddress
import os
from typing import Optional
from urllib.parse import urlsplit

BASES = {
    "SVCTL_MIP_INDEX": "https://micropython.org/pi/v2",
    "SVCTL_GITHUB": "https://raw.githubusercontent.com",
    "SVCTL_GITLAB": "https://gitlab.com",
    "SVCTL_CODEBERG": "https://codeberg.org/api/v1/repos",
}


def fault(url: str) -> Optional[str]:
    """Why nothing is fetched from an address; None if it is."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        port = parts.port or 1  # raises
    except ValueError:
        return "it is no address"
    if not url.isascii() or not url.isprintable() or " " in url or not host or not port:
        return "it is no address"
    if parts.username is not None or parts.password is not None:
        return "there is a name or password in it"
    if parts.scheme == "https" or parts.scheme == "http" and is_loopback(host):
        return None
    return "only https:// is fetched"


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_near(url: str) -> bool:
    """Whether an address is on this machine."""
    return is_loopback(urlsplit(url).hostname or "")


def actual(url: str) -> str:
    """The address that stands in for one."""
    for name, base in BASES.items():
        instead = os.environ.get(name, "").rstrip("/")
        if instead and url.startswith(base + "/"):
            return instead + url[len(base):]
    return url
