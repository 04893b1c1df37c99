"""Phone numbers, as people in many countries write them."""

import pytest
from django.test import Client

from orders.models import Order
from tests.factories import delivery_method, piece
from tests.orders.test_checkout_pages import PICKUP, enter, submit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("GE", "555 12 34 56", "+995555123456"),
        ("DE", "030 1234567", "+49301234567"),
        ("DE", "+994 50 123 45 67", "+994501234567"),
        ("", "050 123 45 67", "+994501234567"),
    ],
)
def test_a_phone_number_is_read_as_it_is_dialled_where_the_parcel_goes(
    client: Client, country: str, typed: str, kept: str
) -> None:
    method = delivery_method(countries=[country or "AZ"])
    enter(client, piece())
    wishes = {**PICKUP, "payment": "stripe", "delivery": f"post-{method.pk}", "city": "X", "address": "Y 1"}
    submit(client, {**wishes, "country": country, "phone": typed})
    assert Order.objects.get().phone.as_e164 == kept


def test_a_country_left_over_from_another_choice_does_not_change_the_number(client: Client) -> None:
    delivery_method(countries=["GE"])
    enter(client, piece())
    submit(client, {**PICKUP, "country": "GE", "phone": "050 123 45 67"})
    assert Order.objects.get().phone.as_e164 == "+994501234567"


def test_a_wrong_number_is_told_with_the_code_of_the_country(client: Client) -> None:
    method = delivery_method(countries=["DE"])
    enter(client, piece(), prefix="/en")
    wishes = {**PICKUP, "payment": "stripe", "delivery": f"post-{method.pk}", "city": "X", "address": "Y 1"}
    page = submit(client, {**wishes, "country": "DE", "phone": "050 123 45 67"}, "/en").content.decode()
    assert "for the country you chose it is +49." in page
    page = submit(client, {**PICKUP, "phone": "12"}, "/en").content.decode()
    assert "Check the number: for example 050 123 45 67, or with the code of its country" in page
    assert not Order.objects.exists()
