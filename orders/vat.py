"""Value added tax. Every price of the shop contains it; here it is taken out again, once for each line.

Rates: Tax Code of Azerbaijan, 18 %; exports 0 %. Whether the seller is registered is the setting VAT_STATE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxClass
from dostshop import money

NOT_REGISTERED, REGISTERED = "not_registered", "registered"
STANDARD_RATE = Decimal("18.00")


class Vat(models.TextChoices):
    """Why a line has the tax that it has."""

    NONE = "none", _("the seller is not registered for VAT")
    STANDARD = "standard", _("VAT")
    EXEMPT = "exempt", _("exempt from VAT")
    EXPORT = "export", _("export, VAT 0 %")

    @property
    def rate(self) -> Decimal:
        """In percent."""
        return STANDARD_RATE if self == Vat.STANDARD else money.ZERO


@dataclass(frozen=True)
class Portion:
    """A gross sum of one kind, and the tax in it."""

    vat: Vat
    gross: Decimal
    tax: Decimal

    @classmethod
    def of(cls, vat: Vat, gross: Decimal) -> "Portion":
        """With its tax, rounded half up."""
        return cls(vat, gross, money.rounded(gross * vat.rate / (100 + vat.rate)))

    def tax_up_to(self, gross: Decimal) -> Decimal:
        """In the first so many manat of it, so that parts taken one after another have its tax in sum."""
        return money.rounded(self.tax * gross / self.gross)


def applies(tax_class: str, *, is_export: bool) -> Vat:
    """What holds for something of this class that is sold now; delivery is of the standard class."""
    if settings.VAT_STATE == NOT_REGISTERED:
        return Vat.NONE
    if is_export:
        return Vat.EXPORT
    return Vat.EXEMPT if tax_class == TaxClass.EXEMPT else Vat.STANDARD


def summed(portions: Sequence[Portion]) -> list[Portion]:
    """One portion of each kind, in the order of ``Vat``; taxes are added up, not rounded again."""
    return [
        Portion(vat, sum((one.gross for one in of_kind), money.ZERO), sum((one.tax for one in of_kind), money.ZERO))
        for vat in Vat
        if (of_kind := [one for one in portions if one.vat == vat])
    ]


def credited(
    invoiced: Sequence[Portion], *, before: Sequence[Portion], wanted: Sequence[Portion], amount: Decimal
) -> list[Portion]:
    """How ``amount`` of an invoice is given back: by kind, as ``wanted`` as there is room.

    What is beyond ``wanted``, or kept back from it, is shared in proportion. ``before`` is what was credited already.
    All parts of an invoice credited give its tax to the qəpik. Raises ValueError where there is no room for the amount.
    """
    gone = {one.vat: one.gross for one in summed(before)}
    wishes = {one.vat: one.gross for one in summed(wanted)}
    begun = [gone.get(one.vat, money.ZERO) for one in invoiced]
    room = [one.gross - used for one, used in zip(invoiced, begun, strict=True)]
    if amount > sum(room):
        raise ValueError(f"{amount} is more than is left of the invoice")
    parts = [min(wishes.get(one.vat, money.ZERO), left) for one, left in zip(invoiced, room, strict=True)]
    rest = amount - sum(parts)
    if rest > 0:
        more = shared(rest, over=[left - part for left, part in zip(room, parts, strict=True)])
        parts = [part + one for part, one in zip(parts, more, strict=True)]
    elif rest < 0:
        less = shared(-rest, over=parts)
        parts = [part - one for part, one in zip(parts, less, strict=True)]
    return [
        Portion(one.vat, part, one.tax_up_to(used + part) - one.tax_up_to(used))
        for one, used, part in zip(invoiced, begun, parts, strict=True)
        if part
    ]


def shared(amount: Decimal, *, over: Sequence[Decimal]) -> list[Decimal]:
    """The amount in proportion to ``over``, to the qəpik in sum; no share is more than what it is shared over."""
    whole = sum(over)
    ends = [money.rounded(amount * end / whole) for end in accumulate(over, initial=money.ZERO)]
    return [end - begin for begin, end in pairwise(ends)]
