"""svctl: systemctl and journalctl for a board, and what brings a project onto it.

`link.py` holds the connection, `port.py` what can be wrong with a port, `device/` the code that runs on
the board, `commands/` one file per subcommand, `cli.py` puts them together.
"""
__version__ = "0.1.0"
