"""Whatever was dropped, crashed or done elsewhere: the shop and the provider agree in the end."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any, ClassVar

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from dostshop.demo.stripe_stand_in.events import event_of
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import cancelling, expiry, payments, reconciling, refunds
from orders.models import Order, Payment, ProviderEvent, Reconciliation, Refund, Stock
from orders.models.order import OrderEvent
from orders.providers import ProviderState, ProviderStatus
from tests.factories import order_of, piece, worker
from tests.orders import toys

pytestmark = pytest.mark.django_db

Kind = Reconciliation.Finding


def later() -> datetime:
    """As if everything so far had had its time to settle."""
    return timezone.now() + timedelta(seconds=1)


def reconcile() -> list[str]:
    run = reconciling.reconcile(settled_before=later())
    assert run.finished_at is not None
    return [found["kind"] for found in run.findings]


def assert_nothing_more() -> None:
    assert reconcile() == []


@pytest.fixture
def opened(stand_in: StandIn) -> Payment:
    return payments.start(order_of(piece(price="40.00")).payments.get())


def session_of(stand_in: StandIn, payment: Payment) -> dict[str, Any]:
    return stand_in.account.session(payment.provider_reference)


def pay(stand_in: StandIn, payment: Payment) -> None:
    with stand_in.account.lock:
        stand_in.account.pay(session_of(stand_in, payment))


def assert_paid(order: Order) -> None:
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert Stock.objects.get().on_hand == 0
    assert order.events.filter(kind="paid").count() == 1


def test_where_all_is_well_nothing_is_found(opened: Payment, stand_in: StandIn) -> None:
    assert_nothing_more()


def test_a_dropped_event_is_made_up_for(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    assert reconcile() == [Kind.PAYMENT_MISSED]
    assert_paid(opened.order)
    assert_nothing_more()


def test_what_happened_just_now_is_left_to_its_webhook(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    run = reconciling.reconcile(since=timezone.now() + timedelta(days=1))
    assert run.findings == []


def test_a_crash_before_the_answer_is_made_up_for(stand_in: StandIn) -> None:
    """The intent is written, and the process died while Stripe was asked, or before."""
    order = order_of(piece())
    assert reconcile() == [Kind.PAYMENT_OPENED]
    payment = order.payments.get()
    assert (payment.status, payment.provider_reference in stand_in.account.sessions) == ("open", True)
    assert_nothing_more()


def test_a_payment_whose_name_was_never_written_down_is_known_by_what_it_carries(
    opened: Payment, stand_in: StandIn
) -> None:
    pay(stand_in, opened)
    Payment.objects.update(status=Payment.Status.STARTED, provider_reference="", redirect_url="")
    expired = Order.objects.get()
    payments.close_open(Order.objects.locked(expired.pk))
    assert reconcile() == [Kind.PAYMENT_MISSED]
    assert_paid(expired)
    assert_nothing_more()


def test_a_payment_that_no_row_knows_belongs_to_the_order_it_names(opened: Payment, stand_in: StandIn) -> None:
    """As after a restored backup that is older than the payment."""
    pay(stand_in, opened)
    order = opened.order
    opened.delete()
    assert reconcile() == [Kind.PAYMENT_MISSED]
    assert_paid(order)
    assert order.payments.get().captured_amount == order.total
    assert_nothing_more()


def test_money_for_no_order_of_ours_is_told_once(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    session_of(stand_in, opened)["metadata"] = {"order": "ZZZZ9999", "payment": "999"}
    opened.delete()
    assert reconcile() == [Kind.UNKNOWN_PAYMENT]
    assert "40.00 AZN" in Reconciliation.objects.get().findings[0]["detail"]
    assert_nothing_more()


def test_a_refund_made_in_the_dashboard_becomes_known(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    payments.check(opened)
    with stand_in.account.lock:
        stand_in.account.refund({"payment_intent": session_of(stand_in, opened)["payment_intent"], "amount": 1500})
    assert reconcile() == [Kind.REFUND_MISSED]
    opened.refresh_from_db()
    assert opened.refunded_amount == Decimal("15.00")
    assert Refund.objects.get().reason == Refund.Reason.AT_PROVIDER
    assert_nothing_more()


def test_a_refund_whose_task_was_lost_is_sent(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    payments.check(opened)
    what = refunds.everything_left(opened.order)
    refunds.decide(opened.order_id, what=what, reason=Refund.Reason.CANCELLED)
    assert reconcile() == [Kind.REFUND_SETTLED]
    assert [refund["amount"] for refund in stand_in.account.refunds.values()] == [4000]
    assert_nothing_more()


def test_a_refund_that_fails_later_is_noticed(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    payments.check(opened)
    refund = refunds.decide(opened.order_id, what=refunds.everything_left(opened.order), reason=Refund.Reason.CANCELLED)
    refunds.send(refund_pk=refund.pk)
    [made] = stand_in.account.refunds
    stand_in.account.fail_refund(made)
    assert reconcile() == [Kind.REFUND_MISSED]
    refund.refresh_from_db()
    assert refund.failure
    assert refund.done_at is None
    assert opened.order.events.filter(kind=OrderEvent.Kind.REFUND_FAILED).count() == 1
    assert_nothing_more()


def test_a_refund_that_fails_weeks_later_is_noticed(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    payments.check(opened)
    refund = refunds.decide(opened.order_id, what=refunds.everything_left(opened.order), reason=Refund.Reason.CANCELLED)
    refunds.send(refund_pk=refund.pk)
    [made] = stand_in.account.refunds
    stand_in.account.fail_refund(made)
    for row in (stand_in.account.refunds[made], session_of(stand_in, opened)):
        row["created"] -= 25 * 24 * 60 * 60
    assert reconcile() == [Kind.REFUND_MISSED]
    refund.refresh_from_db()
    assert refund.failure == Refund.Failure.CAME_BACK
    assert_nothing_more()


def ended_here_long_ago(stand_in: StandIn, payment: Payment) -> None:
    """The order has expired, the shop's wish to close the page was lost, and no list of the last days has it."""
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    payment.order.holds.update(expires_at=timezone.now() - timedelta(hours=1))
    expiry.expire_order(payment.order_id)
    session_of(stand_in, payment)["created"] -= 5 * 24 * 60 * 60


