# Services whose times follow the clock: `at`, and a time tuple as `start_in`. Loaded with the first.

from time import ticks_ms

from aioclass_timed import due
from aiotimers import timers
from aiotimers_alarm import Alarm


def adopt(service, options):
    """Checks a service's schedule, and gives it the utc_offset of `_boot`: a change of it is one too."""
    timing = service.schedule
    if "at" in timing:
        from aiocalendar_rule import fault

        why = fault(timing)
        if why is not None:
            from aiobase.errors import SettingsError

            raise SettingsError("%s.schedule.%s" % (service.name, why))
    service.schedule = dict(timing)
    service.schedule["utc_offset"] = options.get("utc_offset", 0)


def arm(service, timing):
    """Puts a service into the schedule; its first look at the clock comes at once."""
    name = service.name
    minutes = timing.get("utc_offset", 0)
    if "at" not in timing:
        from aiotimers_add import milliseconds
        from aiotimers_start import Start

        period = milliseconds(timing.get("repeat") or 0)
        timer = Start(name, lambda: due(service), period, ticks_ms(), minutes, timing["start_in"])
    else:
        keep = ran = None
        if timing.get("persistent"):
            from aiocalendar_kept import kept

            ran, keep = kept(name)

        def run():
            if due(service) is False:
                return False
            if keep is not None:  # before the run: one that resets the board does not come back with it
                keep(timer.ran)

        from aiocalendar_rule import parse

        rule = parse(timing["at"], timing.get("days"))
        timer = Alarm(name, run, ticks_ms(), minutes, rule, ran, keep)
    timers.remove(name)
    timers.insert(timer)
    timers.wake()
