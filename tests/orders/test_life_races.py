"""Two people, or a person and a provider, at one order at the same moment; each race beside its control.

The first is stopped in the middle of its work, and only then does the second begin. With the lock the second waits
for the first; in the control, with the lock taken out, it runs through, and what comes of that is not right.
"""

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet

from orders import cancelling, expiry, payments
from orders.models import Order, Payment, Refund, Stock
from orders.models.order import WrongTransition
from orders.providers import ProviderState, ProviderStatus
from tests.factories import UserFactory, order_of, piece
from tests.orders.test_reminders import later
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

# How long the first waits for a second: one that the lock keeps out never comes, one without the lock surely does.
PATIENCE_SECONDS = 1.0
PATIENCE_WITHOUT_LOCK_SECONDS = 60.0
type Call = Callable[[], Any]
type Race = Callable[[Call, Call], list[Any]]


@pytest.fixture
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setitem(globals(), "PATIENCE_SECONDS", PATIENCE_WITHOUT_LOCK_SECONDS)


def racing(monkeypatch: pytest.MonkeyPatch, *, module: Any, name: str) -> Race:
    """Runs two calls; the first stops when it reaches ``module.name``, until the second is through or cannot be."""
    real = getattr(module, name)
    in_the_middle, through = Event(), Event()

    def stopping(*args: Any, **options: Any) -> Any:
        if not in_the_middle.is_set():
            in_the_middle.set()
            through.wait(timeout=PATIENCE_SECONDS)
        return real(*args, **options)

    monkeypatch.setattr(module, name, stopping)

    def second_then(call: Call) -> Any:
        in_the_middle.wait(timeout=PATIENCE_WITHOUT_LOCK_SECONDS)
        try:
            return call()
        finally:
            through.set()

    return lambda first, second: all_at_once([first, partial(second_then, second)])


def paying(payment: Payment) -> Call:
    told = ProviderStatus(ProviderState.PAID, payment.amount, payment.currency, f"pi_{payment.pk}")
    return partial(payments.apply_status, payment.pk, told)


def on_hand() -> int:
    return Stock.objects.get().on_hand


def two_staff_take_the_money(monkeypatch: pytest.MonkeyPatch) -> tuple[Order, list[Any]]:
    order = order_of(piece(on_hand=5, kind="small_series"), provider="branch")
    take = partial(payments.mark_paid, order.pk, actor=UserFactory.create(is_staff=True))
    return order, racing(monkeypatch, module=payments, name="_capture")(take, take)


def test_two_staff_mark_an_order_paid_once(monkeypatch: pytest.MonkeyPatch) -> None:
    order, results = two_staff_take_the_money(monkeypatch)
    assert [type(result) for result in results] == [type(None), payments.NotPayable]
    assert (on_hand(), order.events.filter(kind="paid").count()) == (4, 1)


@pytest.mark.usefixtures("without_the_lock")
def test_without_the_lock_both_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _order, results = two_staff_take_the_money(monkeypatch)
    # The first had come to sell the piece too; only the ledger, which books a payment once, stops it in the end.
    assert [type(result) for result in results] == [IntegrityError, type(None)]


def a_cancel_and_a_payment(monkeypatch: pytest.MonkeyPatch) -> tuple[Order, Payment]:
    order = order_of(piece())
    payment = order.payments.get()
    race = racing(monkeypatch, module=payments, name="close_open")
    assert race(partial(cancelling.cancel, order.pk), paying(payment)) == [None, None]
    order.refresh_from_db()
    payment.refresh_from_db()
    return order, payment


def test_a_payment_that_meets_a_cancel_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    order, payment = a_cancel_and_a_payment(monkeypatch)
    assert (order.status, on_hand()) == (Order.Status.CANCELLED, 1)
    assert payment.captured_amount == payment.refunded_amount == payment.amount
    assert payment.refunds.get().reason == Refund.Reason.PAID_CANCELLED
    assert [event.kind for event in order.events.all()][-3:] == ["cancelled", "paid_cancelled", "refund_decided"]


@pytest.mark.usefixtures("without_the_lock")
def test_without_the_lock_the_order_is_cancelled_and_its_money_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    order, payment = a_cancel_and_a_payment(monkeypatch)
    assert order.status == Order.Status.CANCELLED
    assert payment.captured_amount > payment.refunded_amount == 0


def an_expiry_and_a_payment(monkeypatch: pytest.MonkeyPatch) -> tuple[Order, list[Any]]:
    order = order_of(piece())
    later(order, minutes=40)
    race = racing(monkeypatch, module=payments, name="close_open")
    results = race(partial(expiry.expire_order, order_pk=order.pk), paying(order.payments.get()))
    order.refresh_from_db()
    return order, results


def test_a_payment_that_meets_an_expiry_buys_the_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    order, results = an_expiry_and_a_payment(monkeypatch)
    assert results == [None, None]
    assert (order.status, on_hand()) == (Order.Status.PAID, 0)
    assert [event.kind for event in order.events.all()][-2:] == ["expired", "paid"]


@pytest.mark.usefixtures("without_the_lock")
def test_without_the_lock_an_expiry_comes_upon_a_paid_order(monkeypatch: pytest.MonkeyPatch) -> None:
    order, results = an_expiry_and_a_payment(monkeypatch)
    assert isinstance(results[0], WrongTransition)
    assert not order.events.filter(kind="expired").exists()
