# Looks at the board's files: which there are, their hashes, what is in one. Generators for pump.py; a
# None that is yielded is only a place to pause.


class _svctl_files:
    def walk(folders):
        """Yields [path, size] of all files in folders and below them; of "", the root, only its own."""
        import os

        folders = list(folders)
        while folders:
            folder = folders.pop()
            try:
                entries = os.ilistdir(folder or os.getcwd())
            except OSError:
                continue
            for entry in entries:
                path = folder + "/" + entry[0] if folder else entry[0]
                if entry[1] == 0x4000:
                    if folder:
                        folders.append(path)
                else:
                    yield [path, entry[3] if len(entry) > 3 else os.stat(path)[6]]

    def sums(paths):
        """Yields [path, sha256 in hexadecimal]; of a file that is not there None."""
        import binascii
        import hashlib

        piece = memoryview(bytearray(512))
        for path in paths:
            try:
                file = open(path, "rb")
            except OSError:
                yield [path, None]
                continue
            sha = hashlib.sha256()
            with file:
                n = file.readinto(piece)
                while n:
                    sha.update(piece[:n])
                    yield None
                    n = file.readinto(piece)
            yield [path, binascii.hexlify(sha.digest()).decode()]

    def read(path):
        """Yields what is in a file, in pieces, in base64; nothing if there is none."""
        import binascii

        try:
            file = open(path, "rb")
        except OSError:
            return
        with file:
            piece = file.read(384)
            while piece:
                yield binascii.b2a_base64(piece).decode().strip()
                piece = file.read(384)
