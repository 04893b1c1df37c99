"""Money back through Stripe: once, whatever is lost on the way or made in its dashboard meanwhile."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from dostshop.demo.stripe_stand_in.server import StandIn
from orders import payments, refunds
from orders.models import Payment, Refund
from orders.providers import ProviderRefund, ProviderUnavailable, RefundState
from tests.factories import order_of, piece
from tests.orders.test_reconciling import assert_nothing_more, pay, session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(stand_in: StandIn) -> Payment:
    """40.00 by card."""
    return paid_now(stand_in)


def paid_now(stand_in: StandIn) -> Payment:
    payment = payments.start(order_of(piece(price="40.00")).payments.get())
    pay(stand_in, payment)
    payments.check(payment)
    payment.refresh_from_db()
    return payment


def decide(payment: Payment, amount: str) -> Refund:
    what = refunds.Sum(goodwill=Decimal(amount))
    return refunds.decide(payment.order_id, what=what, reason=Refund.Reason.GOODWILL)


def in_dashboard(stand_in: StandIn, payment: Payment, *, cents: int) -> str:
    with stand_in.account.lock:
        intent = session_of(stand_in, payment)["payment_intent"]
        return str(stand_in.account.refund({"payment_intent": intent, "amount": cents})["id"])


def at_stripe(stand_in: StandIn) -> list[int]:
    return [one["amount"] for one in stand_in.account.refunds.values() if one["status"] != "failed"]


def assert_agreed(payment: Payment, stand_in: StandIn) -> None:
    payment.refresh_from_db()
    back = sum(at_stripe(stand_in))
    assert payment.refunded_amount * 100 == back
    assert sum(one.amount for one in payment.refunds.all()) * 100 == back
    assert not payment.refunds.filter(done_at=None).exists()
    assert_nothing_more()


def test_an_answer_lost_for_more_than_a_day_is_found_and_not_asked_for_again(
    paid: Payment, stand_in: StandIn, settings: Settings
) -> None:
    """Stripe has made the refund, and has forgotten its key by the time of the second question."""
    refund = decide(paid, "10.00")
    settings.STRIPE_TIMEOUT_SECONDS = 0.3
    stand_in.faults.hang_seconds = 30
    with pytest.raises(ProviderUnavailable):
        refunds.send(refund_pk=refund.pk)
    settings.STRIPE_TIMEOUT_SECONDS = 5
    stand_in.faults.hang_seconds = 0
    stand_in.account.answers.clear()
    refunds.send(refund_pk=refund.pk)
    assert at_stripe(stand_in) == [1000]
    assert_agreed(paid, stand_in)


def test_a_question_that_stripe_never_heard_is_asked_again(
    paid: Payment, stand_in: StandIn, settings: Settings
) -> None:
    refund = decide(paid, "10.00")
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    with pytest.raises(ProviderUnavailable):
        refunds.send(refund_pk=refund.pk)
    settings.STRIPE_API_URL = stand_in.url
    refunds.send(refund_pk=refund.pk)
    assert at_stripe(stand_in) == [1000]
    assert_agreed(paid, stand_in)


def test_what_failed_here_and_was_made_in_the_dashboard_is_one_refund(paid: Payment, stand_in: StandIn) -> None:
    refund = decide(paid, "15.00")
    refunds.send(refund_pk=refund.pk)
    [first] = stand_in.account.refunds
    stand_in.account.fail_refund(first)
    payments.check(paid)
    refund.refresh_from_db()
    assert refund.failure == Refund.Failure.CAME_BACK
    made = in_dashboard(stand_in, paid, cents=1500)
    payments.check(paid)
    refund.refresh_from_db()
    assert (refund.provider_reference, refund.failure, refund.done_at is not None) == (made, "", True)
    assert_agreed(paid, stand_in)


def test_a_failed_refund_is_mended_before_one_that_is_under_way(paid: Payment, stand_in: StandIn) -> None:
    under_way, failed = decide(paid, "15.00"), decide(paid, "15.00")
    Refund.objects.filter(pk=failed.pk).update(failure=Refund.Failure.REFUSED)
    in_dashboard(stand_in, paid, cents=1500)
    payments.check(paid)
    failed.refresh_from_db()
    under_way.refresh_from_db()
    assert (failed.done_at is not None, under_way.done_at) == (True, None)
    refunds.send(refund_pk=under_way.pk)
    assert_agreed(paid, stand_in)


@pytest.mark.parametrize("amounts", [["40.00"], ["12.50"], ["10.00", "12.50"], ["10.00", "30.00"]])
def test_all_of_it_made_in_the_dashboard_unheard_is_not_a_failure_here(
    paid: Payment, stand_in: StandIn, amounts: list[str]
) -> None:
    """Stripe refuses the shop's own refund, for nothing is left; so what went back is taken in."""
    in_dashboard(stand_in, paid, cents=4000)
    for refund in [decide(paid, amount) for amount in amounts]:
        refunds.send(refund_pk=refund.pk)
    assert not Refund.objects.exclude(failure="").exists()
    assert at_stripe(stand_in) == [4000]
    assert_agreed(paid, stand_in)


def test_a_refusal_that_nothing_explains_waits_for_a_person(paid: Payment, stand_in: StandIn) -> None:
    in_dashboard(stand_in, paid, cents=2000)
    refund = decide(paid, "30.00")
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert (refund.failure, refund.done_at) == (Refund.Failure.REFUSED, None)
    assert refund.failure_detail.startswith("Stripe: ")
    assert at_stripe(stand_in) == [2000]


def test_half_of_what_one_dashboard_refund_covers_does_not_come_back_unseen(paid: Payment, stand_in: StandIn) -> None:
    """Two rows share one refund of Stripe's; where that fails later, a person sees to it."""
    made = in_dashboard(stand_in, paid, cents=4000)
    refunds.send(refund_pk=decide(paid, "12.50").pk)
    stand_in.account.fail_refund(made)
    told = ProviderRefund(made, RefundState.FAILED, Decimal("40.00"))
    with pytest.raises(refunds.Unexplained):
        refunds.apply(paid.pk, told)


def test_money_of_two_orders_is_not_confused(paid: Payment, stand_in: StandIn) -> None:
    other = paid_now(stand_in)
    refund = decide(paid, "15.00")
    in_dashboard(stand_in, other, cents=1500)
    payments.check(other)
    refund.refresh_from_db()
    assert refund.done_at is None
    refunds.send(refund_pk=refund.pk)
    assert at_stripe(stand_in) == [1500, 1500]
