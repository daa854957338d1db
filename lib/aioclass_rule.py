# The restart rule of a service where it is more than a word; a method of aioclass.Service, loaded at
# the first end that asks for it.

import aioschedule


def rule(service, failed):
    """The restart rule where it is not a word: seconds until the restart after an end, or None."""
    rule = service.restart
    if isinstance(rule, (list, tuple, set)):  # asyncmd: names to restart in its place
        if not failed:
            return None
        from aioclass_special import restart_others

        return restart_others(service, rule)
    if not isinstance(rule, dict):
        rule = {"policy": "on-failure" if rule else "no"}
    policy = rule.get("policy", "on-failure")
    delay = rule.get("delay", 1)
    if policy == "no" or not failed and policy != "always":
        return None
    if not failed:
        return delay
    limit = rule.get("limit")
    if limit is not None:
        now = aioschedule.uptime()
        recent = [t for t in getattr(service, "failures", ()) if now - t < limit[1]]
        recent.append(now)
        service.failures = recent
        if len(recent) >= limit[0]:
            if rule.get("on_limit") == "reset":
                from machine import reset

                try:
                    __import__("aioguard").foretell(service.name, "%d failures within %s s" % tuple(limit))
                except Exception:  # no memory to say more; a reset may help
                    pass
                reset()
            return None
    return min(max(service.delay * 2, delay), max(60, delay))
