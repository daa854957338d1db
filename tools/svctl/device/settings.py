# Looks at the settings of a service and changes them. look() is a generator for pump.py.


class _svctl_settings:
    text = ""

    def load(module):
        """Has the board load what knows settings: a step of its own, since it takes a moment."""
        import sys

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        __import__(module, None, None, ("x",))

    def look(name):
        """Yields {"entry": that of a service, or those of a pattern by name} and {"kwargs": the names in its
        class's, None where the service is not loaded}."""
        import aioservice

        yield {"entry": aioservice.get_config(name)}
        if name.endswith(".service"):
            name = name[:-8]
        service = __import__("aioservice.manager", None, None, ("x",)).manager().services.get(name)
        yield {"kwargs": None if service is None else sorted(service.kwargs)}

    def piece(text, first):
        """Adds to the text, in JSON, of what is to be saved."""
        _svctl_settings.text = text if first else _svctl_settings.text + text

    def save(name, enabled):
        """Saves keys of an entry as config() does, which prints why not; the last line is JSON."""
        import aioservice
        import json

        keys = json.loads(_svctl_settings.text)
        print(json.dumps(aioservice.config(name, enabled, **keys)))

    def replace(name):
        """Saves [the entry as it was, what is to be there instead]; the same output."""
        import json

        conf = __import__("aioservice.configure", None, None, ("x",))
        settings = conf.read()[0]
        before, after = json.loads(_svctl_settings.text)
        key = name if name in settings or name + ".service" not in settings else name + ".service"
        fault = conf.fault_of(name, after)
        if settings.get(key, {}) != before:
            fault = name + " was changed on the board meanwhile"
        if fault is None:
            settings[key] = after
            fault = conf.save(settings)
        if fault is not None:
            print("not saved: " + fault)
        conf.manager().release()
        print(json.dumps(fault is None))
