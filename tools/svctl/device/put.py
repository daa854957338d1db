# Writes files beside those that are there, and removes some. What puts them in their places is lib/aioswitch.


class _svctl_put:
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

    def copy(source, at, n, path, first):
        """Adds a part of another file to a file, in the same way."""
        with open(source, "rb") as old:
            old.seek(at)
            with open(path, "wb" if first else "ab") as file:
                while n:
                    piece = old.read(min(n, 512))
                    file.write(piece)
                    n = n - len(piece) if piece else 0

    def remove(paths):
        import os

        for path in paths:
            try:
                os.remove(path)
            except OSError as error:
                if error.args[0] != 2:
                    raise
            yield None
