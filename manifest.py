# Freezes lib/ into a firmware; a board's own manifest has: include("…/manifest.py")
# Written by `make package`.
package("aioctl", files=(
    "__init__.py",
    "core.py",
    "env.py",
    "figures.py",
    "jobs.py",
    "kept.py",
    "logs.py",
    "profiler.py",
    "report.py",
    "strays.py",
    "tagged.py",
    "text.py",
    "trace.py",
    "utf8.py",
    "verbs.py",
), base_path="lib", opt=2)
package("aioservice", files=(
    "__init__.py",
    "anew.py",
    "bringup.py",
    "callbacks.py",
    "change.py",
    "checking.py",
    "configure.py",
    "control.py",
    "damage.py",
    "discovery.py",
    "findings.py",
    "graph.py",
    "heap.py",
    "kept.py",
    "manager.py",
    "masks.py",
    "mpyfile.py",
    "near.py",
    "operation.py",
    "order.py",
    "report.py",
    "runner.py",
    "safemode.py",
    "settings.py",
    "settingsfile.py",
    "starting.py",
    "startup.py",
    "verbs.py",
), base_path="lib", opt=2)
module("aiocalendar.py", base_path="lib", opt=2)
module("aiocalendar_kept.py", base_path="lib", opt=2)
module("aiocalendar_rule.py", base_path="lib", opt=2)
module("aiocalendar_time.py", base_path="lib", opt=2)
module("aioclass.py", base_path="lib", opt=2)
module("aioclass_api.py", base_path="lib", opt=2)
module("aioclass_asyncmd.py", base_path="lib", opt=2)
module("aioclass_calendar.py", base_path="lib", opt=2)
module("aioclass_children.py", base_path="lib", opt=2)
module("aioclass_errors.py", base_path="lib", opt=2)
module("aioclass_heal.py", base_path="lib", opt=2)
module("aioclass_people.py", base_path="lib", opt=2)
module("aioclass_record.py", base_path="lib", opt=2)
module("aioclass_rule.py", base_path="lib", opt=2)
module("aioclass_special.py", base_path="lib", opt=2)
module("aioclass_timed.py", base_path="lib", opt=2)
module("aioclass_watch.py", base_path="lib", opt=2)
module("aioconsole.py", base_path="lib", opt=2)
module("aioconsole_await.py", base_path="lib", opt=2)
module("aioconsole_edit.py", base_path="lib", opt=2)
module("aioconsole_more.py", base_path="lib", opt=2)
module("aioconsole_raw.py", base_path="lib", opt=2)
module("aioconsole_trace.py", base_path="lib", opt=2)
module("aioconsole_usage.py", base_path="lib", opt=2)
module("aioconsole_words.py", base_path="lib", opt=2)
module("aioguard.py", base_path="lib", opt=2)
module("aiolines.py", base_path="lib", opt=2)
module("aiolog.py", base_path="lib", opt=2)
module("aiolog_streamlog.py", base_path="lib", opt=2)
module("aiologger.py", base_path="lib", opt=2)
module("aiologging.py", base_path="lib", opt=2)
module("aiolograte.py", base_path="lib", opt=2)
module("aioschedule.py", base_path="lib", opt=2)
module("aioservice_rom.py", base_path="lib", opt=2)
module("aioswitch.py", base_path="lib", opt=2)
module("aioswitch_trial.py", base_path="lib", opt=2)
module("aiotimers.py", base_path="lib", opt=2)
module("aiotimers_add.py", base_path="lib", opt=2)
module("aiotimers_alarm.py", base_path="lib", opt=2)
module("aiotimers_start.py", base_path="lib", opt=2)
module("aiowatchdog.py", base_path="lib", opt=2)
