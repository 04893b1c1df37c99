"""Opening hours in words."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import time
from itertools import groupby

from django.db import models
from django.utils.translation import pgettext_lazy


class Weekday(models.IntegerChoices):
    """As ISO 8601 counts them. Written as within a sentence, which Django's own names are not."""

    MONDAY = 1, pgettext_lazy("opening hours", "Monday")
    TUESDAY = 2, pgettext_lazy("opening hours", "Tuesday")
    WEDNESDAY = 3, pgettext_lazy("opening hours", "Wednesday")
    THURSDAY = 4, pgettext_lazy("opening hours", "Thursday")
    FRIDAY = 5, pgettext_lazy("opening hours", "Friday")
    SATURDAY = 6, pgettext_lazy("opening hours", "Saturday")
    SUNDAY = 7, pgettext_lazy("opening hours", "Sunday")


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
