"""The bag: filling it from public pages, changing it, and what it says of pieces that are gone."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from orders import bag as bags
from orders import stock
from orders.models import Bag, BagLine, Hold
from tests.factories import UserFactory, bag_with, piece

pytestmark = pytest.mark.django_db


def add(client: Client, code: str, quantity: object = 1, **headers: str) -> str:
    response = client.post("/bag/add/", {"variant": code, "quantity": quantity}, headers=headers, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_a_guest_puts_a_piece_into_the_bag(client: Client) -> None:
    variant = piece()
    page = add(client, variant.code)
    assert "Firuzəyi badyə" in page
    assert client.cookies["bag_size"].value == "1"
    assert client.cookies["bag"]["httponly"]
    assert client.cookies["bag"]["samesite"] == "Lax"
    assert BagLine.objects.get().variant == variant


def test_looking_at_an_empty_bag_makes_no_bag_and_no_cookie(client: Client) -> None:
    response = client.get("/bag/")
    assert not response.cookies
    assert not Bag.objects.exists()


def test_one_of_a_kind_goes_in_once(client: Client) -> None:
    variant = piece()
    add(client, variant.code)
    add(client, variant.code)
    assert BagLine.objects.get().quantity == 1


def test_a_post_from_another_site_is_refused(client: Client) -> None:
    response = client.post("/bag/add/", {"variant": piece().code}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert not Bag.objects.exists()


@pytest.mark.parametrize("quantity", ["-1", "1000000000", "21", "abc", "1.5", "١", "\x00", "9" * 400])
def test_a_quantity_that_makes_no_sense_gets_a_sentence_and_changes_nothing(client: Client, quantity: str) -> None:
    variant = piece(on_hand=5, kind="small_series")
    page = add(client, variant.code, quantity)
    if quantity == "١":
        # An Arabic one is a one.
        assert BagLine.objects.get().quantity == 1
        return
    assert "notice--error" in page
    assert not BagLine.objects.exists()


def test_nought_pieces_cannot_be_added(client: Client) -> None:
    page = add(client, piece().code, "0")
    assert "notice--error" in page
    assert not BagLine.objects.exists()


@pytest.mark.parametrize("state", [Product.State.DRAFT, Product.State.ARCHIVED])
def test_what_is_not_published_cannot_be_added(client: Client, state: str) -> None:
    variant = piece(state=state)
    assert "notice--error" in add(client, variant.code)
    assert not BagLine.objects.exists()


def test_a_sold_piece_cannot_be_added(client: Client) -> None:
    assert "notice--error" in add(client, piece(on_hand=0).code)
    assert not BagLine.objects.exists()


def test_a_piece_in_another_checkout_says_until_when(client: Client) -> None:
    variant = piece()
    until = stock.hold(bag_with(variant))
    assert until is not None
    with translation.override("en"):
        page = client.post("/en/bag/add/", {"variant": variant.code}, follow=True).content.decode()
    assert "Another shopper has this piece in the checkout until about" in page


def test_more_than_there_is_says_how_many_are_left(client: Client) -> None:
    variant = piece(on_hand=2, kind="small_series")
    page = client.post("/en/bag/add/", {"variant": variant.code, "quantity": 3}, follow=True).content.decode()
    assert "Only 2 of these are left." in page


def test_changing_and_taking_out(client: Client) -> None:
    variant = piece(on_hand=5, kind="small_series")
    add(client, variant.code)
    line = BagLine.objects.get()
    client.post("/bag/change/", {"line": line.pk, "quantity": 4})
    line.refresh_from_db()
    assert line.quantity == 4
    client.post("/bag/change/", {"line": line.pk, "quantity": 0})
    assert not BagLine.objects.exists()
    assert client.cookies["bag_size"].value == ""


def test_the_line_of_another_shopper_cannot_be_changed(client: Client) -> None:
    line = bag_with(piece(on_hand=3, kind="small_series")).lines.get()
    add(client, piece().code)
    client.post("/bag/change/", {"line": line.pk, "quantity": 0})
    assert BagLine.objects.filter(pk=line.pk, quantity=1).exists()


def test_a_piece_withdrawn_while_in_the_bag_is_told_and_stops_the_checkout(client: Client) -> None:
    variant = piece()
    add(client, variant.code)
    Product.objects.update(state=Product.State.ARCHIVED)
    page = client.get("/en/bag/").content.decode()
    assert "This piece is no longer for sale." in page
    assert reverse("orders:begin_checkout") not in page


def test_a_price_changed_while_in_the_bag_is_told(client: Client) -> None:
    variant = piece(price="38.00")
    add(client, variant.code)
    variant.price = 40
    variant.save()
    page = client.get("/en/bag/").content.decode()
    assert "It was 38,00" in page


def test_signing_in_brings_the_guests_bag_along_and_what_is_held_for_it(client: Client) -> None:
    user = UserFactory.create(email="leyla@example.com")
    user.emailaddress_set.create(email=user.email, verified=True, primary=True)
    known, new, both = piece(), piece(), piece(on_hand=9, kind="small_series")
    bag_with(known, both, user=user)
    add(client, new.code)
    add(client, both.code, 2)
    guest = Bag.objects.get(user=None)
    stock.hold(guest)
    client.post("/accounts/login/", {"login": user.email, "password": "a long password"})
    bag = Bag.objects.get()
    assert bag.user == user
    assert {line.variant_id: line.quantity for line in bag.lines.all()} == {known.pk: 1, new.pk: 1, both.pk: 3}
    assert client.cookies["bag_size"].value == "5"
    assert {held.variant_id: held.quantity for held in Hold.objects.live().filter(bag=bag)} == {new.pk: 1, both.pk: 2}
    assert Hold.objects.count() == 2


def test_the_bags_query_count_does_not_grow(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        add(client, piece().code)
    with django_assert_num_queries(7):
        client.get("/bag/")
    for _ in range(5):
        add(client, piece().code)
    with django_assert_num_queries(7):
        client.get("/bag/")


def test_a_bag_has_its_limit(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bags, "MAX_LINES", 2)
    for _ in range(3):
        add(client, piece().code)
    assert BagLine.objects.count() == 2


def test_an_unknown_piece_makes_no_bag(client: Client) -> None:
    assert "notice--error" in add(client, "NOTHING")
    assert not Bag.objects.exists()
    assert not client.cookies["bag"].value


def test_signing_out_hides_the_bag_from_the_next_person(client: Client) -> None:
    client.force_login(UserFactory.create())
    add(client, piece().code)
    assert client.cookies["bag_size"].value == "1"
    client.post("/accounts/logout/")
    assert client.cookies["bag_size"].value == ""


@pytest.mark.parametrize("token", ["\\000", "x" * 5000, "'--", "../../bag"])
def test_a_cookie_can_be_anything(client: Client, token: str) -> None:
    client.cookies["bag"] = token
    for address in ("/bag/", "/checkout/"):
        assert client.get(address).status_code < 500
    assert client.post("/checkout/begin/").status_code < 500
    assert client.post("/checkout/", {"bag": "\0"}).status_code < 500


def test_what_cannot_be_bought_is_not_in_the_sum(client: Client) -> None:
    gone, here = piece(price="12.00"), piece(price="30.00")
    add(client, gone.code)
    add(client, here.code)
    stock.write_off(gone.pk, quantity=1)
    page = client.get("/en/bag/").content.decode()
    total = page.partition('class="summary__total"')[2].partition("</dl>")[0]
    assert "30,00" in total
    assert "42,00" not in total
