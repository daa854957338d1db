"""new_name, a schedule service, on a real MicroPython with the heap of a board."""


def test_runs_again_and_again(board):
    board.start("new_name", settings={"new_name": {"schedule": {"start_in": 1, "repeat": 10}}})
    board.forward(60)  # seconds, which take no time
    assert board.value('service("new_name").runs') >= 6
    assert board.state("new_name") == "scheduled"
