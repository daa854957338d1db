# new_name: a schedule service: at its times it is started anew, runs to its end, and is cleaned up.

from aioclass import Service


class NewName(Service):
    info = "What it is for, in a line"
    type = "schedule.service"
    enabled = True  # unless services.config says otherwise
    schedule = {"start_in": 1, "repeat": 10}  # seconds; or {"at": "07:30", "days": "mon-fri"}
    runs = 0

    async def setup(self):
        """Acquires what a run needs. What it raises is this service's failure."""

    async def task(self):
        """What it returns is the `result` of this run."""
        self.runs += 1
        return self.runs

    async def cleanup(self):
        """Releases what setup() acquired, after each run."""


service = NewName("new_name")
