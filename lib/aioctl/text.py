# How names are picked by people.


def match(pattern, text):
    """Whether text fits pattern, in which `*` stands for anything and nothing else is special."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return pattern == text
    if not text.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(text) - len(parts[-1]) >= at and text.endswith(parts[-1])
