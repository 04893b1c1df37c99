"""Stripe fails, hangs or is down while an order is placed: the order is kept, the shopper told, a retry works."""

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import Settings

from dostshop.demo.stripe_stand_in.server import StandIn
from orders.models import Order, Payment, Stock
from tests.factories import piece
from tests.orders.test_checkout_pages import PICKUP, enter, submit

pytestmark = pytest.mark.django_db

CARD = {**PICKUP, "payment": "stripe"}


def fails(stand_in: StandIn, settings: Settings) -> Callable[[], None]:
    stand_in.faults.set({"failures": "1"})
    return lambda: None


def hangs(stand_in: StandIn, settings: Settings) -> Callable[[], None]:
    """Longer than the shop waits; the session is made all the same."""
    stand_in.faults.set({"hang_seconds": "30"})
    settings.STRIPE_TIMEOUT_SECONDS = 1
    return lambda: stand_in.faults.set({"hang_seconds": "0"})


def is_down(stand_in: StandIn, settings: Settings) -> Callable[[], None]:
    settings.STRIPE_API_URL = "http://127.0.0.1:9"

    def comes_back() -> None:
        settings.STRIPE_API_URL = stand_in.url

    return comes_back


@pytest.mark.parametrize("breaks", [fails, hangs, is_down])
def test_the_order_outlives_it(
    client: Client,
    stand_in: StandIn,
    settings: Settings,
    breaks: Callable[[StandIn, Settings], Callable[[], None]],
) -> None:
    variant = piece()
    mend = breaks(stand_in, settings)
    enter(client, variant, prefix="/en")
    address = submit(client, CARD, "/en").url
    order = Order.objects.get()
    assert address == order.get_absolute_url()
    assert "the payment page does not answer" in client.get(address).content.decode()
    assert (order.status, Stock.objects.get(pk=variant.pk).on_hand) == ("awaiting_payment", 1)

    mend()
    page = client.post(f"{address}pay/", {"provider": "stripe"}).url  # type: ignore[attr-defined]

    assert page.startswith(f"{stand_in.account.page_origin}/pay/")
    payment = order.payments.get()
    assert (payment.status, payment.redirect_url) == (Payment.Status.OPEN, page)
    # The same request again: one session, however often it was asked for.
    assert len(stand_in.account.sessions) == 1


def test_going_back_and_forth_opens_one_session(client: Client, stand_in: StandIn) -> None:
    enter(client, piece())
    first = submit(client, CARD).url
    order = Order.objects.get()
    again = {client.post(f"{order.get_absolute_url()}pay/", {"provider": "stripe"}).url for _ in range(3)}  # type: ignore[attr-defined]
    assert again == {first}
    assert len(stand_in.account.sessions) == 1
