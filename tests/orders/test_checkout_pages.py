"""From the bag to a placed order, by forms alone, as a browser without scripts sends them."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from artisans.models import Branch
from catalog.models import Product, Variant
from orders import stock
from orders.models import DeliveryMethod, DeliveryRate, Hold, Order, Payment
from orders.providers import Started
from tests.factories import BranchFactory, CraftFactory, UserFactory, bag_with, delivery_method, piece
from tests.orders import toys

pytestmark = pytest.mark.django_db

PICKUP = {
    "email": "leyla@example.com",
    "name": "Leyla Məmmədova",
    "phone": "050 123 45 67",
    "delivery": "pickup-baku",
    "payment": "branch",
    "gift_note": "",
    "terms": "on",
}


def enter(client: Client, *variants: Variant, prefix: str = "") -> None:
    """With these pieces in the bag, as far as the checkout's page."""
    for variant in variants:
        client.post(f"{prefix}/bag/add/", {"variant": variant.code})
    response = client.post(f"{prefix}/checkout/begin/")
    assert response.url == f"{prefix}/checkout/"  # type: ignore[attr-defined]


def hidden(page: str) -> dict[str, str]:
    return {name: re.findall(rf'name="{name}" value="([^"]*)"', page)[0] for name in ("bag", "quote")}


def submit(client: Client, data: dict[str, Any], prefix: str = "") -> Any:
    page = client.get(f"{prefix}/checkout/").content.decode()
    return client.post(f"{prefix}/checkout/", {**hidden(page), **data})


def test_pickup_paid_at_the_branch(client: Client) -> None:
    variant = piece()
    enter(client, variant)
    response = submit(client, {**PICKUP, "gift_note": "Ad günün mübarək"})
    order = Order.objects.get()
    assert response.url == order.get_absolute_url()
    assert (order.email, order.name, order.phone.as_e164) == ("leyla@example.com", "Leyla Məmmədova", "+994501234567")
    assert (order.delivery, order.pickup_branch, order.total) == ("pickup", BranchFactory(), Decimal("38.00"))
    assert order.gift_note == "Ad günün mübarək"
    line = order.lines.get()
    assert (line.name, line.sku, line.unit_price, line.quantity) == ("Firuzəyi badyə", variant.sku, Decimal(38), 1)
    assert order.payments.get().provider == "branch"
    assert client.cookies["bag"].value == client.cookies["bag_size"].value == ""
    assert client.get(response.url).status_code == 200


@pytest.mark.parametrize(
    ("prefix", "name"), [("", "Firuzəyi badyə"), ("/ru", "Бирюзовая чаша"), ("/en", "Turquoise bowl")]
)
def test_the_order_keeps_the_shoppers_language(client: Client, prefix: str, name: str) -> None:
    enter(client, piece(), prefix=prefix)
    submit(client, PICKUP, prefix)
    order = Order.objects.get()
    assert order.language == (prefix or "/az").strip("/")
    assert order.lines.get().name == name
    assert order.get_absolute_url().startswith(f"{prefix}/orders/{order.code}/")


def test_delivery_adds_its_price_and_needs_an_address(client: Client) -> None:
    method = delivery_method(price="5.00")
    enter(client, piece())
    wishes = {**PICKUP, "delivery": f"post-{method.pk}", "payment": "stripe"}
    page = submit(client, {**wishes, "phone": ""}).content.decode()
    for field in ("phone", "city", "address"):
        assert f'id="id_{field}_error"' in page
    assert 'value="Leyla Məmmədova"' in page
    assert not Order.objects.exists()
    address = {
        "city": "Gəncə",
        "address": "Nizami küçəsi 5, mənzil 12",
        "postcode": "az 2000",
        "directions": "Parkın yanı",
    }
    submit(client, {**wishes, **address})
    order = Order.objects.get()
    assert (order.delivery_total, order.total) == (Decimal("5.00"), Decimal("43.00"))
    assert (order.country.code, order.postcode) == ("AZ", "AZ2000")
    assert order.delivery_name == "Bakı daxilində kuryer"


