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
        class's, None where the service is not loaded}; then, of one that is, what JSON can hold of
        {"kwargs.name": its class's value}, and of what else may have keys of its own, as it is now."""
        conf = __import__("aioservice.configure", None, None, ("x",))
        yield {"entry": conf.get_config(name)}
        if name.endswith(".service"):
            name = name[:-8]
        service = conf.manager().services.get(name)
        yield {"kwargs": None if service is None else sorted(service.kwargs)}
        if service is None:
            return
        told = getattr(type(service), "kwargs", {})
        pairs = [("kwargs." + key, told.get(key, service.kwargs[key])) for key in service.kwargs]
        pairs += [(key, getattr(service, key)) for key in ("schedule", "restart", "require")]
        for key, value in pairs:
            try:
                conf.json_safe(value)
            except ValueError:
                continue
            yield {key: value}

    def piece(text, first):
        """Adds to the text, in JSON, of what is to be saved."""
        _svctl_settings.text = text if first else _svctl_settings.text + text

    def replace(name):
        """Saves [the entry as it was, what is to be there instead]; prints what there is to say, then true,
        or why not, then false."""
        import json

        conf = __import__("aioservice.configure", None, None, ("x",))
        settings, damage = conf.read()
        before, after = json.loads(_svctl_settings.text)
        key = name if name in settings or name + ".service" not in settings else name + ".service"
        fault = conf.fault_of(name, after)
        if settings.get(key, {}) != before:
            fault = name + " was changed on the board meanwhile"
        if fault is None:
            settings[key] = after
            fault = conf.save(settings, damage)
        if fault is not None:
            print("not saved: " + fault)
        conf.manager().release()
        print(json.dumps(fault is None))
