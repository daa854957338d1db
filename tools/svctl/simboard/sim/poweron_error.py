# How the firmware shows what ended boot.py, main.py or a script; loaded when something did.
import io
import sys


def show(error):
    """As a board prints it: without the line of poweron.py, which no board has."""
    text = io.StringIO()
    sys.print_exception(error, text)
    for line in text.getvalue().split("\n")[:-1]:
        if 'poweron.py"' not in line:
            sys.stderr.write(line + "\n")
