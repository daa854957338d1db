# Makes the set before, which is kept, the next one. Nothing is decided by that, and it goes on where it was
# cut: deploy.next/= is the list to be, and the files come to lie beside it. Generators for pump.py.


class _svctl_back:
    def lines():
        """Yields the list turned round; raises OSError where a file is missing."""
        import os

        switch = __import__("aioswitch")
        for kind, _, path in switch.entries():
            if kind == "+":
                yield "-0 %s\n" % path
            elif kind != "~":
                size = os.stat("deploy.prev/" + switch.flat(path))[6]
                yield "%s%d %s\n" % ("+" if kind == "-" else "=", size, path)

    def write(tail):
        """Writes it; `tail` stands behind its sum."""
        total = 0
        with open("deploy.next/=", "w") as file:
            for line in _svctl_back.lines():
                total = (total << 1 & 0xFFFFFF) + sum(line.encode())
                file.write(line)
            file.write(".%d\n%s" % (total, tail))

    def make(tail):
        """Yields nothing, but pauses."""
        import os

        switch = __import__("aioswitch")
        if "deploy.next" not in os.listdir():
            os.mkdir("deploy.next")
        if not switch.is_listed("deploy.next/="):
            _svctl_back.write(tail)
        for kind, size, path in switch.entries("deploy.next/="):
            if kind != "-":
                _svctl_back.take(switch, switch.flat(path), size)
            yield None
        switch.copy("deploy.next/=", "deploy.list")

    def take(switch, name, size):
        """Where renaming is one step a file is moved, else copied."""
        import os

        there = name in os.listdir("deploy.next")
        if not there or os.stat("deploy.next/" + name)[6] != size:
            way = os.rename if switch.moves() else switch.copy
            way("deploy.prev/" + name, "deploy.next/" + name)

    def leave():
        """It cannot be: what was copied goes."""
        import os

        kept = os.listdir("deploy.prev")
        for name in os.listdir("deploy.next"):
            if name in kept or name == "=":
                os.remove("deploy.next/" + name)
            yield None
