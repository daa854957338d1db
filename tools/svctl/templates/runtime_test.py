"""new_name, a runtime service, on a real MicroPython with the heap of a board."""


def test_runs_until_it_is_stopped(board):
    board.start("new_name", settings={"new_name": {"kwargs": {"period": 500}}})
    board.forward(60)  # seconds, which take no time
    assert board.value('service("new_name").count') >= 120
    board.line('await stop("new_name")')
    assert board.state("new_name") == "stopped"
    assert board.value('service("new_name").result') >= 120
