# The first code in a simulated board's VM (`micropython -m poweron`): what the firmware
# does before boot.py. It runs boot.py and main.py, or one script, then leaves no trace.


def _execute(run, code, names):
    # True when it ended without an exception. SystemExit passes: it ends the VM.
    try:
        run(code, names)
        return True
    except SystemExit:
        raise
    except BaseException as error:
        try:
            __import__("poweron_error").show(error)
        except MemoryError:
            import sys

            sys.print_exception(error, sys.stderr)
    return False


def _main(execute):
    import os
    import sys

    from micropython import kbd_intr

    kbd_intr(3)  # the unix port does this for scripts only
    image = os.getenv("BOARD_ROM")
    if image:
        import romfs

        romfs.mount(image)
        del romfs, sys.modules["romfs"]
    if os.getenv("BOARD_CLOCK"):
        __import__("sim_time").install()
    names = globals()
    argv = list(sys.argv[1:])
    del sys.argv[:]
    # What `micropython -m` left behind and a board does not have.
    for name in ("__file__", "__main__", "_main", "_execute"):
        names.pop(name, None)
    sys.modules.pop("poweron", None)
    if argv:
        if argv[0] == "-c":
            done = execute(exec, os.getenv("BOARD_CODE"), names)
        else:
            done = execute(execfile, argv[0], names)
        sys.exit(0 if done else 1)
    for name in ("boot.py", "main.py"):
        try:
            os.stat(name)
        except OSError:
            continue
        execute(execfile, name, names)
    if os.getenv("BOARD_PROMPT"):
        __import__("sim_prompt").run(names)


_main(_execute)
