"""A buyer's bank asks Stripe for the money back: written down, told to a person, and booked where it was lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from dostshop import money
from dostshop.demo.stripe_stand_in.events import event_of
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import disputes, payments, reconciling, refunds, timeline, webhooks
from orders.models import OrderEvent, Payment, ProviderEvent, Refund
from orders.providers import ProviderRefund, ProviderState, ProviderStatus, RefundState
from tests.factories import order_of, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    payment = order_of(piece(price="40.00")).payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1"))
    payment.refresh_from_db()
    return payment


def tell(
    payment: Payment, kind: str = "created", *, amount: int = 4000, currency: str = "azn", outcome: str = "lost"
) -> ProviderEvent:
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "amount": amount,
        "currency": currency,
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": outcome if kind == "closed" else "needs_response",
    }
    event = event_of(f"charge.dispute.{kind}", dispute)
    kept = ProviderEvent.objects.create(provider="stripe", event_id=event["id"], type=event["type"], payload=event)
    webhooks.handle(kept.pk)
    kept.refresh_from_db()
    return kept


def told_to_a_person() -> list[tuple[str, str]]:
    run = reconciling.reconcile(settled_before=timezone.now() - timedelta(days=1))
    return [(found["kind"], found["detail"]) for found in run.findings if found["kind"].startswith("dispute")]


def test_a_dispute_is_written_down_once_and_told_to_a_person_once(payment: Payment) -> None:
    for _ in range(3):
        assert tell(payment).handled_at is not None
    event = payment.order.events.get(kind=OrderEvent.Kind.DISPUTED)
    assert event.data["amount"] == "40.00"
    assert told_to_a_person() == [("disputed", "dp_1 40.00 AZN")]
    assert told_to_a_person() == []


@pytest.mark.parametrize("kinds", [("created", "closed"), ("closed", "created")])
def test_its_end_is_told_too(payment: Payment, kinds: tuple[str, str]) -> None:
    for kind in kinds:
        tell(payment, kind)
    assert payment.order.events.get(kind=OrderEvent.Kind.DISPUTE_CLOSED).data["outcome"] == "lost"
    # One that has ended is not begun anew.
    assert payment.order.events.filter(kind=OrderEvent.Kind.DISPUTED).count() == (kinds[0] == "created")
    assert ("dispute_closed", "dp_1 40.00 AZN lost") in told_to_a_person()


@pytest.mark.parametrize("outcome", ["won", "prevented", "warning_closed"])
def test_what_is_not_lost_books_nothing(payment: Payment, outcome: str) -> None:
    tell(payment)
    assert disputes.state_of(payment.order) == disputes.State.OPEN
    tell(payment, "closed", outcome=outcome)
    assert disputes.state_of(payment.order) == disputes.State.WON
    assert not Refund.objects.exists()


@pytest.mark.parametrize(("asked", "booked"), [(4000, "40.00"), (1500, "15.00"), (9900, "40.00")])
def test_what_the_bank_took_is_booked_once_and_not_given_back_again(payment: Payment, asked: int, booked: str) -> None:
    for kind in ("created", "closed", "closed", "created"):
        tell(payment, kind, amount=asked)
    refund, order = Refund.objects.get(), payment.order
    assert (refund.amount, refund.reason, refund.done_at is not None) == (Decimal(booked), "at_bank", True)
    assert refund.credit_note.total == refund.amount
    assert refunds.left(order) == 40 - refund.amount
    assert disputes.state_of(order) == disputes.State.LOST
    # The bank has told the buyer.
    assert not order.mails.filter(kind="refunded").exists()
    refunds.send(refund_pk=refund.pk)
    with translation.override("en"):
        told = [entry.text for entry in timeline.for_buyer(order.events.all(), order=order, parts=[])]
    assert told[-1] == f"{money.text(refund.amount)} went back to you."
    assert not any(text.startswith("We give you back") for text in told)


@pytest.mark.parametrize("asked", [4000, 3000])
def test_a_refund_that_waits_is_done_once_the_bank_took_it(payment: Payment, asked: int) -> None:
    what = refunds.Sum(goodwill=Decimal("30.00"))
    waiting = refunds.decide(payment.order_id, what=what, reason=Refund.Reason.GOODWILL)
    refunds.apply(payment.pk, ProviderRefund("", RefundState.FAILED, waiting.amount, key=str(waiting.idempotency_key)))
    tell(payment, "closed", amount=asked)
    waiting.refresh_from_db()
    assert waiting.done_at is not None
    assert not refunds.for_a_person().exists()
    payment.refresh_from_db()
    assert payment.refunded_amount * 100 == asked


def test_what_fits_nothing_that_waits_is_left_to_a_person(payment: Payment) -> None:
    for number in ("12.00", "25.00"):
        refunds.decide(payment.order_id, what=refunds.Sum(goodwill=Decimal(number)), reason=Refund.Reason.GOODWILL)
    tell(payment, "closed", amount=2000)
    assert [refund.done_at for refund in Refund.objects.all()] == [None, None]
    assert disputes.state_of(payment.order) == disputes.State.LOST


def test_another_currency_is_left_to_a_person(payment: Payment) -> None:
    tell(payment, "closed", currency="usd")
    assert not Refund.objects.exists()
    assert ("dispute_closed", "dp_1 40.00 USD lost") in told_to_a_person()


def test_a_dispute_of_nobodys_payment_waits_for_it_and_is_told_to_a_person(payment: Payment, stand_in: StandIn) -> None:
    Payment.objects.update(provider_charge="pi_2")
    with pytest.raises(webhooks.UnknownMoney, match=r"pi_1 dp_1: 40\.00 AZN"):
        tell(payment)
    kept = ProviderEvent.objects.get()
    assert kept.handled_at is None
    run = reconciling.reconcile(settled_before=timezone.now())
    assert [found["kind"] for found in run.findings] == ["unknown_payment"]
    Payment.objects.update(provider_charge="pi_1")
    webhooks.replay(kept.pk)
    assert payment.order.events.filter(kind=OrderEvent.Kind.DISPUTED).count() == 1


def test_a_dispute_whose_events_were_dropped_is_heard_of(stand_in: StandIn) -> None:
    payment = payments.start(order_of(piece(price="40.00")).payments.get())
    session = stand_in.account.session(payment.provider_reference)
    with stand_in.account.lock:
        stand_in.account.pay(session)
    payments.check(payment)
    dispute = stand_in.account.dispute(session["payment_intent"])
    name = f"{dispute['id']} 40.00 AZN"
    assert told_to_a_person() == [("disputed", name)]
    assert told_to_a_person() == []
    # It is decided weeks later.
    dispute["status"] = "won"
    dispute["created"] -= 80 * 24 * 60 * 60
    assert told_to_a_person() == [("dispute_closed", f"{name} won")]
    assert told_to_a_person() == []