def test_a_payment_that_comes_days_after_its_order_expired_is_noticed(opened: Payment, stand_in: StandIn) -> None:
    ended_here_long_ago(stand_in, opened)
    assert_nothing_more()
    pay(stand_in, opened)
    # It was asked about just now.
    assert_nothing_more()
    Payment.objects.update(ask_after=timezone.now())
    assert reconcile() == [Kind.PAYMENT_MISSED]
    assert_paid(opened.order)
    opened.refresh_from_db()
    assert opened.ask_after is None
    assert_nothing_more()


def test_what_the_provider_has_ended_is_not_asked_about_again(opened: Payment, stand_in: StandIn) -> None:
    ended_here_long_ago(stand_in, opened)
    payments.expire_at_provider(opened.pk)
    assert_nothing_more()
    opened.refresh_from_db()
    assert (opened.status, opened.ask_after) == (Payment.Status.EXPIRED, None)


def test_a_provider_that_never_ends_a_payment_is_not_asked_for_ever(opened: Payment, stand_in: StandIn) -> None:
    ended_here_long_ago(stand_in, opened)
    assert_nothing_more()
    opened.refresh_from_db()
    assert opened.ask_after is not None
    assert opened.ask_after > timezone.now() + timedelta(hours=23)
    long_ago = timezone.now() - timedelta(days=31)
    Payment.objects.update(ask_after=timezone.now(), created_at=long_ago)
    assert_nothing_more()
    opened.refresh_from_db()
    assert opened.ask_after is None


