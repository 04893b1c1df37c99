"""Pieces come in and go out by a small form; no page writes the number itself."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from dostshop.accounts.models import Role
from orders import stock
from orders.models import Stock
from tests.admin.conftest import english, signed_in, staff
from tests.factories import bag_with, piece


@pytest.fixture
def variant(db: None) -> Variant:
    return piece(on_hand=2)


def submit(client: Client, step: str, variant: Variant, quantity: object) -> str:
    url = english(f"catalog_variant_{step}", variant.pk)
    return client.post(url, {"_form_submitted": "on", "quantity": quantity}, follow=True).content.decode()


def on_hand(variant: Variant) -> int:
    return Stock.objects.get(variant=variant).on_hand


def test_pieces_received_are_added(administrator: Client, variant: Variant) -> None:
    assert "3 pieces received: " in submit(administrator, "receive", variant, 3)
    assert on_hand(variant) == 5
    assert LogEntry.objects.latest("pk").get_change_message() == "3 pieces received"


def test_the_first_pieces_of_a_variant_can_be_received(administrator: Client) -> None:
    variant = piece(on_hand=0)
    submit(administrator, "receive", variant, 1)
    assert on_hand(variant) == 1


def test_pieces_written_off_are_gone(administrator: Client, variant: Variant) -> None:
    assert "1 piece written off: " in submit(administrator, "write_off", variant, 1)
    assert on_hand(variant) == 1
    assert LogEntry.objects.latest("pk").get_change_message() == "1 piece written off"


def test_a_held_piece_cannot_be_written_off(administrator: Client, variant: Variant) -> None:
    stock.hold(bag_with(variant))
    assert "Not so many are there and free" in submit(administrator, "write_off", variant, 2)
    assert on_hand(variant) == 2


@pytest.mark.parametrize("quantity", ["0", "-1", "1000000000", "x", ""])
def test_a_number_that_cannot_be_right_is_refused(administrator: Client, variant: Variant, quantity: str) -> None:
    submit(administrator, "receive", variant, quantity)
    assert on_hand(variant) == 2


def test_who_may_not_change_stock_does_not(variant: Variant) -> None:
    client = signed_in(staff(Role.CENTRE_STAFF, "view_variant"))
    assert client.get(reverse("admin:catalog_variant_change", args=[variant.pk])).status_code == 200
    url = reverse("admin:catalog_variant_receive", args=[variant.pk])
    assert client.post(url, {"_form_submitted": "on", "quantity": 3}).status_code == 403
    assert on_hand(variant) == 2
