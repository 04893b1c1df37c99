"""Money back through Epoint: in parts, once, and left to a person where it cannot be told whether it went."""

from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings

from dostshop.demo.epoint_stand_in import api
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from orders import payments, refunds
from orders.models import Order, OrderEvent, Payment, Reconciliation, Refund, Stock
from orders.providers import OutcomeUnknown, ProviderUnavailable
from orders.providers.epoint import Epoint
from tests.factories import UserFactory, order_of, piece
from tests.orders.test_epoint import NOBODY, at_epoint, pay, reconcile
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(epoint: EpointStandIn) -> Payment:
    payment = payments.start(order_of(piece(price="40.00"), provider="epoint").payments.get())
    pay(epoint, payment)
    payments.check(payment)
    payment.refresh_from_db()
    return payment


def decide(payment: Payment, amount: str) -> Refund:
    what = refunds.Sum(goodwill=Decimal(amount))
    return refunds.decide(payment.order_id, what=what, reason=Refund.Reason.GOODWILL)


def test_a_part_and_then_the_rest(paid: Payment, epoint: EpointStandIn) -> None:
    for amount in ("12.35", "27.65"):
        refunds.send(refund_pk=decide(paid, amount).pk)
    assert [one["amount"] for one in epoint.account.reversals] == ["12.35", "27.65"]
    assert at_epoint(epoint, paid)["status"] == "returned"
    paid.refresh_from_db()
    assert paid.refunded_amount == paid.captured_amount == epoint.account.back(at_epoint(epoint, paid))
    assert Refund.objects.filter(done_at__isnull=False).count() == 2
    # What was sent back is no news of the payment.
    payments.check(paid)
    assert paid.order.events.filter(kind=OrderEvent.Kind.PAYMENT_FAILED).count() == 0


def test_sent_again_it_goes_back_once(paid: Payment, epoint: EpointStandIn) -> None:
    refund = decide(paid, "10.00")
    for _ in range(3):
        refunds.send(refund_pk=refund.pk)
    assert len(epoint.account.reversals) == 1


def test_a_refusal_waits_for_a_person(paid: Payment, epoint: EpointStandIn) -> None:
    at_epoint(epoint, paid)["status"] = "returned"
    refund = decide(paid, "10.00")
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.failure
    assert refund.done_at is None


@pytest.mark.parametrize("trouble", ["no answer in time", "a failure"])
def test_a_reversal_without_an_answer_is_never_repeated(
    paid: Payment, epoint: EpointStandIn, settings: Settings, trouble: str
) -> None:
    if trouble == "a failure":
        epoint.faults.failures = 1
    else:
        epoint.faults.hang_seconds = 30
        settings.EPOINT_TIMEOUT_SECONDS = 1
    refund = decide(paid, "10.00")
    for _ in range(3):
        refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.failure == Refund.Failure.UNKNOWN
    assert [asked.path for asked in epoint.requests].count("/api/1/reverse") == 1


def test_a_crash_after_the_question_leaves_it_to_a_person(
    paid: Payment, epoint: EpointStandIn, settings: Settings
) -> None:
    """The worker died while Epoint was asked: whether the money went is not known here."""
    settings.STRIPE_SECRET_KEY = ""
    refund = decide(paid, "10.00")
    Refund.objects.update(asked_at=timezone.now())
    with pytest.raises(ProviderUnavailable):
        refunds.send(refund_pk=refund.pk)
    Refund.objects.update(asked_at=timezone.now() - refunds.ANSWER_TIME)
    assert Reconciliation.Finding.REFUND_SETTLED in reconcile()
    refund.refresh_from_db()
    assert refund.failure
    assert epoint.account.reversals == []


def test_a_person_who_has_looked_may_ask_again(paid: Payment, epoint: EpointStandIn) -> None:
    refund = decide(paid, "10.00")
    Refund.objects.update(asked_at=timezone.now() - refunds.ANSWER_TIME)
    refunds.send(refund_pk=refund.pk)
    with pytest.raises(refunds.LookFirst):
        refunds.try_again(refund.pk)
    refunds.say_whether_it_went(refund.pk, has_gone=False, actor=UserFactory.create(is_staff=True))
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.done_at is not None
    assert len(epoint.account.reversals) == 1


