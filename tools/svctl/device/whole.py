# Which folders a board's own file system has. A generator for pump.py.


class _svctl_whole:
    def folders():
        """Yields the names of those in the root, but for where something else is mounted: a card, a ROM."""
        import os

        for entry in os.ilistdir(os.getcwd()):
            is_mounted = len(entry) == 3 and not entry[2]  # has neither inode nor size
            if entry[1] == 0x4000 and not is_mounted:
                yield entry[0]
