# After a boot that did not last: services whose files are not as manifest.txt has them are held back,
# and what it does not know is told. Loaded then only, and given back.

import os

_FOLDER = const("aioservices/services/")
_WRONG = const("not as in manifest.txt")
_OURS = ("lib", "aioservices")


def look(finder, damaged):
    """Holds back a Finder's services whose files are among the `damaged` paths.

    Other files that are damaged, and unknown ones, are told of only: those are loaded.
    """
    for path in damaged:
        name, _, ext = path[len(_FOLDER) :].rpartition(".")
        if path.startswith(_FOLDER) and name.endswith("_service"):
            # What else it could be, "both", is refused anyway.
            if finder.files.get(name[:-8]) == ext:
                finder.files[name[:-8]] = ext + " " + _WRONG
        else:
            _tell(finder, path + ": damaged, " + _WRONG)
    found = unknown(_OURS)
    if found:
        _tell(finder, "not in manifest.txt, loaded unchecked: " + ", ".join(found))


def unknown(folders):
    """The files in folders that manifest.txt does not have; OSError: there is none."""
    found = []
    known = _known()
    for folder in folders:
        _add(folder, known, found)
    return found


def _tell(finder, text):
    finder.fault = text if finder.fault is None else finder.fault + "\n" + text


def _known():
    found = set()
    with open("manifest.txt") as file:
        for line in file:
            found.add(line.split(" ", 2)[2].strip())
    return found


def _add(folder, known, unknown):
    for entry in sorted(os.listdir(folder)):
        if entry[0] == ".":  # of an editor or a system: nothing loads it
            continue
        path = folder + "/" + entry
        if os.stat(path)[0] & 0x4000:
            _add(path, known, unknown)
        elif path not in known:
            unknown.append(path)
