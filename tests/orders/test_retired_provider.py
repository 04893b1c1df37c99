"""A provider that is no longer in the settings: its orders stay readable, and its money goes back by hand."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orders import emails, expiry, reconciling, refunds
from orders.models import Order, OrderMail, Payment, ProviderEvent, Reconciliation, Refund
from tests.factories import UserFactory, piece
from tests.orders import toys
from tests.orders.test_checkout_pages import PICKUP, enter, submit
from tests.orders.test_providers import call_back

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(client: Client, settings: Settings) -> Order:
    """Begun with the toy, which is then taken out."""
    toys.use(settings, toys.Toy, code="toy")
    enter(client, piece(), prefix="/en")
    submit(client, {**PICKUP, "payment": "toy"}, "/en")
    return Order.objects.get()


@pytest.fixture
def paid(client: Client, order: Order) -> Order:
    call_back(client)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    return order


def take_out(settings: Settings) -> None:
    rest = dict(settings.PAYMENT_PROVIDERS)
    del rest["toy"]
    settings.PAYMENT_PROVIDERS = rest


def test_its_orders_open_expire_and_are_left_alone_by_the_reconciler(
    client: Client, order: Order, settings: Settings
) -> None:
    take_out(settings)
    settings.STRIPE_SECRET_KEY = ""
    page = client.get(order.get_absolute_url()).content.decode()
    assert "no longer offered. Write to us" in page
    later = timezone.now() + timedelta(seconds=1)
    assert reconciling.reconcile(settled_before=later).findings == []
    emails.compose(order.mails.get(kind=OrderMail.Kind.RECEIVED))
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED


def test_an_order_may_be_paid_in_another_way(client: Client, order: Order, settings: Settings) -> None:
    toys.use(settings, toys.Toy, code="other")
    take_out(settings)
    client.post(f"{order.get_absolute_url()}pay/", {"provider": "other"})
    assert order.payments.open().get().provider == "other"


def test_its_money_goes_back_by_hand(client: Client, paid: Order, settings: Settings) -> None:
    take_out(settings)
    refund = refunds.decide(paid.pk, what=refunds.everything_left(paid), reason=Refund.Reason.CANCELLED)
    refunds.send(refund_pk=refund.pk)
    page = client.get(paid.get_absolute_url()).content.decode()
    assert "You get back" in page
    assert refund in refunds.for_a_person()
    refunds.mark_given_back(refund.pk, actor=UserFactory.create())
    refund.refresh_from_db()
    assert refund.done_at is not None
    emails.compose(paid.mails.get(kind=OrderMail.Kind.REFUNDED))


def test_what_it_reported_waits_and_is_told_for_as_long(order: Order, settings: Settings) -> None:
    take_out(settings)
    settings.STRIPE_SECRET_KEY = ""
    ProviderEvent.objects.create(provider="toy", event_id="toy-1", type="toy", payload={})
    later = timezone.now() + timedelta(seconds=1)
    kinds = [[found["kind"] for found in reconciling.reconcile(settled_before=later).findings] for _number in range(2)]
    assert kinds == [[Reconciliation.Finding.NOT_REPAIRED], [Reconciliation.Finding.STILL_NOT_REPAIRED]]
    assert ProviderEvent.objects.get().handled_at is None
