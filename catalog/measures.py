"""Sizes and weights as people read them, in the language of the page."""

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _


def size(*millimetres: int | None) -> str:
    """``24 × 12.5 cm``; the sides that are not known are left out, nothing known is an empty text."""
    sides = " × ".join(number_format(side / 10, 1 if side % 10 else 0) for side in millimetres if side)
    return _("%(sides)s cm") % {"sides": sides} if sides else ""


def weight(grams: int) -> str:
    """``450 g``, ``1.25 kg``, ``2 kg``: to the gram, for prices change at one."""
    if grams < 1000:
        return _("%(number)s g") % {"number": grams}
    return _("%(number)s kg") % {"number": number_format(f"{(Decimal(grams) / 1000).normalize():f}")}
