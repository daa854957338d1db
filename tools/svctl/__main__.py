"""Where svctl begins: the command, and `python -m svctl`. What it does is in cli.py."""
import sys


def main() -> int:
    try:
        from svctl.cli import run
    except KeyboardInterrupt:  # it takes a moment to load
        print("svctl: stopped by Ctrl-C", file=sys.stderr)
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
