"""A board in a world that a script describes."""
from __future__ import annotations

import json


def script(vm, **world):
    vm.put("simulation.json", json.dumps(world))
