"""What delivery costs and how long it takes, wherever that is said."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from artisans.models import Branch
from orders import cancelling, delivery, emails, tariffs
from orders.models import DeliveryMethod, DeliveryRate, Order, OrderMail
from orders.models.delivery import days_text
from tests.factories import CraftFactory, bag_with, delivery_method, order_of, piece

pytestmark = pytest.mark.django_db


def text(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


@pytest.fixture
def methods() -> dict[str, DeliveryMethod]:
    baku = delivery_method(price="4.00", up_to_weight_g=1000, days_min=1, days_max=2)
    DeliveryRate.objects.create(method=baku, up_to_weight_g=5000, price=Decimal(6))
    return {
        "baku": baku,
        "regions": delivery_method(price="5.00", name_en="Other regions", days_min=2, days_max=4),
        "europe": delivery_method(price="29.00", up_to_weight_g=2000, countries=["DE"], days_min=7, days_max=14),
        "world": delivery_method(price="36.00", up_to_weight_g=2000, countries=[], days_min=10, days_max=21),
        "closed": delivery_method(price="1.00", countries=["TR"], days_min=1, days_max=99, is_active=False),
    }


def test_days_are_said_as_each_language_counts() -> None:
    said = {}
    for language in ("az", "ru", "en"):
        with translation.override(language):
            said[language] = [days_text(*days) for days in ((1, 1), (1, 2), (5, 10), (10, 21))]

    assert said == {
        "az": ["1 iş günü", "1–2 iş günü", "5–10 iş günü", "10–21 iş günü"],
        "ru": ["1 рабочий день", "1–2 рабочих дня", "5–10 рабочих дней", "10–21 рабочий день"],
        "en": ["1 working day", "1–2 working days", "5–10 working days", "10–21 working days"],
    }


@pytest.mark.parametrize(
    ("days", "constraint"), [((3, 2), "days_in_order"), ((0, 2), "days_positive"), ((0, 0), "days_positive")]
)
def test_days_that_make_no_sense_are_refused(days: tuple[int, int], constraint: str) -> None:
    method = delivery_method()
    method.days_min, method.days_max = days
    with pytest.raises(ValidationError):
        method.full_clean()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        method.save()
    method.refresh_from_db()
    assert (method.days_min, method.days_max) == (1, 5)


def test_a_piece_is_promised_what_its_weight_allows(
    methods: dict[str, DeliveryMethod], django_assert_num_queries: Any
) -> None:
    light, heavy, heaviest = (piece(weight_g=weight).product for weight in (900, 4000, 6000))
    with translation.override("en"), django_assert_num_queries(1):
        promise = tariffs.promise_for(light)
    assert promise.home == tariffs.Reach(Decimal(4), "1–4 working days")
    assert promise.abroad == tariffs.Reach(Decimal(29), "7–21 working days")

    with translation.override("en"):
        promise = tariffs.promise_for(heavy)
        assert (promise.home, promise.abroad) == (tariffs.Reach(Decimal(5), "1–4 working days"), None)
        promise = tariffs.promise_for(heaviest)
        assert (promise.home, promise.abroad) == (None, None)


def test_the_product_page_says_it(client: Client, methods: dict[str, DeliveryMethod]) -> None:
    with translation.override("en"):
        free, permit, food, heavy = (
            text(client, variant.product.get_absolute_url())
            for variant in (
                piece(),
                piece(craft=CraftFactory.create(needs_export_permit=True)),
                piece(kind="food"),
                piece(weight_g=6000),
            )
        )
    for page in (free, permit, food):
        assert "Sent within Azerbaijan from 4,00 ₼: 1–4 working days on the way." in page
    assert "Sent abroad from 29,00 ₼: 7–21 working days on the way." in free
    assert "permit of the Ministry of Culture" in permit
    assert "Food is not sent abroad." in food
    assert "Sent abroad" not in permit + food + heavy
    assert "It is not sent; please pick it up." in heavy


HOME = "Sent within Azerbaijan from 4,00 ₼: 1–5 working days on the way."
ABROAD = "Sent abroad from 9,00 ₼: 1–5 working days on the way."
NOT_SENT = "It is not sent; please pick it up."
NOT_HOME = "It is not sent within Azerbaijan."
NEITHER = "At the moment we can neither send it nor hand it over at a branch."
WRITE = "Write to us, and we will look for a way."
KEPT = "Kept at our branch in Baku, where you can pick it up free of charge."
MADE = "Made at our branch in Baku; when it is ready you can pick it up there free of charge"
ELSEWHERE = "You can pick it up at a branch, free of charge."
PERMIT = "To leave the country it needs a permit of the Ministry of Culture."
PERMIT_WRITE = "If you would like it sent abroad, write to us."
NO_FOOD = "Food is not sent abroad."
TO_ORDER = {"kind": "made_to_order", "lead_time_days": 14}


@pytest.mark.parametrize("pickup", ["own", "other", "none"])
@pytest.mark.parametrize(
    ("fields", "carried", "expected"),
    [
        ({}, "home and abroad", [KEPT, HOME, ABROAD]),
        ({}, "home", [KEPT, HOME]),
        ({}, "abroad", [KEPT, NOT_HOME, ABROAD]),
        ({}, "", [KEPT, NOT_SENT]),
        ({}, "home and abroad by permit", [KEPT, HOME, PERMIT, PERMIT_WRITE]),
        ({}, "abroad by permit", [KEPT, NOT_SENT, PERMIT]),
        ({}, "by permit", [KEPT, NOT_SENT, PERMIT]),
        ({"kind": "food"}, "home and abroad", [KEPT, HOME, NO_FOOD]),
        ({"kind": "food"}, "abroad", [KEPT, NOT_SENT]),
        (TO_ORDER, "home", [f"{MADE} or have it sent.", HOME]),
        (TO_ORDER, "abroad", [f"{MADE}.", NOT_HOME, ABROAD]),
        (TO_ORDER, "", [f"{MADE}.", NOT_SENT]),
        (TO_ORDER, "abroad by permit", [f"{MADE}.", NOT_SENT, PERMIT]),
    ],
)
def test_what_is_promised_of_a_piece_never_contradicts_itself(
    client: Client, pickup: str, fields: dict[str, Any], carried: str, expected: list[str]
) -> None:
    delivery_method(price="4.00", up_to_weight_g=5000 if "home" in carried else 100)
    delivery_method(price="9.00", up_to_weight_g=5000 if "abroad" in carried else 100, countries=[])
    if pickup != "own":
        Branch.objects.filter(slug="baku").update(offers_pickup=False)
        expected = [*([ELSEWHERE] if pickup == "other" else []), *expected[1:]]
    if pickup == "none":
        Branch.objects.update(offers_pickup=False)
        expected = [said for line in expected for said in ([NEITHER, WRITE] if line == NOT_SENT else [line])]
    craft = CraftFactory.create(needs_export_permit="permit" in carried)
    product = piece(weight_g=900, craft=craft, **fields).product
    page = text(client, f"/en{product.get_absolute_url()}")

    [said] = re.findall(r'<h2 id="promises"[^>]*>.*?</h2> <p>(.*?) <a href="/en/info/delivery/">', page)
    assert " ".join(re.sub("</?a[^>]*>", "", said).split()) == " ".join(expected)


def test_a_bag_that_stays_in_the_country_is_told_why_and_nothing_else(client: Client) -> None:
    lines = bag_with(piece(kind="food")).lines.all()
    with translation.override("en"):
        reasons = delivery.delivery_for(lines).contents.kept_home
        assert [(reason.sentence, reason.can_be_asked) for reason in reasons] == [(NO_FOOD, False)]


def test_the_checkout_says_it_beside_each_way(client: Client, methods: dict[str, DeliveryMethod]) -> None:
    client.post("/en/bag/add/", {"variant": piece().code})
    client.post("/en/checkout/begin/")
    page = text(client, "/en/checkout/")

    for days in ("1–2", "2–4", "7–14", "10–21"):
        assert page.count(f">{days} working days on the way<") == 1
    assert "1–99" not in page


def test_the_order_keeps_what_the_shopper_was_told(client: Client, methods: dict[str, DeliveryMethod]) -> None:
    variant = piece()
    option = delivery.delivery_for(bag_with(variant).lines.all()).get(f"post-{methods['europe'].pk}")
    address = {"country": "DE", "city": "Berlin", "address": "Torstraße 1"}
    order = order_of(variant, option=option, language="en", **address)
    DeliveryMethod.objects.update(days_min=30, days_max=40)
    letter = order.mails.get(kind=OrderMail.Kind.RECEIVED)
    message = emails.compose(letter)

    with translation.override("en"):
        assert order.days_text == "7–14 working days"
    assert "<dt>On the way</dt><dd>7–14 working days</dd>" in text(client, order.get_absolute_url())
    [(html, _type)] = message.alternatives
    for body in (message.body, html):
        assert "7–14 working days" in str(body)

    cancelling.cancel(order.pk, actor=None)
    for kind in (OrderMail.Kind.CANCELLED, OrderMail.Kind.EXPIRED):
        Order.objects.filter(pk=order.pk).update(status=kind)
        order.refresh_from_db()
        message = emails.compose(OrderMail.objects.get_or_create(order=order, kind=kind)[0])
        assert "working days" not in f"{message.body}{message.alternatives}"
        assert "On the way" not in text(client, order.get_absolute_url())


def test_pickup_has_no_days_on_the_way(client: Client) -> None:
    order = order_of(piece(), language="en")

    assert (order.delivery_days_min, order.days_text) == (None, "")
    assert "On the way" not in text(client, order.get_absolute_url())


@pytest.mark.parametrize(("at_least", "at_most"), [(None, 3), (3, None), (3, 2)])
def test_an_order_has_both_days_or_none(at_least: int | None, at_most: int | None) -> None:
    order = order_of(piece())
    with pytest.raises(IntegrityError, match="orders_order_days_in_order"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(delivery_days_min=at_least, delivery_days_max=at_most)