def test_a_payment_after_the_piece_is_gone_goes_back(stand_in: StandIn) -> None:
    variant = piece()
    late = payments.start(order_of(variant).payments.get())
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1))
    late.order.holds.update(expires_at=timezone.now() - timedelta(hours=1))
    expiry.expire_order(late.order_id)
    quick = payments.start(order_of(variant).payments.get())
    pay(stand_in, quick)
    payments.check(quick)
    pay(stand_in, late)
    assert reconcile() == [Kind.PAYMENT_MISSED]
    late.refresh_from_db()
    assert late.refunded_amount == late.captured_amount == late.amount
    assert Stock.objects.get().on_hand == 0


def test_an_event_that_was_kept_and_not_handled_is_done(opened: Payment, stand_in: StandIn) -> None:
    """The process died between keeping the event and doing it."""
    with stand_in.account.lock:
        stand_in.account.pay(session_of(stand_in, opened))
    event = event_of("checkout.session.completed", session_of(stand_in, opened))
    ProviderEvent.objects.create(provider="stripe", event_id=event["id"], type=event["type"], payload=event)
    assert reconcile() == [Kind.EVENT_HANDLED]
    assert_paid(opened.order)
    assert_nothing_more()


def test_a_silent_provider_is_told_and_hinders_nothing(opened: Payment, stand_in: StandIn, settings: Settings) -> None:
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    assert set(reconcile()) == {Kind.NOT_REPAIRED}
    settings.STRIPE_API_URL = stand_in.url
    assert_nothing_more()


