"""Of manifest.txt only what changed is sent: the board has the rest in its own."""
from __future__ import annotations

import hashlib
import random
import re
import shutil

import pytest
from support.deploying import SERVICE, contents, still_runs

from svctl.deploy import plan as plans
from svctl.deploy.plan import MANIFEST, File, Plan
from svctl.link.cable import Link


def text(files):
    """A manifest as the build makes it, of {path: bytes}."""
    lines = [f"{len(data)} {hashlib.sha256(data).hexdigest()} {path}\n" for path, data in sorted(files.items())]
    return "".join([*lines, f"{len(lines)} {hashlib.sha256(''.join(lines).encode()).hexdigest()} end\n"]).encode()


def put_together(parts, old):
    return b"".join(part if isinstance(part, bytes) else old[part[0]:part[0] + part[1]] for part in parts)


def plan_of(old, new):
    return Plan(new=sorted(set(new) - set(old)), changed=sorted(path for path in new if path in old and old[path] != new[path]),
                gone=sorted(set(old) - set(new)))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_changed_it_is_the_new_one(seed):
    rng = random.Random(seed)
    every = [f"lib/{word}.mpy" for word in ("a", "b c", "ä", "d/e", "d-e", "zz")] + [f"aioservices/services/s{n}_service.mpy" for n in range(12)]
    old, new = ({path: bytes(rng.choice((1, 9, 10, 99, 100))) for path in rng.sample(every, rng.randint(0, len(every)))} for _ in "on")
    for path in old:
        if path in new and rng.random() < 0.6:
            new[path] = old[path]
    before = text(old)
    sizes = {path: File(len(data)) for path, data in {**old, MANIFEST: before}.items()}
    parts = plans.parts(text(new), sizes, plan_of(old, new))
    assert put_together(parts, before) == text(new)
    same = [path for path in new if old.get(path) == new[path]]
    assert sum(len(part) for part in parts if isinstance(part, bytes)) == len(text(new)) - sum(
        len(line) for line in text(new).splitlines(True)[:-1] if line.decode().split(" ", 2)[2].strip() in same)


@pytest.mark.parametrize("size", [None, 0, 100, -1, 1])
def test_a_manifest_that_is_another_is_sent_whole(size):
    files = {"boot.py": b"x", "main.py": b"yy"}
    sizes = {path: File(len(data)) for path, data in files.items()}
    if size is not None:
        sizes[MANIFEST] = File(len(text(files)) + size if abs(size) == 1 else size)
    new = {**files, "main.py": b"z"}
    assert plans.parts(text(new), sizes, plan_of(files, new)) == [text(new)]


def test_what_is_no_manifest_is_sent_whole():
    assert plans.parts(b"#" * 500, {MANIFEST: File(9)}, Plan()) == [b"#" * 500]
    assert plans.parts(b"", {MANIFEST: File(9)}, Plan()) == [b""]


@pytest.fixture
def tree(board, tmp_path):
    """What is to be on the board, with a service more; the board has a whole manifest."""
    found = tmp_path / "tree"
    root = board.vm.root
    (root / MANIFEST).write_bytes(text({path: data for path, data in contents(root).items() if path != "services.config"}))
    shutil.copytree(root, found, ignore=shutil.ignore_patterns("services.st*"))
    (found / "aioservices/services/one_service.py").write_text(SERVICE)
    (found / MANIFEST).write_bytes(text({path: data for path, data in contents(found).items()
                                         if path not in ("services.config", MANIFEST)}))
    return found


@pytest.fixture
def deploy(board, tree, svctl, monkeypatch):
    """What svctl says that it sent, and what it did send of the manifest, in base64."""
    sent = []
    call = Link.call

    def counted(self, script, function, *args):
        if (script, function) == ("put", "piece") and args[0].endswith(MANIFEST):
            sent.append(len(args[2]))
        return call(self, script, function, *args)

    monkeypatch.setattr(Link, "call", counted)

    def run():
        code, said = svctl(board.tty, "deploy", "--tree", str(tree))
        assert code == 0, said
        assert (board.vm.root / MANIFEST).read_bytes() == (tree / MANIFEST).read_bytes()
        still_runs(board)
        return int(re.search(r"files sent, (\d+) B", said)[1]), sum(sent)

    return run


def test_one_service_more_is_two_lines(board, tree, deploy):
    (board.vm.root / "deploy.txt").write_text("".join(f"{path}\n" for path in contents(tree) if "one_service" not in path))
    size = len(SERVICE.encode())
    line = len(f"{size} {'0' * 64} aioservices/services/one_service.py\n")
    told, sent = deploy()
    lines = line + len((tree / MANIFEST).read_bytes().splitlines(True)[-1])
    assert told == size + lines and sent <= lines * 1.5


def test_a_manifest_that_is_damaged_is_sent_whole_all_the_same(board, deploy):
    path = board.vm.root / MANIFEST
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert deploy()[1] > len(data)


@pytest.mark.parametrize("harm", ["missing", "empty", "another"])
def test_a_board_without_a_manifest_gets_it(board, tree, deploy, harm):
    path = board.vm.root / MANIFEST
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(b"" if harm == "empty" else b"1 2 3\n" * 40)
    assert deploy()[0] > len((tree / MANIFEST).read_bytes())
