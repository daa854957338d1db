# Freezes lib/ into a firmware; a board's own manifest has: include("…/manifest.py")
# Written by `make package`.
package("aiobase", files=(
    "__init__.py",
    "errors.py",
    "fault.py",
    "foreign.py",
    "named.py",
    "strays.py",
    "text.py",
    "trace.py",
), base_path="lib", opt=2)
package("aioboot", files=(
    "__init__.py",
    "damage.py",
    "guard.py",
    "kept.py",
    "rom.py",
    "trial.py",
    "watchdog.py",
), base_path="lib", opt=2)
package("aioclass", files=(
    "__init__.py",
    "arguments.py",
    "asyncmd.py",
    "authors.py",
    "calendar.py",
    "callers.py",
    "heal.py",
    "record.py",
    "scheduled.py",
    "watch.py",
), base_path="lib", opt=2)
package("aioconsole", files=(
    "__init__.py",
    "assist.py",
    "awaited.py",
    "editor.py",
    "rarekeys.py",
    "raw.py",
    "trace.py",
    "usage.py",
), base_path="lib", opt=2)
package("aioctl", files=(
    "__init__.py",
    "core.py",
    "env.py",
    "figures.py",
    "jobs.py",
    "journals.py",
    "others.py",
    "profiler.py",
    "report.py",
    "utf8.py",
    "verbs.py",
), base_path="lib", opt=2)
package("aiolog", files=(
    "__init__.py",
    "asyncmd.py",
    "lines.py",
    "logger.py",
    "show.py",
    "tagged.py",
), base_path="lib", opt=2)
package("aioschedule", files=(
    "__init__.py",
    "add.py",
    "alarm.py",
    "calendar.py",
    "format.py",
    "lastruns.py",
    "rule.py",
    "start.py",
    "timer.py",
), base_path="lib", opt=2)
package("aioservice", files=(
    "__init__.py",
    "anew.py",
    "applying.py",
    "callbacks.py",
    "change.py",
    "checking.py",
    "configure.py",
    "control.py",
    "discovery.py",
    "findings.py",
    "graph.py",
    "heap.py",
    "manager.py",
    "masks.py",
    "mpyfile.py",
    "order.py",
    "report.py",
    "runner.py",
    "safemode.py",
    "settings.py",
    "settingsfile.py",
    "spelling.py",
    "starting.py",
    "startup.py",
    "verbs.py",
), base_path="lib", opt=2)
module("aiologging.py", base_path="lib", opt=2)
module("aioswitch.py", base_path="lib", opt=2)
