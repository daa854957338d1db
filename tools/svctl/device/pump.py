# Runs a generator for a moment at a time, so that the services have their turn in between, and prints
# what it yields, as JSON, one a line; `...` ends a page. The last line is "more" or "done".


class _svctl_pump:
    work = None

    def go(work, ms):
        import json
        import time

        if work is not None:
            _svctl_pump.work = work
        begin = time.ticks_ms()
        for answer in _svctl_pump.work:
            if answer is not None and answer is not ...:
                print(json.dumps(answer))
            if answer is ... or time.ticks_diff(time.ticks_ms(), begin) >= ms:
                print("more")
                return
        _svctl_pump.work = None
        print("done")
