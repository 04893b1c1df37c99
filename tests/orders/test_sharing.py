"""Where the price of a piece goes, as its page says it."""

from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from artisans.models import EarningsRule
from catalog.models import Product
from orders import sharing
from tests.factories import CraftFactory, ProductFactory, VariantFactory, piece

SEVENTY = EarningsRule(makers=Decimal(70), centre=Decimal(20), materials=Decimal(10))


def told(price: str, *, tax_class: str = "standard") -> list[tuple[str, str]]:
    return [(part.whose, str(part.amount)) for part in sharing.parts(Decimal(price), tax_class=tax_class, rule=SEVENTY)]


def test_a_price_is_shared_as_it_will_be_when_it_is_sold(settings: Settings) -> None:
    settings.VAT_STATE = "not_registered"
    assert told("38.00") == [("makers", "26.60"), ("materials", "3.80"), ("centre", "7.60")]


def test_tax_is_a_part_where_there_is_any() -> None:
    assert told("118.00") == [("makers", "70.00"), ("materials", "10.00"), ("centre", "20.00"), ("tax", "18.00")]
    assert told("118.00", tax_class="exempt") == [("makers", "82.60"), ("materials", "11.80"), ("centre", "23.60")]


def test_there_is_no_part_of_nothing() -> None:
    assert told("0.01") == [("makers", "0.01")]


@pytest.mark.parametrize("price", ["0.02", "9.99", "38.00", "1250.00"])
def test_the_drawing_is_filled_from_end_to_end(price: str) -> None:
    parts = sharing.parts(Decimal(price), tax_class="standard", rule=SEVENTY)
    assert sum(part.amount for part in parts) == Decimal(price)
    end = Decimal(0)
    for part in parts:
        assert abs(Decimal(part.begins_at) - end) <= Decimal("0.02")
        end = Decimal(part.begins_at) + Decimal(part.width)
    assert abs(end - 100) <= Decimal("0.02")


def page_of(client: Client, product: Product, language: str = "/en") -> str:
    return client.get(f"{language}/pieces/{product.slug}-{product.code.lower()}/").content.decode()


@pytest.mark.django_db
def test_the_page_of_a_piece_says_it_in_words(client: Client) -> None:
    page = page_of(client, piece(price="38.00", craft=CraftFactory.create(tax_class="exempt")).product)
    assert "Where your manat goes" in page
    for sum_shown, words in [("26,60", "for those who made it"), ("3,80", "for materials"), ("7,60", "for the Centre")]:
        line = next(line for line in page.split("<li") if words in line)
        assert sum_shown in line
    assert "Of the lowest price" not in page
    assert "style=" not in page


@pytest.mark.django_db
def test_numbers_of_the_drawing_are_read_in_every_language(client: Client) -> None:
    product = piece(price="38.00", craft=CraftFactory.create(tax_class="exempt")).product
    for language in ("", "/ru", "/en"):
        page = page_of(client, product, language)
        assert 'x="0.00" width="70.00"' in page
        assert 'x="70.00" width="10.00"' in page


@pytest.mark.django_db
def test_of_several_prices_the_lowest_is_shared(client: Client) -> None:
    variant = piece(price="38.00", craft=CraftFactory.create(tax_class="exempt"))
    VariantFactory.create(product=variant.product, price=Decimal("50.00"))
    page = page_of(client, variant.product)
    assert "Of the lowest price, " in page
    assert "26,60" in page


@pytest.mark.django_db
def test_what_has_no_price_is_shared_by_nobody(client: Client) -> None:
    assert "Where your manat goes" not in page_of(client, ProductFactory.create())
