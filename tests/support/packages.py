"""What requirements-board.txt may ask for, without a network: wheels and source distributions in a folder, and a server
on loopback in place of micropython-lib's index, github and gitlab."""
from __future__ import annotations

import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from pathlib import Path


def wheel(folder: Path, name: str, version: str, files: dict, requires=(), tag: str = "py3-none-any") -> Path:
    """A wheel in a folder, with files {path in it: text}."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name.replace('-', '_')}-{version}-{tag}.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    texts = {**files, f"{info}/METADATA": _metadata(name, version, requires),
             f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"}
    texts[f"{info}/RECORD"] = "".join(f"{each},,\n" for each in [*texts, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as file:
        for each, text in texts.items():
            file.writestr(zipfile.ZipInfo(each), text)  # of one date, so that the same is the same
    return path


def _metadata(name: str, version: str, requires=()) -> str:
    return (f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            + "".join(f"Requires-Dist: {each}\n" for each in requires))


# What pip asks a package to make a wheel: here with nothing but what Python has.
_BACKEND = '''\
import zipfile
NAME, VERSION, FILES, METADATA, TAG = {what!r}
INFO = f"{{NAME}}-{{VERSION}}.dist-info"

def _write(path, texts):
    with zipfile.ZipFile(path, "w") as file:
        for name, text in texts.items():
            file.writestr(name, text)

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = f"{{NAME}}-{{VERSION}}-{{TAG}}.whl"
    wheel = f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {{TAG}}\\n"
    _write(f"{{folder}}/{{name}}", {{**FILES, INFO + "/METADATA": METADATA, INFO + "/WHEEL": wheel, INFO + "/RECORD": ""}})
    return name

def build_sdist(folder, config_settings=None):
    raise NotImplementedError
'''


def sdist(folder: Path, name: str, version: str, files: dict, tag: str = "py3-none-any") -> Path:
    """A source distribution, of which pip makes a wheel with that tag."""
    folder.mkdir(exist_ok=True)
    what = (name, version, files, _metadata(name, version), tag)
    texts = {"PKG-INFO": _metadata(name, version), "backend.py": _BACKEND.format(what=what),
             "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'}
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        for each, text in texts.items():
            info = tarfile.TarInfo(f"{name}-{version}/{each}")
            info.size = len(text.encode())
            file.addfile(info, io.BytesIO(text.encode()))
    return path


class Server:
    """Has `files` {path: content} on loopback; counts in `asked` what was asked for. A content that is a callable gets
    the handler and answers itself."""

    def __init__(self):
        self.files: dict = {}
        self.asked: list = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                found = outer.files.get(self.path)
                if callable(found):
                    found(self)
                    return
                data = found.encode() if isinstance(found, str) else found or b""
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def env(self) -> dict:
        """What makes svctl ask here."""
        return {"SVCTL_MIP_INDEX": f"{self.url}/pi", "SVCTL_GITHUB": f"{self.url}/github",
                "SVCTL_GITLAB": f"{self.url}/gitlab", "SVCTL_CODEBERG": f"{self.url}/codeberg"}

    def index(self, name: str, version: str, files: dict, deps=(), latest: bool = True) -> None:
        """Put a package into the index of micropython-lib."""
        hashes = []
        for path, text in files.items():
            short = hashlib.sha256(text.encode()).hexdigest()[:8]
            self.files[f"/pi/file/{short[:2]}/{short}"] = text
            hashes.append([path, short])
        told = json.dumps({"v": 1, "version": version, "hashes": hashes, "deps": [list(dep) for dep in deps]})
        for word in [version, "latest"] if latest else [version]:
            self.files[f"/pi/package/py/{name}/{word}.json"] = told

    def github(self, repo: str, tag: str, files: dict, deps=(), urls=None) -> None:
        """Put a repository there, with a package.json of its files."""
        base = f"/github/{repo}/{tag}"
        urls = [[path, path] for path in files] if urls is None else urls
        self.files[f"{base}/package.json"] = json.dumps({"urls": urls, "deps": [list(dep) for dep in deps]})
        self.files.update({f"{base}/{path}": text for path, text in files.items()})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
