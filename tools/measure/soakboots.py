"""Boots of simulated boards with damaged files, for `make soak`: what is damaged, and what must be seen."""

from __future__ import annotations

import json
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from svctl.build import check, mpy, tree
from svctl.setup.place import CODE as ROOT
from tools.measure import mutate, size

BOARD = [sys.executable, "-S", str(ROOT / "tools" / "board"), "--bits", "32"]
DEVICE = ROOT / "tools" / "measure" / "soaks"
BATCH = 8  # cases of each board between two looks at the clock
TIMEOUT = 40  # seconds; three watchdog resets and a boot take five
TEXTS = {"settings": "services.config", "mpy": ".mpy files", "py": ".py files", "env": ".env files"}
SERVICES = size.SERVICES
TARGET = f"{SERVICES}/x_service"
WHOLE = {
    "hello": {
        "enabled": True,
        "args": [3, "two"],
        "kwargs": {"k": 1.5, "deep": [{"a": None}]},
        "colour": "red",
    },
    "core": {"start_timeout": 20, "stop_grace": 1, "stop_timeout": 5, "critical": False, "loglevel": "debug"},
    "required": {
        "require": ["core"],
        "want": "timed",
        "groups": ["a", "b"],
        "safe": True,
        "lograte": [20, 10],
    },
    "timed": {"schedule": {"start_in": 3600, "repeat": 3600}, "watchdog": None},
    "x": {"restart": {"policy": "always", "delay": 1, "limit": [5, 60], "on_limit": None}, "args": []},
    "good@two": {"enabled": True, "instances": 2},
    "any": {"cls": "fuzz.Nothing", "enabled": False},
    "_boot": {"groups": ["a"], "exclude": ["nobody"], "utc_offset": 60, "watchdog": None},
}
SECRETS = {"x": {"kwargs": {"a": "${A}", "b": "${B}-${C}"}}, "good": {"enabled": True}}
CRASH = """import machine
from aioclass import Service
class Crash(Service):
    enabled = True
    def task(self):
        machine.reset()
service = Crash("x")
"""
# What a board writes beside what it was given.
KEPT = (
    "services.state0",
    "services.state1",
    "services.step",
    "services.ran",
    "services.ran.2",
    "services.config.bak",
    "services.config.bad",
    "services.config.new",
    ".env",
)


class Said(NamedTuple):
    """What a board that was powered on said, if it came to an end."""

    out: str
    code: Optional[int]

    @property
    def report(self) -> Optional[dict]:
        lines = [line[7:] for line in self.out.splitlines() if line.startswith("REPORT ")]
        return json.loads(lines[-1]) if lines and self.code == 0 else None


