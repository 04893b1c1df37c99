"""Opening hours in words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import time
from itertools import groupby

from django.db import models
from django.utils.translation import gettext_lazy as _


class Weekday(models.IntegerChoices):
    """As ISO 8601 counts them.

    Django knows their names, but writes them with a capital in languages that do not; named here, they are collected
    for the shop's own translations, which come before Django's, in dates too.
    """

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


def in_words(hours: Iterable[tuple[int, time, time]]) -> str:
    """Weekday, opening and closing of each row, with days of the same hours taken together."""
    by_day: dict[int, list[str]] = defaultdict(list)
    for weekday, opens, closes in sorted(hours):
        by_day[weekday].append(f"{opens:%H:%M}–{closes:%H:%M}")
    days = [(weekday, " ".join(by_day[weekday])) for weekday in sorted(by_day)]
    # Days that follow one another differ from their place in the list by the same number.
    runs = groupby(enumerate(days), key=lambda place: (place[1][0] - place[0], place[1][1]))
    return ", ".join(_run([weekday for _place, (weekday, _text) in run], text) for (_step, text), run in runs)


def _run(weekdays: list[int], text: str) -> str:
    first, last = Weekday(weekdays[0]).label, Weekday(weekdays[-1]).label
    match len(weekdays):
        case 1:
            return f"{first} {text}"
        case 2:
            return f"{first}, {last} {text}"
    return f"{first} – {last} {text}"
