# Services whose times follow the clock: `at`, and a time tuple as `start_in`. Loaded with the first.

from time import ticks_ms

from aioschedule.alarm import Alarm
from aioschedule.timer import timers


def adopt(service, options):
    """Checks a service's schedule, and gives it the utc_offset of `_boot`: a change of it is one too."""
    timing = service.schedule
    if "at" in timing:
        from aioschedule.rule import fault

        why = fault(timing)
        if why is not None:
            from aiobase.errors import SettingsError

            raise SettingsError("%s.schedule.%s" % (service.name, why))
    service.schedule = dict(timing)
    service.schedule["utc_offset"] = options.get("utc_offset", 0)


def arm(service, timing, due):
    """Puts a service into the schedule, where due() begins a run; its first look at the clock is at once."""
    name = service.name
    minutes = timing.get("utc_offset", 0)
    if "at" not in timing:
        from aioschedule.add import milliseconds
        from aioschedule.start import Start

        period = milliseconds(timing.get("repeat") or 0)
        timer = Start(name, lambda: due(service), period, ticks_ms(), minutes, timing["start_in"])
    else:
        keep = ran = None
        if timing.get("persistent"):
            from aioschedule.lastruns import kept

            ran, keep = kept(name)

        def run():
            if due(service) is False:
                return False
            if keep is not None:  # before the run: one that resets the board does not come back with it
                keep(timer.ran)

        from aioschedule.rule import parse

        rule = parse(timing["at"], timing.get("days"))
        timer = Alarm(name, run, ticks_ms(), minutes, rule, ran, keep)
    timers.remove(name)
    timers.insert(timer)
    timers.wake()
