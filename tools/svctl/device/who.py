# Which board it is, and what it carries. Apart from about.py, so that a deploy takes less.


class _svctl_who:
    def uid():
        """Prints the board's unique id in hexadecimal; an empty line where it has none."""
        try:
            print(__import__("machine").unique_id().hex())
        except (ImportError, AttributeError):
            print()

    def carried():
        """Prints what is in version.json, an empty line without one."""
        try:
            with open("version.json") as file:
                print(file.read(500))
        except OSError:
            print()
