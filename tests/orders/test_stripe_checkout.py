"""The adapter over real HTTP, against a Stripe that works, refuses, fails, hangs and is not there."""

import time
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from dostshop.demo.stripe_stand_in.server import StandIn
from orders.models import Payment, Refund
from orders.providers import (
    ProviderFailed,
    ProviderRefund,
    ProviderRefused,
    ProviderState,
    ProviderStatus,
    ProviderUnavailable,
    RefundState,
)
from orders.providers.stripe_checkout import StripeCheckout
from tests.factories import order_of, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    return order_of(piece(price="40.00")).payments.get()


@pytest.fixture
def opened(payment: Payment, stand_in: StandIn) -> Payment:
    payment.provider_reference = StripeCheckout().start(payment).reference
    payment.status = Payment.Status.OPEN
    payment.save()
    return payment


def pay(stand_in: StandIn, payment: Payment) -> None:
    with stand_in.account.lock:
        stand_in.account.pay(stand_in.account.session(payment.provider_reference))


def test_start_gives_the_page_on_which_the_buyer_pays(payment: Payment, stand_in: StandIn) -> None:
    started = StripeCheckout().start(payment)

    session = stand_in.account.session(started.reference)
    assert started.redirect_url == session["url"]
    assert (session["amount_total"], session["currency"]) == (4000, "azn")


def test_an_open_session_is_open(opened: Payment) -> None:
    assert StripeCheckout().fetch_status(opened) == ProviderStatus(
        ProviderState.OPEN, amount=Decimal("40.00"), currency="AZN", charge=""
    )


def test_a_paid_session_names_what_a_refund_is_asked_of(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)

    status = StripeCheckout().fetch_status(opened)

    assert status == ProviderStatus(
        ProviderState.PAID,
        amount=Decimal("40.00"),
        currency="AZN",
        charge=stand_in.account.session(opened.provider_reference)["payment_intent"],
        refunds=(),
    )
    assert status.charge


def test_a_declined_card_leaves_the_session_open(opened: Payment, stand_in: StandIn) -> None:
    with stand_in.account.lock:
        stand_in.account.decline(stand_in.account.session(opened.provider_reference), code="card_declined")

    assert StripeCheckout().fetch_status(opened).state == ProviderState.OPEN


def test_slow_money_that_did_not_come_is_a_failure(opened: Payment, stand_in: StandIn) -> None:
    with stand_in.account.lock:
        session = stand_in.account.session(opened.provider_reference)
        stand_in.account.decline(session, code="insufficient_funds")
        session["status"] = "complete"

    assert StripeCheckout().fetch_status(opened).state == ProviderState.FAILED


def test_an_expired_session_can_no_longer_be_paid(opened: Payment) -> None:
    StripeCheckout().expire(opened)

    assert StripeCheckout().fetch_status(opened).state == ProviderState.EXPIRED


def test_a_paid_session_refuses_to_expire(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)

    with pytest.raises(ProviderRefused):
        StripeCheckout().expire(opened)


def test_a_time_that_stripe_does_not_allow_is_refused(payment: Payment, stand_in: StandIn) -> None:
    payment.expires_at = timezone.now() + timedelta(minutes=29)

    with pytest.raises(ProviderRefused):
        StripeCheckout().start(payment)

    assert stand_in.account.sessions == {}


