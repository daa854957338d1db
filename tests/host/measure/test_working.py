"""The working board: it comes up, its figures are exact, and what is ours of its heap is within the budget."""
import json

import pytest

from tools.measure import working


@pytest.fixture(scope="module")
def boards(tmp_path_factory):
    return {timing: working.Board(tmp_path_factory.mktemp(timing) / "board", timing) for timing in working.TIMINGS}


@pytest.mark.parametrize("timing", working.TIMINGS)
def test_what_is_ours_is_within_its_budget(boards, timing):
    found = boards[timing].figures()
    assert 0 < found.own < found.heap and found.free > 0
    assert found.ours <= working.BUDGET[timing]


def test_figures_are_exact(boards):
    found = [boards["interval"].figures() for _ in range(2)]
    assert found[0].names == found[1].names and found[0].code == found[1].code
    assert abs(found[0].heap - found[1].heap) <= 512  # a frame that a stack holds on to, or none


@pytest.mark.parametrize("timing", working.TIMINGS)
def test_the_bare_loop_runs_the_same_services(boards, timing):
    for call in ("boot", "bare"):
        working.settle(boards[timing].root, timing)
        found = boards[timing].run(f"import working; working.{call}()")
        assert found["up"] == working.OWN + len(working.SHIPPED)
        assert found[{"boot": "managed", "bare": "bare"}[call]] > 0


def test_each_service_has_settings_and_attributes_of_its_own():
    names = {path.stem.removesuffix("_service") for path in (working.FOLDER / "services").glob("*.py")}
    assert len(names) == working.OWN and not names & set(working.SHIPPED)


@pytest.mark.parametrize("heap", range(104, 168, 16))
def test_settings_are_not_lost_however_little_memory_there_is(boards, heap):
    board = boards["interval"]
    board.managed(f"{heap}k", patience=10)
    found = json.loads((board.root / "services.config").read_text())
    found["fan"]["kwargs"].pop("pause", None)
    expected = json.loads((working.FOLDER / "services.config").read_text())
    expected["sampler"]["schedule"] = working.TIMINGS["interval"]
    assert found == expected
    assert not (board.root / "services.config.bad").exists()
