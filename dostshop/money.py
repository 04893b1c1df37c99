"""Money: ``Decimal`` with two places, in manat. Minor units (qəpik) exist only on the wire to a provider."""

from decimal import ROUND_HALF_UP, Decimal

CURRENCY = "AZN"
SYMBOL = "₼"
CENT = Decimal("0.01")
ZERO = Decimal("0.00")

_NARROW_SPACE = "\u202f"
_NO_BREAK_SPACE = "\u00a0"


def rounded(amount: Decimal) -> Decimal:
    """Two places, half up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def to_minor_units(amount: Decimal) -> int:
    """12.50 → 1250. Raises ValueError for an amount with a fraction of a qəpik."""
    minor = amount * 100
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has a fraction of a qəpik")
    return int(minor)


def from_minor_units(minor: int) -> Decimal:
    return (Decimal(minor) / 100).quantize(CENT)


def number(amount: Decimal) -> str:
    """``1 250,00``: one form in all three languages."""
    return f"{rounded(amount):,.2f}".replace(",", _NARROW_SPACE).replace(".", ",")


def text(amount: Decimal) -> str:
    """``1 250,00 ₼``, for titles and wherever markup cannot go."""
    return f"{number(amount)}{_NO_BREAK_SPACE}{SYMBOL}"


def text_for_mail(amount: Decimal) -> str:
    """``1 250,00 AZN``: a mail is read in fonts that may lack the sign."""
    return f"{number(amount)}{_NO_BREAK_SPACE}{CURRENCY}"
