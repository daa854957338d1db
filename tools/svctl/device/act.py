# Does what people ask of services, by the functions of aioservice. What these print comes first; the last
# line of the output is JSON.


class _svctl_act:
    function = operation = None

    def load(verb, name):
        """Has the board load the function: a step of its own, since it takes a moment. Refuses to end the
        console through which it is asked."""
        import sys

        if "aioservice.manager" not in sys.modules:
            raise RuntimeError("no manager")
        service = sys.modules["aioservice.manager"].manager().services.get(name)
        if getattr(service, "prompt", False) and verb in ("stop", "restart", "reload", "mask"):
            raise RuntimeError("console")
        _svctl_act.function = getattr(__import__("aioservice"), verb)

    def forget(*names):
        """Has modules imported anew by who needs them next."""
        for name in names:
            __import__("aiobase").forget(name)

    def do(*args):
        """Calls it, and prints what it returned; true for what takes its time, which poll() tells of."""
        import json

        value = _svctl_act.function(*args)
        _svctl_act.operation = value if hasattr(value, "ended") else None
        print(json.dumps(value if _svctl_act.operation is None else True))

    def poll():
        """Prints [whether it has ended, what went wrong or None]."""
        import json

        operation = _svctl_act.operation
        error = None if operation is None else operation.error
        print(json.dumps([operation is None or operation.ended.is_set(), error and str(error)]))

    def touched():
        """Prints [[a service that a reload of the settings touched, why it goes on as it was or None, whether
        it is to be up] …]."""
        import json

        print(json.dumps(getattr(_svctl_act.operation, "touched", [])))

    def done():
        """Gives back what it took."""
        __import__("aioservice.manager", None, None, ("x",)).manager().release()
