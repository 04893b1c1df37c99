"""A provider is added by one module and one entry of the settings; nothing else knows it."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from dostshop.locks import InsideTransaction
from orders import emails, invoice_documents, providers, refunds
from orders.models import Order, ProviderEvent, Refund, Stock
from orders.providers import Report
from tests.factories import order_of, piece
from tests.orders import toys
from tests.orders.test_checkout_pages import PICKUP, enter, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _toy(settings: Settings) -> None:
    toys.use(settings, toys.Toy, code="toy")


def call_back(client: Client, *, amount: str = "38.00", signature: str = "signed", provider: str = "toy") -> int:
    reference = Order.objects.get().payments.get().provider_reference
    body = json.dumps({"id": "toy-1", "reference": reference, "amount": amount})
    answer = client.post(
        f"/payments/{provider}/webhook/", body, content_type="application/json", headers={"x-toy": signature}
    )
    return answer.status_code


def test_a_toy_takes_an_order_from_the_checkout_to_the_refund(client: Client) -> None:
    variant = piece()
    enter(client, variant, prefix="/en")
    assert 'value="toy"' in client.get("/en/checkout/").content.decode()
    assert submit(client, {**PICKUP, "payment": "toy"}, "/en").url == "/bag/"
    order = Order.objects.get()
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Throw a coin." in page
    assert call_back(client) == 200
    order.refresh_from_db()
    assert (order.status, Stock.objects.get(pk=variant.pk).on_hand) == ("paid", 0)
    refund = refunds.decide(order.pk, what=refunds.everything_left(order), reason=Refund.Reason.CANCELLED)
    refunds.send(refund_pk=refund.pk)
    assert Refund.objects.get().provider_reference == f"back-{refund.pk}"


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"signature": "forged"}, 400), ({"provider": "nobody"}, 404), ({"provider": "branch"}, 400)],
)
def test_a_forged_callback_changes_nothing(client: Client, changes: dict[str, str], status: int) -> None:
    enter(client, piece())
    submit(client, {**PICKUP, "payment": "toy"})
    assert call_back(client, **changes) == status
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT
    assert not ProviderEvent.objects.exists()


def test_two_providers_may_give_their_events_the_same_name(client: Client, settings: Settings) -> None:
    enter(client, piece())
    submit(client, {**PICKUP, "payment": "toy"})
    ProviderEvent.objects.create(provider="stripe", event_id="toy-1", type="x", payload={})
    assert call_back(client) == 200
    assert Order.objects.get().status == Order.Status.PAID


def test_what_is_not_configured_is_neither_offered_nor_heard(client: Client, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    enter(client, piece())
    assert 'value="stripe"' not in client.get("/checkout/").content.decode()
    submit(client, {**PICKUP, "payment": "toy"})
    assert call_back(client, provider="stripe") == 404


def calls(order: Order) -> dict[str, Callable[[], object]]:
    toy = providers.provider("toy")
    payment = order.payments.get()
    return {
        "start": lambda: toy.start(payment),
        "fetch_status": lambda: toy.fetch_status(payment),
        "expire": lambda: toy.expire(payment),
        "refund": lambda: toy.refund(Refund(pk=1, payment=payment, amount=payment.amount)),
        "recent": lambda: list(toy.recent(timezone.now())),
    }


@pytest.mark.parametrize("name", ["start", "fetch_status", "expire", "refund", "recent"])
def test_no_provider_is_called_inside_a_transaction(name: str) -> None:
    order = order_of(piece(), provider="toy")
    with pytest.raises(InsideTransaction), transaction.atomic():
        calls(order)[name]()
    calls(order)[name]()


class Lists(toys.Toy):
    def recent(self, since: datetime) -> Iterator[Report]:
        yield from (Report("one"), Report("two"))


def test_no_list_of_a_provider_is_read_on_inside_a_transaction(settings: Settings) -> None:
    toys.use(settings, Lists)
    reports = providers.provider("stripe").recent(timezone.now())
    assert next(reports).reference == "one"
    with pytest.raises(InsideTransaction), transaction.atomic():
        next(reports)


def test_no_mail_goes_and_nothing_is_printed_inside_a_transaction() -> None:
    order = order_of(piece(), provider="toy")
    with pytest.raises(InsideTransaction), transaction.atomic():
        emails.send(order.mails.get().pk)
    with pytest.raises(InsideTransaction), transaction.atomic():
        invoice_documents.print_out(1)
    assert not mail.outbox
    emails.send(order.mails.get().pk)
    assert len(mail.outbox) == 1
