# Writes files beside those that are there, and has them take their places in one go: nobody else runs
# meanwhile, and no cable is needed for it.


class _svctl_put:
    steps = []

    def folder(path):
        """Makes the folders in which a file is to lie."""
        import os

        at = path.find("/")
        while at > 0:
            try:
                os.mkdir(path[:at])
            except OSError as error:
                if error.args[0] != 17:  # it is there
                    raise
            at = path.find("/", at + 1)

    def piece(path, first, text):
        """Adds a piece, in base64, to a file; the first makes it anew. Closed each time: a cable that is
        pulled leaves nothing open."""
        import binascii

        with open(path, "wb" if first else "ab") as file:
            file.write(binascii.a2b_base64(text))

    def remove(paths):
        import os

        for path in paths:
            try:
                os.remove(path)
            except OSError as error:
                if error.args[0] != 2:
                    raise
            yield None

    def plan(steps):
        """Adds to what switch() is to do: "+path" puts path.new in its place, "=path" and
        "!path" do so as the board itself saves settings, the copy or the file first, "-path" removes."""
        _svctl_put.steps.extend(steps)
        yield len(_svctl_put.steps)

    def switch(reset=False):
        """Does it all, and prints how many steps. A watchdog is fed meanwhile. `reset`: and resets the
        board at once, so that nothing is loaded that does not fit what is in memory."""
        import sys

        watchdog = sys.modules.get("aiowatchdog")
        done = 0
        for step in _svctl_put.steps:
            if watchdog is not None:
                watchdog.feed()
            _svctl_put.step(step[0], step[1:])
            done += 1
        _svctl_put.steps = []
        print(done)
        if reset:
            import machine

            machine.reset()

    def step(what, path):
        import os

        if what == "-":
            try:
                os.remove(path)
                while "/" in path:  # its folder, if it was the last one
                    path = path[: path.rfind("/")]
                    os.rmdir(path)
            except OSError:
                pass
        elif what in "=!":
            with open(path + ".new", "rb") as file:
                text = file.read()
            for name in (path + ".bak", path) if what == "=" else (path, path + ".bak"):
                with open(name, "wb") as file:
                    file.write(text)
            os.remove(path + ".new")
        else:
            try:
                os.rename(path + ".new", path)
            except OSError:  # a file system that does not rename over a file
                os.remove(path)
                os.rename(path + ".new", path)
