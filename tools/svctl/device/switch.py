# Has lib/aioswitch put one set of files in the place of another, or back; the board does that by itself, and
# boot.py goes on with it after a power cut. The generators are for pump.py.


class _svctl_switch:
    module = None

    def load(*folders):
        """Loads it from where it is whole: folders, lib/."""
        import sys

        path = sys.path[:]
        sys.path[:0] = folders
        try:
            _svctl_switch.module = __import__("aioswitch")
        finally:
            sys.path[:] = path

    def drop():
        """Forgets it; the next deploy brings its own."""
        import sys

        sys.modules.pop("aioswitch", None)

    def state():
        """Prints [state, way, boots, why]."""
        import json

        print(json.dumps(_svctl_switch.module.state()))

    def prepare():
        return _svctl_switch.module.prepare()

    def go(way, reset, trial):
        """Decides it, does it, and prints how many steps that were. `reset`: and resets the board at once,
        so that nothing is loaded that does not fit what is in memory. `trial`: else it is good at once."""
        module = _svctl_switch.module
        module.commit(way)
        try:
            done = module.put()
        except Exception as error:
            module.undo(str(error))
            _svctl_switch.run(module.settle())
            print("!", error)
            return
        if not trial:
            _svctl_switch.run(module.settle())
        elif not reset and hasattr(module, "begin"):
            module.begin()
        print(done)
        if reset:
            import machine

            machine.reset()

    def run(steps):
        for _ in steps:
            pass

    def left():
        """Prints [s until the board judges, s until it resets itself]; null: it does not."""
        import json
        import sys

        found = [None, None]
        module = sys.modules.get("aioswitch")
        if hasattr(module, "left"):
            trial = sys.modules.get("aioboot.trial") or sys.modules.get("aioswitch_trial")  # as it was called
            found = [getattr(trial, "left", None), module.left()]
        print(json.dumps(found))

    def undo(why, reset):
        """Puts the old set back, and prints a line."""
        _svctl_switch.module.undo(why)
        print("undone")
        if reset:
            import machine

            machine.reset()

    def settle():
        return _svctl_switch.module.settle()

    def hold(seconds):
        _svctl_switch.module.hold(seconds)
