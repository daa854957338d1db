"""A sample of `make soak`, and that it sees what it looks for. The seed is printed: it stands in each row."""
import json
import os
import random

import pytest
from support.harness import ROOT

from svctl.build import mpy
from tools.measure import mutate, soak, soakboots


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    with soakboots.Boards(tmp_path_factory.mktemp("boards"), 1, None) as made:
        yield made


def test_each_cut_of_the_power_leaves_the_old_or_the_new(tmp_path):
    rows = soak.cuts(tmp_path, 1)
    assert len(rows) == 9 and all(row.tried > 8 for row in rows)
    assert not sum(row.faults for row in rows), soak.table(rows)


@pytest.mark.parametrize("old, new, fat", [
    ("else _size(_LIST.upper()) < 0", "else True", True),  # FAT, taken for one that renames in one step
    ("if kind == \"=\" and _size(old) < 0:", "if False:", False),  # nothing is kept to go back to
])
def test_mixture_of_two_sets_is_seen(tmp_path, old, new, fat):
    bench = soak.switch_bench(tmp_path)
    text = (ROOT / "lib/aioswitch.py").read_text()
    assert old in text
    (tmp_path / "changed.py").write_text(text.replace(old, new))
    mpy.compile_file(tmp_path / "changed.py", tmp_path / "parts/aioswitch.mpy", "lib/aioswitch.py")
    found = bench.run(f"import switches; switches.run('{'put' if fat else 'undo'}', {fat}, False, 9999, 1, 'parts')", heap="8m")
    assert found["lost"] > 3


@pytest.mark.parametrize("old, new, what", [
    ("boots >= _MOST:", "boots >= 99:", "trial"),  # a trial without an end
    ('_add("undo " + text[:_SAID])', '_add("good")', "a bad version is good"),
    ("    if not good:  #", "    if good:  #", "the set before is not kept"),
])
def test_trial_that_ends_wrong_is_seen(tmp_path, old, new, what):
    bench = soak.switch_bench(tmp_path)
    text = (ROOT / "lib/aioswitch.py").read_text()
    assert old in text
    (tmp_path / "changed.py").write_text(text.replace(old, new))
    for path in ("parts", "lib"):
        mpy.compile_file(tmp_path / "changed.py", tmp_path / path / "aioswitch.mpy", "lib/aioswitch.py")
    seen = bench.run("import trials; trials.run(False, False, 1, 12, 'parts')", heap="8m")
    assert seen["lost"] > 2, what


def test_sample_is_without_faults(tmp_path):
    rows = soak.measure(soak.SAMPLE, int(os.environ.get("SEED", 1)), tmp_path / "kept", jobs=2)
    switches = [row for row in rows if " of a set" in row.what]
    assert len([row for row in rows if row.what.startswith("trials") and row.tried > 60]) == 3
    assert len(switches) == 16 and all(row.tried > 6 for row in switches)
    assert not sum(row.faults for row in rows), soak.table(rows) + "".join(
        path.read_text() for path in tmp_path.glob("kept/*/said.txt"))


@pytest.mark.parametrize("seconds, told", [
    (900, "0:36"), (7200, "4:48"), (36000, "24:00"), (360000, "4:00:00")])
def test_the_time_is_told_and_shared(seconds, told):
    now = [0.0]
    said = []
    budget = soak.Budget(seconds, said.append, lambda: now[0])
    assert budget.plan()[0].split(maxsplit=1) == [told, "growth of the heap"]
    assert sum(soak.PLAN.values()) == 100 and len(budget.plan()) == len(soak.PLAN)
    for name in soak.PLAN:  # the first two leave half of theirs, the others take all they may, and a second
        budget.begin(name)
        assert budget.more()
        begun = now[0]
        while budget.more():
            now[0] += 1
            if name in ("growth of the heap", "boots and resets") and now[0] - begun > seconds / 50:
                break
        assert budget.end(name, [soak.Row("x", 3, hangs=1)])
    assert seconds <= now[0] < seconds + 10
    assert said[0].endswith("  growth of the heap: 3 tried, 1 faults") and len(said) == len(soak.PLAN)


def test_each_part_is_tried_however_little_time_there_is(boards):
    found = boards.fuzz("env", 10 ** 9, random.Random(3), lambda: False)
    assert found == {"tried": soakboots.BATCH, "hangs": 0, "crashes": 0, "untold": 0, "harmed": 0}


