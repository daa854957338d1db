"""The benchmarks: each device script runs, and what `make bench` makes of figures. No time is
asserted: times depend on the computer."""
import importlib.util
import json
import re
import shutil

import pytest
from support.harness import ROOT

from svctl.errors import ToolError
from tools.measure import bench, benchplot, benchtable


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A tree with the benchmarks and two services."""
    made = bench.Board(tmp_path_factory.mktemp("bench"))
    made.trivial(2)
    return made


TINY = {
    "boot": ("managed()", "bare()", "bare(True)"),
    "status": ("run(1)",),
    "journal": ("write(3)", "search(400, 1)"),
    "settings": ("run(1)",),
    "drift": ("managed(3, 10)", "bare(3, 10)"),
    "restart": ("run(1)",),
    "loop": ("turns(3)", "events(5)"),
    "timers": ("managed(3, 2, 5)", "bare(3, 2, 5)"),
}


@pytest.mark.parametrize("script, call", [(script, call) for script in TINY for call in TINY[script]])
def test_each_device_script_runs(board, script, call):
    figures = board.run(f"from benches import {script}; {script}.{call}")
    assert set(figures) & {"managed", "bare", "own"}
    assert figures.get("up", 2) == 2 and figures.get("saved", 1) == 1


def test_no_device_script_is_left_out():
    scripts = {path.stem for path in bench.DEVICE.glob("*.py")} - {"timing"}
    assert scripts == set(TINY)
    used = {re.search(r"import (\w+);", statement).group(1) for case in bench.CASES for statement in case.statements}
    assert used | {"drift"} == scripts


def test_device_scripts_need_nothing_that_only_a_computer_has():
    for path in bench.DEVICE.glob("*.py"):
        assert not re.search(r"sys\.argv|time\.time\(|perf_counter|\"/|VfsPosix|getenv", path.read_text()), path


def test_the_bare_loop_imports_what_a_boot_imports(board):
    # Each of them is needed: without any one the boot fails.
    own = re.search(r"OWN = \((.*?)\)", (bench.DEVICE / "boot.py").read_text(), re.S).group(1)
    names = "".join(re.findall('"(.*?)"', own)).split()
    loaded = board.run("from benches import boot; import aioclass, aioservice, sys\n"
                       "for n in boot.OWN.split(): __import__(n)\nfor n in sys.modules: print(n, 1)")
    assert set(names) <= set(loaded)
    lib = board.root / "lib"
    away = board.root / "away"
    for path in sorted(lib.rglob("*.mpy")):
        module = path.relative_to(lib).with_suffix("").as_posix().replace("/", ".")
        if module.startswith("benches") or module.endswith("__init__") or module in loaded and module not in names:
            continue
        shutil.move(path, away)
        try:
            try:
                up = board.run("from benches import boot; boot.managed()")
            except ToolError:
                up = None
            assert (up is None) == (module in names), module
        finally:
            shutil.move(away, path)


def test_a_case_is_refused_when_a_service_is_missing(board):
    with pytest.raises(ToolError, match="only 2 of 3 services"):
        board.case(bench.Case("boot", 3, 3, ("from benches import boot; boot.managed()",)))


def test_runs_are_taken_of_each_case(board):
    cases = (bench.Case("write", 0, 0, ("from benches import journal; journal.write(1)",)),
             bench.Case("status", 1, 1, ("from benches import status; status.run(1)",)))
    found = bench.take(board, 3, cases)
    assert {name: len(runs) for name, runs in found.items()} == {"write 0": 3, "status 1": 3}
    assert set(bench.drifts(board, ((2, 5),))["drift 2"][0]) == {"managed", "bare", "skipped"}
    board.trivial(2)


# -- what is made of figures -----------------------------------------------------


@pytest.fixture
def found() -> dict:
    """Made-up figures: everything takes twice as long as bare, and grows by 10 each."""
    times = {}
    for case in bench.CASES:
        n = 10 * max(case.size, 1)
        times[bench.key(case.topic, case.size)] = [
            {"managed": 2 * n + noise, "bare": n, "own": n, "failure": 3 * n, "heap": 1000 + 900 * case.size}
            for noise in (0, 0, 0, 1, 5)]
    times["drift 10"] = [{"managed": 1, "bare": 20}]
    times["drift 1000"] = [{"managed": -4, "bare": 2000}]
    return {"runs": 5, "vm": "MicroPython 1.25.0, 32-bit", "cycles": 30, "times": times,
            "modules": [["aiolog", 1200, 1520]],
            "rows": [["heap", "heap in use"], ["ours", "and ours"]],
            "working": {"interval": {"heap": 70000, "ours": 48000, "budget": 48000},
                        "at": {"heap": 73000, "ours": 52000, "budget": 51000}},
            "sizes": [["heap after booting an empty tree", 17000, 18000, False],
                      ["trivial services that fit in 64k", 30, 36, True]]}


def cells(table: str) -> dict:
    return {row.split(" | ")[0].strip("| "): [cell.strip(" |") for cell in row.split(" | ")[1:]]
            for row in table.splitlines() if row.startswith("| ")}


def test_times_stand_beside_their_budgets(found):
    rows = cells(benchtable.times(found))
    assert rows["boot of 20 services"] == ["400 µs", "200 µs", "2.00×", "2.00–2.00", "≤ 1.7× **not met**", "5.5×"]
    assert rows["boot of 40 services against 20"][2:] == ["2.00×", "2.00–2.00", "≤ 2.2×", "3.4×"]
    assert rows["drift over 10 periods of 2 s"] == ["+1 ms", "+20 ms", "", "", "0 ± 3 ms", "+25.7 ms"]
    assert rows["drift over 1000 periods of 20 ms"][4] == "0 ± 3 ms **not met**"


def test_growth_shows_two_slopes(found):
    rows = cells(benchtable.growth(found))
    assert rows["heap"][1].startswith("1,900 B · ") and rows["heap"][2] == "900 B, then 900 B"
    assert rows["an event of timers due at once"][2] == "20 ns, then 20 ns"


def test_sizes_stand_beside_their_budgets(found):
    rows = cells(benchtable.sizes(found))
    assert rows["heap after booting an empty tree"] == ["17,000", "≤ 18,000", "34,240"]
    assert rows["trivial services that fit in 64k"] == ["30", "≥ 36 **not met**", "9"]
    assert cells(benchtable.modules(found))["`aiolog`"] == ["1,200", "1,520"]


def test_the_working_board_stands_beside_its_budget(found):
    rows = cells(benchtable.working(found))
    assert rows["what"] == ["`interval`", "`at`", "budget"]
    assert rows["heap in use"] == ["70,000", "73,000", ""]
    assert rows["and ours"] == ["48,000", "52,000", "≤ 48,000 · 51,000 **not met**"]


def test_module_table_takes_one_more_column(found):
    found["modules"] = [["aiolog", 1200, 1520, 700]]
    assert cells(benchtable.modules(found))["module"] == [".mpy", "heap", "heap, from ROM"]


@pytest.mark.parametrize("us, text", [(0.123, "123 ns"), (1.5, "1.50 µs"), (15, "15.0 µs"), (400, "400 µs"),
                                      (2345, "2.35 ms"), (1.5e6, "1.50 s")])
def test_times_are_shown_to_three_digits(us, text):
    assert benchtable.time_text(us) == text


def test_spread_is_from_quartile_to_quartile():
    assert benchtable.spread([1, 2, 3, 4, 5]) == (2, 4)
    assert benchtable.spread([3, 1]) == (1, 3)


def test_sections_are_put_between_their_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- times -->\nold\n<!-- end -->\nb\n<!-- sizes -->\n<!-- end -->\n")
    for _ in range(2):
        benchtable.put(page, {"times": "new", "sizes": "more"})
        assert page.read_text() == "a\n<!-- times -->\nnew\n<!-- end -->\nb\n<!-- sizes -->\nmore\n<!-- end -->\n"
    with pytest.raises(ToolError, match="no <!-- other -->"):
        benchtable.put(page, {"other": ""})


def test_the_document_has_every_mark(found, tmp_path):
    page = shutil.copy(ROOT / "docs/benchmarks.md", tmp_path)
    benchtable.put(bench.Path(page), benchtable.sections(found))


def test_documents_are_written_from_the_last_figures(found, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "bench.json")
    monkeypatch.setattr(bench, "DOCS", tmp_path)
    monkeypatch.setattr(benchplot, "draw", lambda panels, path, title: path.write_text(panels[0].title))
    monkeypatch.setattr("sys.argv", ["bench", "--again"])
    with pytest.raises(ToolError, match="run make bench"):
        bench.main()
    bench.RESULTS.write_text(json.dumps(found))
    shutil.copy(ROOT / "docs/benchmarks.md", tmp_path)
    assert bench.main() == 0
    assert "| boot of 20 services | 400 µs |" in (tmp_path / "benchmarks.md").read_text()
    assert (tmp_path / "benchmarks.svg").read_text() == "Boot"
    assert "not met" in capsys.readouterr().out


def test_panels_hold_all_figures(found):
    panels = benchplot.panels(found)
    assert [len(panel.series) for panel in panels] == [3, 1, 1, 2, 2, 2]
    boot = panels[0].series[0]
    assert boot.points[2] == (20, 0.4, 0.4, pytest.approx(0.401))
    assert panels[1].limit == ("budget at 20 services: 1.7", 20, 1.7)


def test_the_picture(found, tmp_path):
    if importlib.util.find_spec("matplotlib") is None:  # only `make bench` installs it
        with pytest.raises(ToolError, match="make bench"):
            benchplot.draw(benchplot.panels(found), tmp_path / "none.svg")
        return
    for name in ("one.svg", "two.svg"):
        benchplot.draw(benchplot.panels(found), tmp_path / name)
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    for panel in benchplot.panels(found):
        assert panel.title in text and all(series.name in text for series in panel.series)


def test_a_tree_for_a_real_board(tmp_path):
    bench.prepare(tmp_path / "tree", 3)
    files = {path.relative_to(tmp_path / "tree").as_posix() for path in (tmp_path / "tree").rglob("*.mpy")}
    assert {"lib/benches/boot.mpy", "lib/aioclass/__init__.mpy", "aioservices/services/n02_service.mpy"} <= files
    assert not (tmp_path / "tree/main.py").exists() and not (tmp_path / "tree/services.config").exists()
    with pytest.raises(ToolError, match="is not empty"):
        bench.prepare(tmp_path / "tree", 3)


def test_commands_of_the_document_run(board):
    text = (ROOT / "docs/benchmarks.md").read_text()
    calls = re.findall(r'exec "from benches import (\w+); \1\.(\w+)\(', text)
    assert {script for script, _ in calls} == set(TINY)
    for script, function in calls:
        assert f"def {function}(" in (bench.DEVICE / f"{script}.py").read_text()
