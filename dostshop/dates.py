"""Days as people read them.

Month names within a date, as gettext finds them for the format letter ``E``: Django knows them, but its Azerbaijani
writes “25 Noyabr”; the language writes “25 noyabr”. Named here, they are collected for the shop's own translations,
which come before Django's.
"""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext_lazy

MONTHS = [
    pgettext_lazy("alt. month", "January"),
    pgettext_lazy("alt. month", "February"),
    pgettext_lazy("alt. month", "March"),
    pgettext_lazy("alt. month", "April"),
    pgettext_lazy("alt. month", "May"),
    pgettext_lazy("alt. month", "June"),
    pgettext_lazy("alt. month", "July"),
    pgettext_lazy("alt. month", "August"),
    pgettext_lazy("alt. month", "September"),
    pgettext_lazy("alt. month", "October"),
    pgettext_lazy("alt. month", "November"),
    pgettext_lazy("alt. month", "December"),
]


def day_and_time(moment: datetime) -> str:
    """In Baku."""
    return date_format(timezone.localtime(moment), "j E Y, H:i")


def span(first: date, last: date) -> str:
    """``3–6 December``, ``30 November – 2 December``; one day where both are the same."""
    end = date_format(last, "j E")
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    return f"{date_format(first, 'j E')} – {end}"
