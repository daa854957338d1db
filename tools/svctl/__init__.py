"""svctl: systemctl and journalctl for a board, and what brings a project onto it.

`cli.py` puts the subcommands together; `commands/` has a file for each. `link/` holds the connection to a
board, `device/` the code that is sent there. `manage/` asks the manager on the board, `look/` makes pictures
of what it says, `deploy/` brings a project there. `build/` makes board trees, `simboard/` is the board that
tools/board simulates, `setup/` finds and installs what all of them take.
"""
__version__ = "0.1.0"
