"""What the shop sends to Stripe is what Stripe understands, by Stripe's own types and description."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams, SessionExpireParams, SessionRetrieveParams

from dostshop.demo.stripe_stand_in.api import ApiRequest
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import bag as bags
from orders import payments
from orders.delivery import delivery_for
from orders.models import Payment, Refund
from orders.providers.stripe_checkout import StripeCheckout
from tests.factories import bag_with, delivery_method, order_of, piece, place
from tests.orders.stripe_types import Schema, schema_of, typed

pytestmark = pytest.mark.django_db

FILE_2026 = "requests-2026-10-28.json"
FILE_2023 = "openapi-subset-2023-08-16.json"


def check(request: ApiRequest, schema: Schema, *, root: Schema | None = None, without: str = "") -> dict[str, Any]:
    parameters = {name: value for name, value in request.parameters.items() if name != without}
    read: dict[str, Any] = typed(parameters, schema, root=root or schema)
    jsonschema.Draft202012Validator({**(root or {}), **schema}).validate(read)
    return read


@pytest.fixture
def payment(stand_in: StandIn) -> Payment:
    """Opened, for an order in Russian of two pieces of one kind and one of another, delivered."""
    shawl = piece(kind="small_series", on_hand=2, price="40.00", name_ru="Шёлковый платок")
    vase = piece(price="20.50", name_ru="Ваза & “нар”")
    method = delivery_method(price="4.30")
    bag = bag_with(shawl, quantity=2)
    bags.add(bag, variant=bags.for_sale(vase.code), quantity=1)
    option = delivery_for(bags.lines(bag)).get(f"post-{method.pk}")
    order = place(bag, language="ru", option=option, address="Nizami 1", country="AZ")
    return payments.start(order.payments.get())


@pytest.fixture
def requests(stand_in: StandIn, payment: Payment) -> dict[str, ApiRequest]:
    """One request of each kind that the shop makes."""
    stripe = StripeCheckout()
    stripe.expire(payment)
    stripe.fetch_status(payment)
    with stand_in.account.lock:
        session = stand_in.account.sessions[payment.provider_reference]
        stand_in.account.pay(session)
    payment.provider_charge = session["payment_intent"]
    payment.captured_amount = payment.amount
    payment.save()
    stripe.refund(Refund.objects.create(payment=payment, amount=Decimal("104.80"), reason="piece_gone"))
    kinds = ("create", "expire", "retrieve", "refund")
    return dict(zip(kinds, stand_in.requests, strict=True))


def test_opening_a_session_says_what_is_bought(payment: Payment, stand_in: StandIn) -> None:
    sent = check(stand_in.requests[0], schema_of(SessionCreateParams))

    page = f"http://localhost:8000{payment.order.get_absolute_url()}"
    assert sent == {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 2,
                "price_data": {"currency": "azn", "unit_amount": 4000, "product_data": {"name": "Шёлковый платок"}},
            },
            {
                "quantity": 1,
                "price_data": {"currency": "azn", "unit_amount": 2050, "product_data": {"name": "Ваза & “нар”"}},
            },
            {
                "quantity": 1,
                "price_data": {
                    "currency": "azn",
                    "unit_amount": 430,
                    "product_data": {"name": sent["line_items"][2]["price_data"]["product_data"]["name"]},
                },
            },
        ],
        "client_reference_id": payment.order.code,
        "metadata": {"order": payment.order.code, "payment": str(payment.pk)},
        "payment_intent_data": {"metadata": {"order": payment.order.code, "payment": str(payment.pk)}},
        "customer_email": payment.order.email,
        "locale": "ru",
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(payment.expires_at.timestamp()),
        "success_url": f"{page}?paid=1",
        "cancel_url": page,
    }
    assert payment.order.delivery_name in sent["line_items"][2]["price_data"]["product_data"]["name"]
    assert page.startswith("http://localhost:8000/ru/orders/")


def test_pickup_is_free_and_no_line(stand_in: StandIn) -> None:
    StripeCheckout().start(order_of(piece()).payments.get())

    assert len(check(stand_in.requests[0], schema_of(SessionCreateParams))["line_items"]) == 1


@pytest.mark.parametrize(("language", "locale"), [("az", "auto"), ("ru", "ru"), ("en", "en")])
def test_the_page_is_asked_for_in_a_language_that_stripe_has(stand_in: StandIn, language: str, locale: str) -> None:
    StripeCheckout().start(order_of(piece(), language=language).payments.get())

    assert check(stand_in.requests[0], schema_of(SessionCreateParams))["locale"] == locale


def test_lines_that_do_not_sum_to_the_payment_are_not_sent(stand_in: StandIn) -> None:
    payment = order_of(piece()).payments.get()
    payment.amount += Decimal("0.01")

    with pytest.raises(ValueError, match="do not sum"):
        StripeCheckout().start(payment)

    assert stand_in.requests == []


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("create", SessionCreateParams),
        ("expire", SessionExpireParams),
        ("retrieve", SessionRetrieveParams),
        ("refund", RefundCreateParams),
    ],
)
def test_requests_keep_to_the_types_of_the_installed_package(
    requests: dict[str, ApiRequest], kind: str, types: type
) -> None:
    check(requests[kind], schema_of(types))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("kind", "name"),
    [("create", "checkout.session.create"), ("expire", "checkout.session.expire"), ("refund", "refund.create")],
)
def test_requests_keep_to_the_published_requests_of_2026(
    requests: dict[str, ApiRequest], shared: Path, kind: str, name: str
) -> None:
    schema = json.loads((shared / "stripe" / FILE_2026).read_text())["requests"][name]

    check(requests[kind], schema, root=schema)


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["create", "expire", "retrieve", "refund"])
def test_requests_keep_to_the_published_description_of_2023(
    requests: dict[str, ApiRequest], payment: Payment, shared: Path, kind: str
) -> None:
    description = json.loads((shared / "stripe" / FILE_2023).read_text())
    request = requests[kind]
    path = request.path.replace(payment.provider_reference, "{session}")
    operation = description["paths"][path][request.method.lower()]
    if request.method == "GET":
        known = {item["name"]: item["schema"] for item in operation["parameters"] if item["in"] == "query"}
        schema = {"type": "object", "properties": known, "additionalProperties": False}
    else:
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]

    # Younger than this description: prices in the buyer's own currency, which the shop turns off.
    check(request, schema, root=description, without="adaptive_pricing")


def test_a_request_that_stripe_would_refuse_is_found(requests: dict[str, ApiRequest]) -> None:
    """The check can fail."""
    schema = schema_of(SessionCreateParams)
    wrong = [
        ("locale=ru", "locale=az"),
        ("[unit_amount]=4000", "[unit_amount]=40.00"),
        ("mode=payment", "mode=pay"),
        ("customer_email=", "email="),
        ("[currency]=azn", "[valuta]=azn"),
    ]
    for right, mistake in wrong:
        encoded = requests["create"].encoded
        assert right in encoded
        broken = ApiRequest("POST", "", encoded.replace(right, mistake), authorization="")
        with pytest.raises(jsonschema.ValidationError):
            check(broken, schema)
