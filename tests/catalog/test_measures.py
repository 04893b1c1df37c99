"""Sizes and weights as people read them."""

import pytest
from django.utils import translation

from catalog import measures


@pytest.mark.parametrize(
    ("grams", "said"),
    [
        (450, "450 g"),
        (999, "999 g"),
        (1000, "1 kg"),
        (1040, "1.04 kg"),
        (1200, "1.2 kg"),
        (1250, "1.25 kg"),
        (1999, "1.999 kg"),
        (20_000, "20 kg"),
    ],
)
def test_a_weight_is_said_to_the_gram(grams: int, said: str) -> None:
    with translation.override("en"):
        assert measures.weight(grams) == said


def test_a_weight_is_said_with_the_decimal_sign_of_the_language() -> None:
    with translation.override("az"):
        assert measures.weight(1250) == "1,25 kq"
    with translation.override("ru"):
        assert measures.weight(1999) == "1,999 кг"
