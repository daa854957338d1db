# The arithmetic of calendar times: when is next what `at` and `days` of a schedule say. Pure: takes what
# the clock shows. Loaded with the first service whose times follow the clock.
#
# A moment is (day, second): days since 1 March 2000, so that a leap day ends its year, and seconds
# since midnight. Moments compare, and are small ints in any year, whatever the port's epoch is.
# A rule is (times of day in seconds, sorted; weekdays, 0 is Monday; dates, 0 is a month's last day).

_DAY = const(86400)


def moment(t, minutes=0):
    """The moment of a time tuple, that many minutes later."""
    year, month = t[0] - 2000, t[1]
    if month < 3:
        year -= 1
    day = year * 365 + year // 4 - year // 100 + year // 400
    day += ((month + 9) % 12 * 153 + 2) // 5 + t[2] - 1
    second = t[3] * 3600 + t[4] * 60 + t[5] + int(minutes * 60)
    return day + second // _DAY, second % _DAY


def date(day):
    """(year, month, day of the month) of a day."""
    era, day = divmod(day, 146097)  # days in 400 years
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= year * 365 + year // 4 - year // 100
    month = (day * 5 + 2) // 153
    day -= (month * 153 + 2) // 5 - 1
    year += era * 400 + 2000
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)


def gap(first, then):
    """Seconds from one moment to another."""
    return (then[0] - first[0]) * _DAY + then[1] - first[1]


def next_after(rule, when):
    """The first moment of a rule after a moment; there is one within 62 days, whatever the rule."""
    times, weekdays, dates = rule
    day, second = when
    while True:
        if _is_on(day, weekdays, dates):
            for each in times:
                if each > second:
                    return day, each
        day += 1
        second = -1


def _is_on(day, weekdays, dates):
    if (day + 2) % 7 in weekdays:  # 1 March 2000 was a Wednesday
        return True
    if not dates:
        return False
    return date(day)[2] in dates or 0 in dates and date(day + 1)[2] == 1