def test_a_wrong_key_is_refused(payment: Payment, stand_in: StandIn, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_of_another_shop"

    with pytest.raises(ProviderRefused):
        StripeCheckout().start(payment)


def test_a_session_that_stripe_does_not_know_is_refused(payment: Payment, stand_in: StandIn) -> None:
    payment.provider_reference = "cs_test_unknown"

    with pytest.raises(ProviderRefused):
        StripeCheckout().fetch_status(payment)


def test_a_failing_stripe_keeps_failing_for_the_same_key_and_works_for_a_new_one(
    payment: Payment, stand_in: StandIn
) -> None:
    stand_in.faults.failures = 1

    for _ in range(2):
        with pytest.raises(ProviderFailed):
            StripeCheckout().start(payment)
    assert stand_in.account.sessions == {}

    payment.idempotency_key = uuid.uuid4()
    assert StripeCheckout().start(payment).reference in stand_in.account.sessions


def test_a_hanging_stripe_is_unavailable_in_good_time(payment: Payment, stand_in: StandIn, settings: Settings) -> None:
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    stand_in.faults.hang_seconds = 30
    began = time.monotonic()

    with pytest.raises(ProviderUnavailable):
        StripeCheckout().start(payment)

    assert time.monotonic() - began < 5


def test_an_answer_that_got_lost_comes_again_and_opens_nothing_new(
    payment: Payment, stand_in: StandIn, settings: Settings
) -> None:
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    stand_in.faults.hang_seconds = 30
    with pytest.raises(ProviderUnavailable):
        StripeCheckout().start(payment)
    # The request got there, however late on a busy machine.
    deadline = time.monotonic() + 10
    while not (made := list(stand_in.account.sessions)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(made) == 1

    stand_in.faults.hang_seconds = 0
    settings.STRIPE_TIMEOUT_SECONDS = 5

    assert StripeCheckout().start(payment).reference == made[0]
    assert list(stand_in.account.sessions) == made


def test_a_stripe_that_is_not_there_is_unavailable(payment: Payment) -> None:
    # The settings of the tests name a port on which nothing listens.
    with pytest.raises(ProviderUnavailable):
        StripeCheckout().start(payment)


def test_stripe_is_asked_once_for_each_call(payment: Payment, stand_in: StandIn) -> None:
    stand_in.faults.failures = 5

    with pytest.raises(ProviderUnavailable):
        StripeCheckout().start(payment)

    assert len(stand_in.requests) == 1


def test_what_is_raised_says_nothing_about_the_buyer(payment: Payment, stand_in: StandIn) -> None:
    payment.expires_at = timezone.now()

    with pytest.raises(ProviderRefused) as refusal:
        StripeCheckout().start(payment)

    assert payment.order.email not in str(refusal.value)


@pytest.fixture
def refund(opened: Payment, stand_in: StandIn) -> Refund:
    pay(stand_in, opened)
    opened.provider_charge = stand_in.account.session(opened.provider_reference)["payment_intent"]
    opened.captured_amount = opened.amount
    opened.save()
    return Refund.objects.create(payment=opened, amount=opened.amount, reason=Refund.Reason.PIECE_GONE)


def test_a_refund_sends_the_money_back(refund: Refund, stand_in: StandIn) -> None:
    made = StripeCheckout().refund(refund)

    assert made == ProviderRefund(made.reference, RefundState.DONE, refund.amount, str(refund.idempotency_key))
    assert stand_in.account.refunds[made.reference]["amount"] == 4000


def test_a_refund_asked_for_twice_is_made_once(refund: Refund, stand_in: StandIn) -> None:
    first = StripeCheckout().refund(refund)

    assert StripeCheckout().refund(refund) == first
    assert len(stand_in.account.refunds) == 1


def test_more_than_was_paid_does_not_come_back(refund: Refund, stand_in: StandIn) -> None:
    StripeCheckout().refund(refund)
    second = Refund.objects.create(payment=refund.payment, amount=refund.amount, reason=Refund.Reason.PIECE_GONE)

    with pytest.raises(ProviderRefused):
        StripeCheckout().refund(second)


def test_a_refund_that_fails_at_once_is_told_as_failed(refund: Refund, stand_in: StandIn) -> None:
    StripeCheckout().refund(refund)
    # What Stripe answered is what it answers again: the same key is the same request.
    [answer] = [kept["body"] for kept in stand_in.account.answers.values() if kept["body"]["object"] == "refund"]
    answer["status"] = "failed"

    assert StripeCheckout().refund(refund).state == RefundState.FAILED
