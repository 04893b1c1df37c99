"""Where the price of a piece goes, as its page says it: by the functions that share it once it is sold."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from artisans import earnings
from artisans.models import EarningsRule
from orders import vat
from orders.vat import Portion


class Whose(TextChoices):
    """Who gets a part, as a shopper reads it."""

    MAKERS = "makers", _("for those who made it")
    MATERIALS = "materials", _("for materials")
    CENTRE = "centre", _("for the Centre: its workshops, its teachers and this shop")
    TAX = "tax", _("in value added tax")


@dataclass(frozen=True)
class Part:
    whose: Whose
    amount: Decimal
    # Of the whole price in percent, as a drawing needs them: text with points.
    begins_at: str
    width: str


def parts(price: Decimal, *, tax_class: str, rule: EarningsRule) -> list[Part]:
    """Of one piece sold in the country today; they sum to the price, and there is none of nothing."""
    tax = Portion.of(vat.applies(tax_class, is_export=False), price).tax
    shares = earnings.share(price - tax, rule=rule)
    amounts = {
        Whose.MAKERS: shares.makers,
        Whose.MATERIALS: shares.materials,
        Whose.CENTRE: shares.centre,
        Whose.TAX: tax,
    }
    return list(_drawn({whose: amount for whose, amount in amounts.items() if amount}, price))


def _drawn(amounts: dict[Whose, Decimal], price: Decimal) -> Iterator[Part]:
    begins_at = Decimal(0)
    for whose, amount in amounts.items():
        width = amount * 100 / price
        yield Part(whose, amount, begins_at=f"{begins_at:.2f}", width=f"{width:.2f}")
        begins_at += width