@pytest.mark.parametrize(("typed", "kept"), [("AZ1000", "AZ1000"), ("AZ 1000", "AZ1000"), ("1000", "AZ1000"), ("", "")])
def test_post_codes_as_people_write_them(client: Client, typed: str, kept: str) -> None:
    method = delivery_method()
    enter(client, piece())
    address = {"delivery": f"post-{method.pk}", "payment": "stripe", "city": "Bakı", "address": "Nizami 5"}
    submit(client, {**PICKUP, **address, "postcode": typed})
    assert Order.objects.get().postcode == kept


def test_abroad_the_zone_follows_the_country(client: Client) -> None:
    europe = delivery_method(name_az="Avropa", countries=["DE", "FR"], price="45.00")
    world = delivery_method(name_az="Başqa ölkələr", countries=[], price="70.00")
    enter(client, piece())
    address = {"city": "Berlin", "address": "Torstraße 1", "postcode": "10119", "phone": "030 1234567"}
    wishes = {**PICKUP, "payment": "stripe", **address}
    page = submit(client, {**wishes, "delivery": f"post-{world.pk}", "country": "DE"}).content.decode()
    assert "Avropa" in page
    assert "45,00" in page
    assert not Order.objects.exists()
    submit(client, {**wishes, "delivery": f"post-{europe.pk}", "country": "DE"})
    order = Order.objects.get()
    assert (order.country.code, order.postcode, order.total) == ("DE", "10119", Decimal("83.00"))


@pytest.mark.parametrize("fields", [{"kind": "food"}, {"craft__needs_export_permit": True}])
def test_what_may_not_leave_the_country_is_not_offered_abroad(client: Client, fields: dict[str, Any]) -> None:
    if "craft__needs_export_permit" in fields:
        fields = {"craft": CraftFactory.create(needs_export_permit=True)}
    home, world = delivery_method(), delivery_method(name_az="Başqa ölkələr", countries=[])
    enter(client, piece(**fields))
    page = client.get("/checkout/").content.decode()
    assert f"post-{home.pk}" in page
    assert f"post-{world.pk}" not in page
    submit(client, {**PICKUP, "payment": "stripe", "delivery": f"post-{world.pk}", "country": "DE"})
    assert not Order.objects.exists()


def test_every_piece_that_keeps_the_bag_at_home_is_named_with_its_reason(client: Client) -> None:
    carpet = piece(name_en="Red carpet", craft=CraftFactory.create(needs_export_permit=True))
    jam = piece(name_en="Quince jam", kind="food")
    enter(client, carpet, jam, piece(name_en="Silk scarf"), prefix="/en")
    for address in ("/en/bag/", "/en/checkout/"):
        page = client.get(address).content.decode()
        told = page[page.index("only with a permit") :]
        assert re.search(r"Red carpet.*Food is not sent abroad.*Quince jam", told, re.DOTALL)
        assert '<a href="/en/info/contact/">write to us</a>' in told
        assert "<li>Silk scarf</li>" not in page


def test_food_is_not_a_matter_to_write_about(client: Client) -> None:
    enter(client, piece(kind="food"), prefix="/en")
    page = client.get("/en/checkout/").content.decode()
    assert "Food is not sent abroad." in page
    assert "write to us" not in page


def test_a_parcel_heavier_than_every_rate_can_be_picked_up_only(client: Client) -> None:
    method = delivery_method(up_to_weight_g=500)
    enter(client, piece(weight_g=501))
    page = client.get("/checkout/").content.decode()
    assert f"post-{method.pk}" not in page
    assert "pickup-baku" in page


def test_errors_are_summed_up_tied_to_their_fields_and_lose_nothing(client: Client) -> None:
    enter(client, piece(), prefix="/en")
    page = submit(client, {"email": "nobody", "name": "Leyla", "gift_note": "Bir söz"}, "/en").content.decode()
    assert "<title>Error: " in page
    assert re.search(r'class="error-summary"[^>]*tabindex="-1"[^>]*autofocus', page)
    for field in ("email", "delivery", "payment", "terms"):
        assert f'href="#id_{field}"' in page
        assert f'id="id_{field}"' in page
        assert f'id="id_{field}_error"' in page
    assert re.search(r'name="email"[^>]*aria-invalid="true"[^>]*aria-describedby="id_email_error"', page)
    assert 'value="nobody"' in page
    assert "Bir söz" in page


