from decimal import Decimal

import pytest

from dostshop import money


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("1.004", "1.00"), ("1.005", "1.01"), ("1.015", "1.02"), ("2.675", "2.68"), ("0", "0.00"), ("-1.005", "-1.01")],
)
def test_half_a_qepik_is_rounded_up(amount: str, expected: str) -> None:
    assert money.rounded(Decimal(amount)) == Decimal(expected)


@pytest.mark.parametrize(("amount", "minor"), [("0.01", 1), ("12.5", 1250), ("1250.00", 125000), ("0", 0)])
def test_minor_units_there_and_back(amount: str, minor: int) -> None:
    assert money.to_minor_units(Decimal(amount)) == minor
    assert money.from_minor_units(minor) == Decimal(amount)
    assert money.from_minor_units(minor).as_tuple().exponent == -2


def test_a_fraction_of_a_qepik_never_reaches_a_provider() -> None:
    with pytest.raises(ValueError, match=r"12\.505 has a fraction"):
        money.to_minor_units(Decimal("12.505"))


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "0,00\u00a0₼"),
        ("12.5", "12,50\u00a0₼"),
        ("1250", "1\u202f250,00\u00a0₼"),
        ("1234567.891", "1\u202f234\u202f567,89\u00a0₼"),
        ("-3", "-3,00\u00a0₼"),
    ],
)
def test_an_amount_as_people_read_it(amount: str, shown: str) -> None:
    assert money.text(Decimal(amount)) == shown
