"""Programs of ours in a process that begins where this one is: what they import is there already, which is
half of what a test of a board takes. With ANEW each is started as a person would."""
from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import traceback
from typing import Callable, NoReturn, Optional

ANEW = False


def popen(command: list, main: Callable[[], Optional[int]], words: int, env: Optional[dict] = None,
          before: Callable[[], None] = lambda: None, **kwargs) -> subprocess.Popen:
    """`command` as a process, of which the first `words` are what starts `main`; `before` is called in it."""
    if ANEW:
        return subprocess.Popen(command, env=env, preexec_fn=before, **kwargs)
    argv = [str(word) for word in command[words - 1:]]
    return subprocess.Popen(command, preexec_fn=lambda: _begin(main, argv, env, before), **kwargs)


def _begin(main: Callable[[], Optional[int]], argv: list, env: Optional[dict],
           before: Callable[[], None]) -> NoReturn:
    """In the child, which never goes on to start anything: its end is that of `main`."""
    code: object = 1
    try:
        before()
        _close_others()  # the one by which subprocess waits for a start, too
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # as Python begins
        if env is not None:
            os.environ.clear()
            os.environ.update(env)
        sys.argv = argv
        sys.stdin, sys.stdout, sys.stderr = map(_stream, (0, 1, 2))
        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        if isinstance(code, str):
            print(code, file=sys.stderr)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1 if code else 0)


def _close_others() -> None:
    """What is open here, but for the standard streams; there may be room for a billion."""
    for fd in [int(name) for name in os.listdir("/dev/fd") if int(name) > 2]:
        with contextlib.suppress(OSError):  # that of the list itself
            os.close(fd)


def _stream(fd: int) -> Optional[io.TextIOWrapper]:
    """A standard stream as Python has it when it begins."""
    try:
        raw = open(fd, "rb" if fd == 0 else "wb", -1 if fd < 2 else 0, closefd=False)
    except OSError:
        return None
    through = fd == 2 or bool(os.environ.get("PYTHONUNBUFFERED"))
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace" if fd == 2 else "strict",
                            line_buffering=through or os.isatty(fd), write_through=through)
