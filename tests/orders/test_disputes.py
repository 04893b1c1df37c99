"""A buyer's bank asks Stripe for the money back: written down, told to a person, and nothing is booked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dostshop.demo.stripe_stand_in.events import event_of
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import payments, reconciling, webhooks
from orders.models import OrderEvent, Payment, ProviderEvent
from orders.providers import ProviderState, ProviderStatus
from tests.factories import order_of, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    payment = order_of(piece(price="40.00")).payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1"))
    payment.refresh_from_db()
    return payment


def tell(payment: Payment, kind: str = "created") -> ProviderEvent:
    dispute = {
        "id": "dp_1",
        "object": "dispute",
        "amount": int(payment.amount * 100),
        "currency": "azn",
        "payment_intent": "pi_1",
        "reason": "fraudulent",
        "status": "lost" if kind == "closed" else "needs_response",
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
def test_its_end_is_told_too_and_nothing_is_booked(payment: Payment, kinds: tuple[str, str]) -> None:
    for kind in kinds:
        tell(payment, kind)
    assert payment.order.events.get(kind=OrderEvent.Kind.DISPUTE_CLOSED).data["outcome"] == "lost"
    # One that has ended is not begun anew.
    assert payment.order.events.filter(kind=OrderEvent.Kind.DISPUTED).count() == (kinds[0] == "created")
    assert ("dispute_closed", "dp_1 40.00 AZN lost") in told_to_a_person()
    payment.refresh_from_db()
    assert payment.refunded_amount == 0


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
