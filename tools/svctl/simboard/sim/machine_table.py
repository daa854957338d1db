# Which file of the simulated board's `machine` has a name: its own, or machine_power.py.


def find(name):
    for file in (name.lower(), "power"):
        try:
            return getattr(__import__("machine_" + file), name)
        except (ImportError, AttributeError) as error:
            if "ffi" in str(error):
                raise AttributeError(str(error))
    raise AttributeError("'module' object has no attribute '%s'" % name)
