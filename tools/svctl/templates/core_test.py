"""new_name, a core service, on a real MicroPython with the heap of a board."""


def test_is_done_when_the_board_has_booted(board):
    board.start("new_name")
    board.wait('service("new_name").state == "done"')
    assert board.value('service("new_name").result') == "ready"