def test_at_the_branch_one_pays_for_what_is_picked_up(client: Client) -> None:
    method = delivery_method()
    enter(client, piece())
    submit(client, {**PICKUP, "delivery": f"post-{method.pk}", "city": "Bakı", "address": "Nizami 5"})
    assert not Order.objects.exists()


def test_where_no_branch_hands_over_none_is_offered_to_pay_at(client: Client) -> None:
    delivery_method()
    enter(client, piece())
    assert 'value="branch"' in client.get("/checkout/").content.decode()
    Branch.objects.update(offers_pickup=False)
    assert 'value="branch"' not in client.get("/checkout/").content.decode()


def test_entering_the_checkout_holds_and_looking_does_not(client: Client) -> None:
    told = "The pieces are not kept for you now."
    client.post("/en/bag/add/", {"variant": piece().code})
    assert client.get("/en/checkout/").url == "/en/bag/"  # type: ignore[attr-defined]
    assert told in client.get("/en/bag/").content.decode()
    assert not Hold.objects.exists()
    client.post("/en/checkout/begin/")
    assert Hold.objects.live().count() == 1
    # Not for as long as the address is open: what is kept now is not said to be lost.
    assert told not in client.get("/en/bag/?over=1").content.decode()


NEITHER = "At the moment we can neither send these pieces nor hand them over at a branch."
UNPAYABLE = "At the moment these pieces cannot be paid for here."


def refused(client: Client, sentence: str) -> None:
    """The bag says why, with a way to write; nothing is held, and no form is shown."""
    for answer in (
        client.post("/en/checkout/begin/"),
        client.get("/en/checkout/"),
        client.post("/en/checkout/extend/"),
    ):
        assert answer.url == "/en/bag/"  # type: ignore[attr-defined]
    page = " ".join(client.get("/en/bag/").content.decode().split())
    [notice] = re.findall(r'<p class="notice notice--warning">(.*?)</p>', page)
    assert sentence in notice
    assert 'href="/en/info/contact/"' in notice
    assert "/checkout/begin/" not in page
    assert "The pieces are not kept" not in page
    assert not Hold.objects.exists()


@pytest.mark.usefixtures("new_shop")
def test_what_can_reach_nobody_is_not_held(client: Client) -> None:
    delivery_method(up_to_weight_g=899)
    client.post("/en/bag/add/", {"variant": piece(weight_g=900).code})
    refused(client, NEITHER)

    DeliveryRate.objects.update(up_to_weight_g=900)
    assert client.post("/en/checkout/begin/").url == "/en/checkout/"  # type: ignore[attr-defined]
    page = client.get("/en/bag/").content.decode()
    assert NEITHER not in page
    assert "Pickup at a branch is free" not in page