def test_a_question_that_nobody_heard_is_asked_again(paid: Payment, epoint: EpointStandIn, settings: Settings) -> None:
    refund = decide(paid, "10.00")
    settings.EPOINT_API_URL = NOBODY
    with pytest.raises(ProviderUnavailable):
        refunds.send(refund_pk=refund.pk)
    settings.EPOINT_API_URL = epoint.api_url
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.done_at is not None
    assert len(epoint.account.reversals) == 1


@pytest.mark.parametrize("told", [{"status": "pondering"}, {"status": "server_error"}, {}, []])
def test_an_answer_without_a_meaning_is_unknown(paid: Payment, monkeypatch: pytest.MonkeyPatch, told: object) -> None:
    monkeypatch.setitem(api._ACTIONS, "reverse", lambda account, parameters: told)
    with pytest.raises(OutcomeUnknown):
        Epoint().refund(decide(paid, "10.00"))


def return_in_the_panel(epoint: EpointStandIn, payment: Payment) -> None:
    with epoint.account.lock:
        epoint.account.reverse({"transaction": payment.provider_reference, "currency": "AZN"})


class TestReturnedInEpointsOwnPanel:
    """As a whole; parts are not heard of."""

    @pytest.fixture(autouse=True)
    def _no_stripe(self, settings: Settings) -> None:
        """Epoint alone is asked for its payments."""
        settings.STRIPE_SECRET_KEY = ""

    def assert_all_is_back(self, payment: Payment) -> None:
        payment.refresh_from_db()
        assert payment.refunded_amount == payment.captured_amount == payment.amount
        assert not Refund.objects.filter(done_at=None).exists()
        assert reconcile() == []

    def test_it_becomes_known_once(self, paid: Payment, epoint: EpointStandIn) -> None:
        return_in_the_panel(epoint, paid)
        assert reconcile() == [Reconciliation.Finding.REFUND_MISSED]
        assert Refund.objects.get().reason == Refund.Reason.AT_PROVIDER
        self.assert_all_is_back(paid)

    def test_the_rest_after_a_part_that_went_from_here(self, paid: Payment, epoint: EpointStandIn) -> None:
        refunds.send(refund_pk=decide(paid, "10.00").pk)
        return_in_the_panel(epoint, paid)
        assert reconcile() == [Reconciliation.Finding.REFUND_MISSED]
        assert [refund.amount for refund in Refund.objects.all()] == [Decimal("10.00"), Decimal("30.00")]
        self.assert_all_is_back(paid)

    def test_a_whole_refund_whose_outcome_was_unknown_is_settled(self, paid: Payment, epoint: EpointStandIn) -> None:
        refund = decide(paid, "40.00")
        Refund.objects.update(asked_at=timezone.now() - refunds.ANSWER_TIME)
        refunds.send(refund_pk=refund.pk)
        refund.refresh_from_db()
        assert refund.failure
        return_in_the_panel(epoint, paid)
        assert reconcile() == [Reconciliation.Finding.REFUND_MISSED]
        assert Refund.objects.get().reason == Refund.Reason.GOODWILL
        self.assert_all_is_back(paid)

    def test_a_payment_that_was_returned_before_the_shop_heard_of_it_buys_nothing(self, epoint: EpointStandIn) -> None:
        payment = payments.start(order_of(piece(price="40.00"), provider="epoint").payments.get())
        pay(epoint, payment)
        return_in_the_panel(epoint, payment)
        assert reconcile() == [Reconciliation.Finding.PAYMENT_MISSED]
        assert payment.order.events.filter(kind=OrderEvent.Kind.PAID_AND_BACK).count() == 1
        payment.order.refresh_from_db()
        assert payment.order.status == Order.Status.AWAITING_PAYMENT
        assert Stock.objects.get(variant__line_items__order=payment.order).on_hand == 1
        self.assert_all_is_back(payment)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestFourWorkersAtOnce:
    """The same task four times, as after a worker that was thought dead."""

    def send(self, paid: Payment, epoint: EpointStandIn) -> int:
        epoint.faults.hang_seconds = 0.5
        refund = decide(paid, "10.00")
        all_at_once([lambda: refunds.send(refund_pk=refund.pk)] * 4)
        refund.refresh_from_db()
        assert refund.done_at is not None
        return len(epoint.account.reversals)

    def test_ask_once(self, paid: Payment, epoint: EpointStandIn) -> None:
        assert self.send(paid, epoint) == 1

    def test_would_pay_more_than_once_without_the_claim(
        self, paid: Payment, epoint: EpointStandIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Epoint, "is_refund_repeatable", True)
        assert self.send(paid, epoint) > 1