def test_lists_longer_than_a_page_are_read_to_the_end(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.providers.stripe_checkout.LIST_SIZE", 2)
    opened = [payments.start(order_of(piece()).payments.get()) for _ in range(5)]
    for payment in opened:
        pay(stand_in, payment)
    Payment.objects.update(status=Payment.Status.EXPIRED)
    assert reconcile() == [Kind.PAYMENT_MISSED] * 5
    assert_nothing_more()


def test_the_command_says_what_it_changed(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    first, second = StringIO(), StringIO()
    call_command("reconcile_payments", stdout=first)
    call_command("reconcile_payments", stdout=second)
    assert opened.order.code in first.getvalue()
    assert second.getvalue().strip() == "Nothing to repair."


class Troubled(toys.Toy):
    """Stumbles over one payment, in a way that nobody has thought of."""

    stumbles_over: ClassVar[set[str]] = set()

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        if payment.provider_reference in self.stumbles_over:
            raise KeyError(payment.provider_reference)
        return ProviderStatus(ProviderState.PAID, payment.amount, "AZN", charge=f"ch-{payment.pk}")


@pytest.fixture
def troubled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Payment, Payment]:
    toys.use(settings, Troubled)
    first, second = (payments.start(order_of(piece()).payments.get()) for _ in range(2))
    monkeypatch.setattr(Troubled, "stumbles_over", {first.provider_reference})
    return first, second


def test_what_nobody_has_thought_of_is_told_and_keeps_no_other_from_being_repaired(
    troubled: tuple[Payment, Payment], caplog: pytest.LogCaptureFixture
) -> None:
    first, second = troubled
    run = reconciling.reconcile(settled_before=later())
    assert run.finished_at is not None
    assert [(found["kind"], found["order"]) for found in run.findings] == [
        (Kind.NOT_REPAIRED, first.order.code),
        (Kind.PAYMENT_MISSED, second.order.code),
    ]
    assert "Traceback" in caplog.text
    second.order.refresh_from_db()
    assert second.order.status == Order.Status.PAID


def test_trouble_is_told_for_as_long_as_it_lasts_and_anew_where_it_comes_back(
    troubled: tuple[Payment, Payment], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert reconcile() == [Kind.NOT_REPAIRED, Kind.PAYMENT_MISSED]
    for _ in range(2):
        caplog.clear()
        assert reconcile() == [Kind.STILL_NOT_REPAIRED]
        assert f"order='{troubled[0].order.code}'" in caplog.text
    with monkeypatch.context() as patched:
        patched.setattr(reconciling, "_asked_about", lambda payment: [])
        assert_nothing_more()
    assert reconcile() == [Kind.NOT_REPAIRED]


def test_a_step_that_breaks_leaves_the_others(
    troubled: tuple[Payment, Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(before: datetime) -> None:
        raise TypeError("broken")

    monkeypatch.setattr(reconciling, "_unsettled", breaks)
    assert reconcile() == [Kind.NOT_REPAIRED, Kind.PAYMENT_MISSED, Kind.NOT_REPAIRED]


def test_findings_are_kept_even_if_the_run_is_broken_off(
    troubled: tuple[Payment, Payment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reconciling, "_for_a_person", stopped)
    with pytest.raises(KeyboardInterrupt):
        reconcile()
    run = Reconciliation.objects.get()
    assert len(run.findings) == 2
    assert run.finished_at is not None


def test_money_in_another_currency_waits_for_a_person(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    session_of(stand_in, opened)["currency"] = "usd"
    assert reconcile() == [Kind.PAYMENT_MISSED, Kind.OTHER_CURRENCY]
    finding = Reconciliation.objects.get().findings[-1]
    assert (finding["order"], finding["detail"]) == (opened.order.code, f"payment {opened.pk}: 40.00 USD")
    opened.refresh_from_db()
    assert opened.captured_amount == 0
    assert not Refund.objects.exists()
    assert_nothing_more()


def test_another_amount_in_manat_is_no_matter_for_a_person(opened: Payment, stand_in: StandIn) -> None:
    pay(stand_in, opened)
    session_of(stand_in, opened)["amount_total"] = 3999
    assert Kind.OTHER_CURRENCY not in reconcile()
    assert Refund.objects.get().amount == Decimal("39.99")


def test_a_paid_order_without_its_invoice_gets_it(
    opened: Payment, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(stand_in, opened)
    with monkeypatch.context() as patched:
        patched.setattr("orders.invoices.issue", lambda order, payment: 1 / 0)
        payments.check(opened)
        assert_paid(opened.order)
        assert reconcile() == [Kind.NOT_REPAIRED]
    # However late that is mended.
    monkeypatch.setattr(reconciling, "LOOKS_BACK", timedelta(0))
    assert reconcile() == [Kind.LEFT_OVER]
    assert opened.invoices.get().total == opened.amount
    assert_nothing_more()


def test_an_order_called_off_before_it_had_an_invoice_gets_its_documents(
    opened: Payment, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(stand_in, opened)
    with monkeypatch.context() as patched:
        patched.setattr("orders.invoices.issue", lambda order, payment: 1 / 0)
        patched.setattr("orders.promises.make", lambda order: 1 / 0)
        payments.check(opened)
        cancelling.call_off(opened.order_id, actor=worker())
    refunds.send(refund_pk=Refund.objects.get().pk)
    assert reconcile() == [Kind.LEFT_OVER]
    invoice, credit_note = opened.invoices.order_by("pk")
    assert invoice.total == credit_note.total == opened.amount
    # Nothing will come any more, so no day is promised.
    opened.order.refresh_from_db()
    assert opened.order.promised_on is None
    assert_nothing_more()


def test_a_refund_of_the_whole_before_the_payment_was_heard_of_sells_nothing(
    opened: Payment, stand_in: StandIn
) -> None:
    pay(stand_in, opened)
    with stand_in.account.lock:
        stand_in.account.refund({"payment_intent": session_of(stand_in, opened)["payment_intent"]})
    Payment.objects.update(status=Payment.Status.EXPIRED)
    assert reconcile() == [Kind.PAYMENT_MISSED]
    opened.refresh_from_db()
    opened.order.refresh_from_db()
    assert opened.order.status == Order.Status.AWAITING_PAYMENT
    assert opened.refunded_amount == opened.captured_amount == opened.amount
    assert Stock.objects.get().on_hand == 1
    assert_nothing_more()