class Boards:
    """Some boards that boot at the same time, each in a folder of its own."""

    def __init__(self, root: Path, jobs: int, keep: Optional[Path]):
        self.root, self.jobs, self.keep = root, jobs, keep
        self._free: queue.Queue = queue.Queue()
        self.settings = check.device("aioservice.settings")

    def __enter__(self) -> Boards:
        bench = size.Bench(self.root / "first")
        bench.services(
            ("trivial", "good"),
            ("trivial", "x"),
            ("core", "core"),
            ("required", "required"),
            ("timed", "timed"),
        )
        first = bench.root
        for name in ("fuzz", "writes"):
            mpy.compile_file(DEVICE / f"{name}.py", first / f"lib/{name}.mpy", f"lib/{name}.py")
        (first / "main.py").write_text("import fuzz\nfuzz.run()\n")
        names = [path.relative_to(first).as_posix() for path in first.rglob("*") if path.is_file()]
        (first / tree.MANIFEST).write_text(tree.manifest(first, names))
        self.mpy = (first / f"{TARGET}.mpy").read_bytes()
        self.source = (size.DEVICE / "trivial_service.py").read_text().replace("NAME", "x")
        for i in range(self.jobs):
            shutil.copytree(first, self.root / str(i))
            self._free.put(self.root / str(i))
        return self

    def __exit__(self, *_) -> None:
        pass

    def boot(self, board: Path, keeps: str = "scratch") -> Said:
        """Power on; the board ends by itself."""
        process = subprocess.Popen(
            [*BOARD, str(board)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "BOARD_KEEPS": keeps},
            start_new_session=True,
        )
        try:
            out = process.communicate(timeout=TIMEOUT)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            return Said(process.communicate()[0].decode(errors="replace"), None)
        return Said(out.decode(errors="replace"), process.returncode)

    def fuzz(self, what: str, count: int, rng: random.Random, more: Callable[[], bool]) -> dict[str, int]:
        """Boots with that many damaged files of a kind, or as long as there is time for more; how many were
        tried, and how often each fault was seen."""
        found = {"tried": 0, "hangs": 0, "crashes": 0, "untold": 0, "harmed": 0}
        with ThreadPoolExecutor(self.jobs) as pool:
            while found["tried"] < count and (not found["tried"] or more()):
                cases = [getattr(self, f"_{what}_case")(rng)
                         for _ in range(min(BATCH * self.jobs, count - found["tried"]))]
                for case, (fault, said) in zip(cases, pool.map(self._try, cases)):
                    if fault:
                        found[fault] += 1
                        self._leave(what, found["tried"], fault, case, said)
                    found["tried"] += 1
        return found

    def _settings_case(self, rng: random.Random) -> dict:
        if rng.randrange(2):
            return {"services.config": mutate.settings(rng, WHOLE)}
        return {"services.config": mutate.text(rng, json.dumps(WHOLE))}

    def _mpy_case(self, rng: random.Random) -> dict:
        return {f"{TARGET}.mpy": mutate.mpy(rng, self.mpy), "services.config": _armed()}

    def _py_case(self, rng: random.Random) -> dict:
        return {
            f"{TARGET}.py": mutate.source(rng, self.source),
            f"{TARGET}.mpy": None,
            "services.config": _armed(),
        }

    def _env_case(self, rng: random.Random) -> dict:
        return {".env": mutate.env(rng), "services.config": json.dumps(SECRETS).encode()}

    def _try(self, case: dict) -> tuple[Optional[str], Said]:
        board = self._free.get()
        try:
            for name in KEPT:
                (board / name).unlink(missing_ok=True)
            (board / f"{TARGET}.py").unlink(missing_ok=True)
            (board / f"{TARGET}.mpy").write_bytes(self.mpy)
            for name, data in case.items():
                if data is None:
                    (board / name).unlink(missing_ok=True)
                else:
                    (board / name).write_bytes(data)
            said = self.boot(board)
            return self._fault(case, board, said), said
        finally:
            self._free.put(board)

    def _fault(self, case: dict, board: Path, said: Said) -> Optional[str]:
        if said.code is None:
            return "hangs"
        if said.report is None:
            return "crashes"
        if not self._told(case, said):
            return "untold"
        return None if self._unharmed(case, board, said.report) else "harmed"

    def _told(self, case: dict, said: Said) -> bool:
        """Whether the board said what is wrong; `good` runs unless the settings hold it back."""
        report = said.report
        if ".env" in case and ("x" in report["failed"]) != self._lacks(case[".env"]):
            return False
        fault, faults = self._model(case["services.config"], ".env" in case)
        damaged = "is damaged" in (report["fault"] or "")
        if damaged != self._is_damaged(case["services.config"]) or fault and not report["fault"]:
            return False
        if not all(
            report["failed"].get(name, "").startswith(f"services.config: {path}")
            for name, path in faults.items()
        ):
            return False
        up = report["states"].get("good") == "running" or "good" in report["held"] or "good" in faults
        target = "x" in report["failed"] or "x" in report["states"] or "x" in report["held"]
        return up and target

    def _lacks(self, env: bytes) -> bool:
        """Whether a name that SECRETS use is not in a `.env`."""
        try:
            text = check.device("aioctl.utf8").decoded(env)
            return not {"A", "B", "C"} <= set(check.device("aioctl.env").parse(text))
        except ValueError:
            return True

    def _model(self, data: bytes, secrets: bool) -> tuple[bool, dict[str, str]]:
        """What settings.py itself says on a computer: (whether the whole has a fault, {name: path of the
        key that has one})."""
        try:
            found, odd = self._parse(data)
        except (ValueError, RecursionError):
            return True, {}
        options = found.pop("_boot", {})
        if secrets:  # what is defined then is not what is defined here
            return False, {}
        faults = self.settings.resolve(found)[1]
        paths = {name: text.split(": ")[0] for name, text in faults.items()}
        return bool(odd or self.settings.fault_of("_boot", options)), paths

    def _is_damaged(self, data: bytes) -> bool:
        """What a board takes for whole a computer does, too, and the other way round."""
        try:
            self._parse(data)
        except (ValueError, RecursionError):
            return True
        return False

    def _parse(self, data: bytes) -> tuple[dict, Optional[str]]:
        """Settings, and what is odd about them."""
        return check.device("aioservice.settingsfile").parse(check.device("aioctl.utf8").decoded(data))

    def _unharmed(self, case: dict, board: Path, report: dict) -> bool:
        """Whether settings could be saved after, and those that were whole are all there."""
        data = case["services.config"]
        if re.search(rb"\\u(?![0-9a-fA-F]{4})", data):
            return True  # what such a name became in the VM cannot be compared
        try:
            now = json.loads((board / "services.config").read_bytes())
        except ValueError:
            return False
        if not report["saved"]:
            return (board / "services.config").read_bytes() == data
        if "is damaged" in (report["fault"] or ""):
            bad = board / "services.config.bad"
            return not data.strip() or bad.exists() and bad.read_bytes() == data
        try:
            before = self._parse(data)[0]
        except (ValueError, RecursionError):
            return False  # the board took what is damaged
        return {**before, "good": None} == {**now, "good": None} and now["good"]["args"] == [7]

    def _leave(self, what: str, number: int, fault: str, case: dict, said: Said) -> None:
        if self.keep is not None:
            folder = self.keep / f"{what}-{number}-{fault}"
            shutil.rmtree(folder, ignore_errors=True)
            for name, data in case.items():
                if data is not None:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name).write_bytes(data)
            (folder / "said.txt").write_text(said.out)

    def resets(self, boots: int, keeps: str, crash: bool) -> dict[str, int]:
        """That many boots, each ended by a reset: after a shutdown, or by a service, until that is masked.
        Counts hangs, and writes to the flash beyond those that docs/reliability.md states."""
        board = self._free.get()
        for name in KEPT:
            (board / name).unlink(missing_ok=True)
        main, boot = (board / "main.py").read_text(), (board / "boot.py").read_text()
        (board / "main.py").write_text(f"import writes\nwrites.run({not crash})\n")
        (board / "boot.py").write_text("import sys\nsys.path.append('lib')\nimport writes\n" + boot)
        (board / "services.config").write_text("{}")
        (board / f"{TARGET}.mpy").unlink(missing_ok=True)
        (board / f"{TARGET}.py").write_text(CRASH if crash else self.source)
        try:
            came, wrote = self._lives(board, boots, keeps)
        finally:
            (board / "main.py").write_text(main)
            (board / "boot.py").write_text(boot)
            self._free.put(board)
        # Three boots that a service ends are written down, each where the next one begins.
        return {"hangs": boots - came, "writes": max(wrote - (3 if crash else 0), 0)}

    def _lives(self, board: Path, boots: int, keeps: str) -> tuple[int, int]:
        """(boots, what they wrote), until there are enough or nothing comes any more."""
        process = subprocess.Popen(
            [*BOARD, str(board)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "BOARD_KEEPS": keeps},
            start_new_session=True,
        )
        timer = threading.Timer(TIMEOUT, process.terminate)
        timer.start()
        came = wrote = 0
        try:
            for line in process.stdout:
                came += line == "BOOT\n"
                wrote += line.startswith("WRITE ")
                if came > boots:  # so the last of them has come to its end
                    break
        finally:
            timer.cancel()
            process.terminate()
            process.wait()
        return min(came, boots), wrote


def _armed() -> bytes:
    return json.dumps({"_boot": {"watchdog": 1}}).encode()