def test_what_nobody_can_pay_for_is_not_held(client: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    order_made = piece(kind="made_to_order", lead_time_days=14, on_hand=0)
    client.post("/en/bag/add/", {"variant": order_made.code})
    refused(client, UNPAYABLE)


def test_a_checkout_that_has_become_impossible_leads_back_to_the_bag(client: Client) -> None:
    enter(client, piece(), prefix="/en")
    page = client.get("/en/checkout/").content.decode()
    Branch.objects.update(offers_pickup=False)

    assert client.post("/en/checkout/", {**hidden(page), **PICKUP}).url == "/en/bag/"  # type: ignore[attr-defined]
    assert NEITHER in client.get("/en/bag/").content.decode()
    assert not Order.objects.exists()


def test_extending_keeps_what_was_typed(client: Client) -> None:
    enter(client, piece())
    before = Hold.objects.get().expires_at
    Hold.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    page = client.post("/checkout/extend/", {**PICKUP, "gift_note": "Bir söz"}).content.decode()
    assert Hold.objects.get().expires_at >= before
    for kept in ("leyla@example.com", "050 123 45 67", "Bir söz"):
        assert kept in page
    assert re.search(r'value="pickup-baku"[^>]*checked', page)
    assert re.search(r'name="terms"[^>]*checked', page)


def test_slow_shoppers_whose_hold_ran_out_can_still_order_what_is_free(client: Client) -> None:
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    Hold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    client.post("/checkout/", {**hidden(page), **PICKUP})
    assert Order.objects.count() == 1


def test_a_piece_lost_to_another_shopper_is_told_and_nothing_typed_is_lost(client: Client) -> None:
    variant = piece()
    enter(client, variant)
    page = client.get("/checkout/").content.decode()
    Hold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    stock.hold(bag_with(variant))
    page = client.post("/checkout/", {**hidden(page), **PICKUP}).content.decode()
    assert "error-summary" in page
    assert "Leyla Məmmədova" in page
    assert not Order.objects.exists()


def test_a_price_changed_in_checkout_is_told_before_ordering(client: Client) -> None:
    variant = piece(price="38.00")
    enter(client, variant, prefix="/en")
    page = client.get("/en/checkout/").content.decode()
    Variant.objects.update(price=Decimal("40.00"))
    page = client.post("/en/checkout/", {**hidden(page), **PICKUP}).content.decode()
    assert not Order.objects.exists()
    assert re.search(r"has changed from 38,00\s₼ to 40,00\s₼", page)
    client.post("/en/checkout/", {**hidden(page), **PICKUP})
    assert Order.objects.get().total == Decimal("40.00")


def test_a_delivery_price_changed_in_checkout_is_told_before_ordering(client: Client) -> None:
    method = delivery_method(price="5.00")
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    method.rates.update(price=Decimal("6.00"))
    wishes = {**PICKUP, "delivery": f"post-{method.pk}", "payment": "stripe", "city": "Bakı", "address": "Nizami 5"}
    client.post("/checkout/", {**hidden(page), **wishes})
    assert not Order.objects.exists()


@pytest.mark.parametrize("changed", [{"days_max": 30}, {"days_min": 2}])
def test_days_changed_in_checkout_are_told_before_ordering(client: Client, changed: dict[str, Any]) -> None:
    method = delivery_method()
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    wishes = {**PICKUP, "delivery": f"post-{method.pk}", "payment": "stripe", "city": "Bakı", "address": "Nizami 5"}
    DeliveryMethod.objects.update(**changed)
    page = client.post("/checkout/", {**hidden(page), **wishes}).content.decode()
    assert "error-summary" in page
    assert not Order.objects.exists()


def test_a_piece_withdrawn_during_checkout_is_told(client: Client) -> None:
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    Product.objects.update(state=Product.State.ARCHIVED)
    response = client.post("/checkout/", {**hidden(page), **PICKUP})
    assert "error-summary" in response.content.decode()
    assert not Order.objects.exists()


def test_a_second_click_leads_to_the_same_order(client: Client) -> None:
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    first = client.post("/checkout/", {**hidden(page), **PICKUP})
    second = client.post("/checkout/", {**hidden(page), **PICKUP})
    assert first.url == second.url == Order.objects.get().get_absolute_url()  # type: ignore[attr-defined]


def test_the_bag_of_a_member_does_not_open_their_order_to_others(client: Client) -> None:
    client.force_login(UserFactory.create())
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    client.post("/checkout/", {**hidden(page), **PICKUP})
    assert Client().post("/checkout/", {**hidden(page), **PICKUP}).url == "/bag/"  # type: ignore[attr-defined]


def test_without_its_payment_page_the_order_is_kept_and_told(client: Client) -> None:
    """Nobody listens at the address of Stripe in these tests."""
    enter(client, piece(), prefix="/en")
    response = submit(client, {**PICKUP, "payment": "stripe"}, "/en")
    order = Order.objects.get()
    assert response.url == order.get_absolute_url()
    page = client.get(response.url).content.decode()
    assert "the payment page does not answer" in page
    assert "Pay by card" in page
    assert order.payments.get().status == Payment.Status.STARTED
    assert client.post(f"{response.url}pay/", {"provider": "stripe"}, follow=True).status_code == 200


def test_members_find_their_data_filled_in(client: Client) -> None:
    user = UserFactory.create(email="aynur@example.com", name="Aynur Əliyeva")
    client.force_login(user)
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    assert 'value="aynur@example.com"' in page
    assert 'value="Aynur Əliyeva"' in page
    submit(client, {**PICKUP, "email": "aynur@example.com"})
    assert Order.objects.get().user == user
    enter(client, piece())
    assert "+994 50 123 45 67" in client.get("/checkout/").content.decode()


def test_the_hour_is_said_to_be_the_one_in_baku(client: Client) -> None:
    enter(client, piece(), prefix="/en")
    until = timezone.localtime(Hold.objects.get().expires_at)
    assert f"for you until {until:%H:%M} Baku time." in client.get("/en/checkout/").content.decode()
    assert f"Bakı vaxtı ilə {until:%H:%M}-dək" in client.get("/checkout/").content.decode()


def test_query_counts(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    delivery_method()
    enter(client, *[piece() for _ in range(5)])
    with django_assert_num_queries(11):
        page = client.get("/checkout/").content.decode()
    with django_assert_num_queries(30):
        client.post("/checkout/", {**hidden(page), **PICKUP})
    assert Order.objects.get().lines.count() == 5


def test_promises_to_pay_at_the_branch_have_a_limit(client: Client) -> None:
    for number in range(4):
        enter(client, piece(), prefix="/en")
        page = submit(client, {**PICKUP, "email": "Leyla@example.com"}, "/en").content.decode()
        assert Order.objects.count() == min(number + 1, 3)
    assert "Three of your orders wait to be paid already." in page
    assert submit(client, {**PICKUP, "email": "someone@example.com"}, "/en").url


def test_what_is_made_to_order_is_paid_before_it_is_begun(client: Client) -> None:
    enter(client, piece(on_hand=0, kind="made_to_order", lead_time_days=30), prefix="/en")
    page = client.get("/en/checkout/").content.decode()
    assert "about 30 days" in page
    assert 'value="stripe"' in page
    assert 'value="branch"' not in page
    submit(client, PICKUP, "/en")
    assert not Order.objects.exists()


def test_countries_are_named_and_sorted_in_the_pages_language(client: Client) -> None:
    delivery_method(name_az="Avropa", countries=["DE", "FR", "AT"])
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    names = re.findall(r'<option value="[A-Z]{2}">([^<]+)</option>', page)
    assert names == ["Almaniya", "Avstriya", "Fransa"]


@pytest.mark.shared
def test_no_string_breaks_a_field_of_the_checkout(client: Client, shared: Path) -> None:
    strings = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    method = delivery_method()
    enter(client, piece())
    page = client.get("/checkout/").content.decode()
    valid = {**hidden(page), **PICKUP, "delivery": f"post-{method.pk}", "city": "Bakı", "address": "Nizami 5"}
    for text in strings:
        for data in (
            {**valid, **dict.fromkeys(valid, text)},
            {**valid, "payment": "branch", "name": text, "phone": text},
        ):
            response = client.post("/checkout/", data)
            assert response.status_code < 500, (text, data)
        for address in ("/bag/add/", "/bag/change/", "/orders/"):
            everything = dict.fromkeys(("variant", "quantity", "line", "code", "email"), text)
            assert client.post(address, everything).status_code < 500, (address, text)
    assert not Order.objects.exists()


class Slow(toys.Toy):
    seen: ClassVar[list[tuple[bool, int]]] = []

    def start(self, payment: Payment) -> Started:
        with ThreadPoolExecutor(1) as elsewhere:
            orders = elsewhere.submit(count_orders).result()
        self.seen.append((connection.in_atomic_block, orders))
        return super().start(payment)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_provider_is_asked_after_the_commit(client: Client, settings: Settings) -> None:
    """While the provider takes its time, no row is locked and another connection sees the order."""
    toys.use(settings, Slow)
    Slow.seen.clear()
    enter(client, piece())
    response = submit(client, {**PICKUP, "payment": "stripe"})
    assert response.url == "/bag/"
    assert Slow.seen == [(False, 1)]


def count_orders() -> int:
    try:
        return Order.objects.count()
    finally:
        connection.close()


def test_the_ways_stand_in_three_groups(client: Client) -> None:
    abroad = delivery_method(name="Dünya", countries=[], position=1)
    home = delivery_method(name="Bütün Azərbaycan", position=2)
    enter(client, piece(), prefix="/en")
    page = client.get("/en/checkout/").content.decode()
    groups = re.findall(r"<legend>\s*<h3>(.*?)</h3>(.*?)</fieldset>", page, re.DOTALL)
    ways = {heading: re.findall(r'name="delivery"\s+value="([^"]*)"', group) for heading, group in groups}
    assert ways == {
        "You pick it up": [f"pickup-{branch.slug}" for branch in Branch.objects.filter(offers_pickup=True)],
        "We send it within Azerbaijan": [f"post-{home.pk}"],
        "We send it abroad": [f"post-{abroad.pk}"],
    }
