"""What a link that was lost has left on the board is given back when the next one begins."""
from svctl.link.cable import Link

NAMES = "print(sorted(n for n in globals() if n.startswith('_svctl_')))"
FREE = "import gc\ngc.collect()\nprint(gc.mem_free())"
MODULES = ("aioservice.discovery", "aioservice.settings", "aioservice.control", "aioservice.change", "aioservice.verbs")


def free(link):
    return int(link.run(FREE))


def lose(link):
    """As by a cable that is pulled: nothing more is said."""
    link._transport.close()
    link._transport = None


def test_names_and_modules_of_a_lost_link_go_with_the_next(board):
    with Link(board.tty) as link:
        before = free(link)
    with Link(board.tty) as link:
        link.call("switch", "left")  # a file of functions
        link.bring(*MODULES)
        full = free(link)
        lose(link)
    with Link(board.tty) as link:
        assert link.run(NAMES).strip() == "['_svctl_holds', '_svctl_tidy']"
        after = free(link)
    assert full < before - 10000 < after, (before, full, after)


def test_modules_that_are_just_being_loaded_stay_out(board):
    with Link(board.tty) as link:
        link.call("modules", "load", *MODULES)
        lose(link)
    with Link(board.tty) as link:
        assert link.run("import sys\nprint('aioservice.change' in sys.modules)").strip() == "False"


def test_a_link_that_ends_leaves_nothing_to_tidy(board):
    """So the next one sends nothing for it."""
    with Link(board.tty) as link:
        link.call("modules", "poll")
    board.send(NAMES.replace("print(", "print('na' + 'mes', ") + "\r")
    board.expect("names []")
    with Link(board.tty) as link:
        assert link.run(NAMES).strip() == "['_svctl_holds']"
