# Names that somebody may have meant. Pure; loaded when one is not known.


def apart(one, other):
    """By how many letters two words differ: another one, one more or less, two swapped."""
    before = above = None
    row = list(range(len(other) + 1))
    for i in range(len(one)):
        before, above, row = above, row, [i + 1]
        for j in range(len(other)):
            n = min(above[j + 1] + 1, row[j] + 1, above[j] + (one[i] != other[j]))
            if i and j and one[i] == other[j - 1] and one[i - 1] == other[j]:
                n = min(n, before[j - 1] + 1)
            row.append(n)
    return row[-1]


def near(word, known, strict=False):
    """ "; did you mean groups?" of the known word that is a slip or two away; else "".

    strict: for a word that may be right, like save beside safe.
    """
    most = min(len(word) // 3, 2)
    if strict and len(word) < 5:
        known = [each for each in known if len(each) != len(word)]
    found = min([(apart(word, each), each) for each in sorted(known)] + [(most + 1, "")])
    return "" if found[0] > most else "; did you mean %s?" % found[1]