@pytest.mark.parametrize("words, said", [
    ([], "soak: seed 5; it takes 15:00 in all (ARGS=\"--hours 2\" for more):\n    0:36  growth of the heap\n"),
    (["--hours", "2"], "soak: seed 5; it takes 2:00:00 in all (ARGS=\"--hours 2\" for more):\n    4:48  growth of the heap\n"),
    (["--hours", "0.1"], "soak: seed 5; it takes 6:00 in all"),
    (["--sample"], "soak: seed 5; a sample of each\n"),
])
def test_what_it_says_first(monkeypatch, capsys, words, said):
    monkeypatch.setattr(soak, "measure", lambda *args: [])
    monkeypatch.setattr("sys.argv", ["soak", "--seed", "5", *words])
    assert soak.main() == 0 and capsys.readouterr().out.startswith(said)


def test_services_that_misbehave_harm_nobody(tmp_path):
    """A loop in the loop, a new one, what is no Exception, words to each other, in all their functions."""
    row, = soak.naughty(tmp_path, 8, int(os.environ.get("SEED", 1)), lambda: False)
    assert row.tried == 8 and not row.faults, row


def test_a_cleanup_too_few_and_a_beat_that_is_missed_are_seen(vm32):
    vm32.put("lib/naughty.py", (ROOT / "tools/measure/soaks/naughty.py").read_text())
    out = vm32.run("""
import naughty
class Late(naughty.Healthy):
    async def task(self):
        await naughty.asyncio.sleep(100)
naughty.Healthy = Late
naughty.lives[0] = 1
naughty.run(1, 1)
""", timeout=60, heap="512k").out.splitlines()
    assert "unclean 1" in out and "missed 2" in out and out[-1] == "ended 1"


def test_table_shows_rows_and_their_sum():
    text = soak.table([soak.Row("one", 5, torn=2), soak.Row("another", 7, growth=16)])
    lines = text.splitlines()
    assert lines[0].split() == ["what", "tried", *soak.FAULTS]
    assert lines[1].split() == "one 5 2 0 0 0 0 0 0".split() and lines[-1].split() == "all 12 2 0 0 0 0 16 0".split()


def test_the_same_seed_makes_the_same_damage_and_each_is_damage():
    def cases(seed):
        rng = random.Random(seed)
        whole = json.dumps(soakboots.WHOLE)
        return ([mutate.text(rng, whole) for _ in range(50)], [mutate.settings(rng, soakboots.WHOLE) for _ in range(50)],
                [mutate.mpy(rng, b"M\x06\x00\x1f" + bytes(90)) for _ in range(50)], [mutate.env(rng) for _ in range(50)])

    assert cases(4) == cases(4) != cases(5)
    texts, settings, binaries, envs = cases(4)
    assert len(set(texts)) > 45 and len(set(settings)) > 40 and len(set(binaries)) > 40 and len(set(envs)) > 30
    assert all(isinstance(json.loads(text), dict) for text in settings)


def said(**report):
    told = {"fault": None, "failed": {}, "held": {}, "states": {"good": "running", "x": "running"}, "saved": True}
    return soakboots.Said("REPORT " + json.dumps({**told, **report}), 0)


@pytest.mark.parametrize("text, answer, fault", [
    ("{}", soakboots.Said("some output", None), "hangs"),
    ("{}", soakboots.Said("Traceback …", 1), "crashes"),
    ("{", said(), "untold"),
    ("{", said(fault="services.config is damaged: …"), "harmed"),  # and no copy of it is kept
    ("{}", said(fault="services.config is damaged: …"), "untold"),  # as a computer takes it
    ('{"a": {"args": [2null]}}', said(), "untold"),
    ('{"x": {"enabled": 3}}', said(), "untold"),
    ('{"x": {"enabled": 3}}', said(failed={"x": "services.config: x.args: …"}), "untold"),
    ("{}", said(states={"x": "running"}), "untold"),
    ("{}", said(states={"good": "running"}), "untold"),
    ('{"other": {"args": [1]}}', said(), "harmed"),
    ("{}", said(), None),
])
def test_faults_are_seen(boards, tmp_path, text, answer, fault):
    (tmp_path / "services.config").write_text('{"good": {"enabled": true, "args": [7]}}')
    assert boards._fault({"services.config": text.encode()}, tmp_path, answer) == fault


def test_writes_beyond_those_stated_are_seen(boards, monkeypatch):
    monkeypatch.setattr(boards, "source", soakboots.CRASH.replace("machine.reset()", "open('y', 'w').close()"))
    assert boards.resets(3, "scratch", False) == {"hangs": 0, "writes": 3}
