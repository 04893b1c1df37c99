"""What follows from a provider's word, whatever the order in which it comes."""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries, Settings

from orders import bag as bags
from orders import cancelling, checkout, completing, emails, expiry, payments, refunds, stock, timeline
from orders.models import Hold, Order, OrderEvent, Payment, Refund, Stock
from orders.models.order import WrongTransition
from orders.providers import ProviderRefund, ProviderRefused, ProviderState, ProviderStatus, RefundState, Started
from orders.providers.branch import DAYS_TO_COME
from orders.working_days import calendar_of
from tests.factories import BranchFactory, UserFactory, bag_with, details, order_of, piece
from tests.orders import toys

pytestmark = pytest.mark.django_db


def paid(payment: Payment, **changes: object) -> ProviderStatus:
    values = {"state": ProviderState.PAID, "amount": payment.amount, "currency": "azn", "charge": "pi_1"}
    return ProviderStatus(**{**values, **changes})  # type: ignore[arg-type]


def run_out(order: Order) -> None:
    """As if the time of the order's payment and holds had passed."""
    past = timezone.now() - timedelta(hours=1)
    Payment.objects.filter(order=order).update(expires_at=past)
    Hold.objects.filter(order=order).update(expires_at=past)


def test_paid_order_has_its_piece_its_event_and_its_mail() -> None:
    variant = piece()
    order = order_of(variant)
    payment = order.payments.get()
    payments.apply_status(payment.pk, paid(payment))
    order.refresh_from_db()
    payment.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert (payment.status, payment.captured_amount, payment.provider_charge) == ("paid", Decimal("38.00"), "pi_1")
    assert Stock.objects.get(pk=variant.pk).on_hand == 0
    assert [mail.kind for mail in order.mails.all()] == ["received", "paid"]
    assert [event.kind for event in order.events.all()] == ["placed", "payment_started", "paid"]


def test_the_same_word_ten_times_changes_nothing_more() -> None:
    variant = piece(on_hand=3, kind="small_series")
    order = order_of(variant)
    payment = order.payments.get()
    for _ in range(10):
        payments.apply_status(payment.pk, paid(payment))
    assert Stock.objects.get(pk=variant.pk).on_hand == 2
    assert order.events.filter(kind="paid").count() == 1
    assert not Refund.objects.exists()


@pytest.mark.parametrize("state", [ProviderState.EXPIRED, ProviderState.FAILED, ProviderState.OPEN])
def test_a_later_word_of_no_success_does_not_undo_a_payment(state: ProviderState) -> None:
    order = order_of(piece())
    payment = order.payments.get()
    payments.apply_status(payment.pk, paid(payment))
    payments.apply_status(payment.pk, ProviderStatus(state, Decimal(0), "azn", ""))
    order.refresh_from_db()
    payment.refresh_from_db()
    assert (order.status, payment.status) == ("paid", "paid")


def test_paid_after_the_time_ran_out_and_still_free_is_sold() -> None:
    variant = piece()
    order = order_of(variant)
    payment = order.payments.get()
    run_out(order)
    expiry.expire_order(order.pk)
    assert Order.objects.get().status == Order.Status.EXPIRED
    payments.apply_status(payment.pk, paid(payment))
    assert Order.objects.get().status == Order.Status.PAID
    assert Stock.objects.get(pk=variant.pk).on_hand == 0
    assert not Refund.objects.exists()


def test_paid_after_the_time_ran_out_and_gone_is_refunded_and_told() -> None:
    variant = piece()
    late = order_of(variant)
    run_out(late)
    expiry.expire_order(late.pk)
    quick = order_of(variant, email="quick@example.com")
    payments.apply_status(quick.payments.get().pk, paid(quick.payments.get(), charge="pi_quick"))
    payments.apply_status(late.payments.get().pk, paid(late.payments.get(), charge="pi_late"))
    late.refresh_from_db()
    payment = late.payments.get()
    assert late.status == Order.Status.EXPIRED
    assert payment.refunded_amount == payment.captured_amount == late.total
    assert Refund.objects.get().reason == Refund.Reason.PIECE_GONE
    assert late.mails.filter(kind="paid_too_late").count() == 1
    assert Stock.objects.get(pk=variant.pk).on_hand == 0


def test_paid_late_while_another_shopper_holds_the_piece_is_refunded() -> None:
    variant = piece()
    late = order_of(variant)
    run_out(late)
    stock.hold(bag_with(variant))
    payments.apply_status(late.payments.get().pk, paid(late.payments.get()))
    late.refresh_from_db()
    assert late.status == Order.Status.EXPIRED
    assert Refund.objects.get().amount == late.total
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


@pytest.mark.parametrize("amount", ["37.99", "38.01", "0.38", "3800.00"])
def test_another_amount_pays_for_nothing_and_goes_back(amount: str) -> None:
    variant = piece()
    order = order_of(variant)
    payment = order.payments.get()
    for _ in range(2):
        payments.apply_status(payment.pk, paid(payment, amount=Decimal(amount)))
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert Refund.objects.get().amount == Decimal(amount)
    assert order.events.filter(kind=OrderEvent.Kind.WRONG_AMOUNT).count() == 1
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


def test_another_currency_pays_for_nothing_and_waits_for_staff() -> None:
    order = order_of(piece())
    payment = order.payments.get()
    for _ in range(3):
        payments.apply_status(payment.pk, paid(payment, currency="usd"))
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert order.events.get(kind=OrderEvent.Kind.WRONG_AMOUNT).data["currency"] == "USD"
    payment.refresh_from_db()
    assert payment.provider_charge == "pi_1"
    # The buyer is not told that it goes back.
    with translation.override("en"):
        last = timeline.for_buyer(order.events.all(), order=order, parts=[])[-1]
    assert last.text == "A sum in another currency came. We will write to you about it."


@pytest.mark.parametrize(("is_cancelled", "words"), [(False, 1), (True, 0)])
def test_only_who_can_still_pay_is_told_to_pay(*, is_cancelled: bool, words: int) -> None:
    order = order_of(piece(), language="en")
    payment = order.payments.get()
    payments.apply_status(payment.pk, paid(payment, amount=Decimal("37.00")))
    if is_cancelled:
        cancelling.cancel(order.pk)
        order.refresh_from_db()
    refund = Refund.objects.get()
    refunds.apply(payment.pk, ProviderRefund("re_1", RefundState.DONE, refund.amount, str(refund.idempotency_key)))
    message = emails.compose(order.mails.get(kind="refunded"))
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert "so it goes back to you." in body
        assert body.count("You can pay the order on its page.") == words


def test_paid_twice_goes_back_once() -> None:
    variant = piece(on_hand=2, kind="small_series")
    order = order_of(variant)
    first = order.payments.get()
    payments.apply_status(first.pk, ProviderStatus(ProviderState.FAILED, Decimal(0), "azn", ""))
    second = payments.write_intent(order, provider="stripe")
    payments.apply_status(second.pk, paid(second, charge="pi_second"))
    payments.apply_status(first.pk, paid(first, charge="pi_first"))
    refund = Refund.objects.get()
    assert (refund.payment, refund.reason) == (first, Refund.Reason.PAID_TWICE)
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


def test_paying_at_the_branch() -> None:
    variant = piece()
    order = order_of(variant, provider="branch")
    held = Hold.objects.live().get()
    calendar = calendar_of(order.pickup_branch)
    assert order.promised_on is not None
    last_day = calendar.add_working_days(order.promised_on, DAYS_TO_COME)
    assert held.expires_at == calendar.closing(last_day)
    staff = UserFactory.create(is_staff=True)
    payments.mark_paid(order.pk, actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert order.events.get(kind="paid").actor == staff
    assert Stock.objects.get(pk=variant.pk).on_hand == 0
    with pytest.raises(payments.NotPayable):
        payments.mark_paid(order.pk, actor=staff)


def test_a_card_order_cannot_be_marked_as_paid_at_the_branch() -> None:
    order = order_of(piece())
    with pytest.raises(payments.NotPayable):
        payments.mark_paid(order.pk, actor=UserFactory.create(is_staff=True))
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def test_money_that_comes_after_a_cancel_goes_back_and_is_told() -> None:
    variant = piece()
    order = order_of(variant, language="en")
    cancelling.cancel(order.pk)
    payment = order.payments.get()
    for _ in range(3):
        payments.apply_status(payment.pk, paid(payment))
    order.refresh_from_db()
    payment.refresh_from_db()
    refund = Refund.objects.get()
    assert order.status == Order.Status.CANCELLED
    assert (refund.reason, refund.amount) == (Refund.Reason.PAID_CANCELLED, order.total)
    assert payment.captured_amount == payment.refunded_amount == order.total
    assert Stock.objects.get(pk=variant.pk).on_hand == 1
    letter = emails.compose(order.mails.get(kind="paid_too_late"))
    for told in ("after the order had been cancelled", "38,00", "back to your card"):
        assert told in str(letter.body)
    assert "another buyer" not in str(letter.body)


def fails(*_args: object, **_options: object) -> None:
    raise KeyError("a branch that is gone")


@pytest.mark.parametrize("broken", ["orders.promises.make", "orders.invoices.issue"])
def test_nothing_that_follows_from_money_keeps_it_from_being_booked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    order = order_of(piece(), provider="transfer")
    with monkeypatch.context() as patched:
        patched.setattr(broken, fails)
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert "a branch that is gone" in caplog.text
    assert (order.promised_on is None) == (broken == "orders.promises.make")
    assert order.invoices.exists() == (broken != "orders.invoices.issue")
    for _ in range(2):
        completing.complete(order.pk)
    order.refresh_from_db()
    assert order.promised_on
    assert order.invoices.get().total == order.total


def test_a_late_invoice_has_the_credit_notes_of_what_went_back_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(piece(), provider="transfer")
    with monkeypatch.context() as patched:
        patched.setattr("orders.invoices.issue", fails)
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    for goodwill in ("5.00", "2.00"):
        refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(goodwill)), reason=Refund.Reason.GOODWILL)
    assert not order.invoices.exists()
    for _ in range(2):
        completing.complete(order.pk)
    first, second = Refund.objects.order_by("pk")
    assert list(order.invoices.order_by("number_in_year").values_list("kind", "total", "refund")) == [
        ("invoice", order.total, None),
        ("credit_note", Decimal("5.00"), first.pk),
        ("credit_note", Decimal("2.00"), second.pk),
    ]


def test_an_invoice_does_not_wait_for_a_promise_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(piece(), provider="transfer")
    monkeypatch.setattr("orders.promises.make", fails)
    with monkeypatch.context() as patched:
        patched.setattr("orders.invoices.issue", fails)
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    with pytest.raises(KeyError):
        completing.complete(order.pk)
    assert order.invoices.get().total == order.total


def back(amount: str, state: RefundState = RefundState.DONE) -> ProviderRefund:
    return ProviderRefund("re_1", state, Decimal(amount))


class PaidAndGivenBack(toys.Toy):
    """At the provider, before the shop heard of either."""

    refunds: ClassVar[tuple[ProviderRefund, ...]] = (back("38.00"),)

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        return paid(payment, refunds=self.refunds)


def test_what_was_given_back_as_a_whole_before_it_was_heard_of_buys_nothing(settings: Settings) -> None:
    variant = piece()
    order = order_of(variant)
    toys.use(settings, PaidAndGivenBack)
    for _ in range(3):
        payments.check(order.payments.get())
    order.refresh_from_db()
    payment = order.payments.get()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert payment.captured_amount == payment.refunded_amount == order.total
    assert Refund.objects.get().reason == Refund.Reason.AT_PROVIDER
    assert [event.kind for event in order.events.all()][-3:] == ["paid_and_back", "refund_decided", "refunded"]
    assert Stock.objects.get(pk=variant.pk).on_hand == 1
    assert not order.mails.filter(kind="paid").exists()


@pytest.mark.parametrize("told", [(back("37.99"),), (back("38.00", RefundState.FAILED),)])
def test_what_was_given_back_in_part_or_not_at_all_buys_the_piece(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, told: tuple[ProviderRefund, ...]
) -> None:
    order = order_of(piece())
    toys.use(settings, PaidAndGivenBack)
    monkeypatch.setattr(PaidAndGivenBack, "refunds", told)
    payments.check(order.payments.get())
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_a_refund_that_cannot_be_keeps_no_order_from_expiring_nor_breaks_its_page(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    order = order_of(piece())
    Payment.objects.update(provider_reference="toy-1")
    run_out(order)
    toys.use(settings, PaidAndGivenBack)
    monkeypatch.setattr(PaidAndGivenBack, "refunds", (back("100.00"),))
    page = order.get_absolute_url()
    assert client.post(f"{page}check/").status_code == 302
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED


def test_cancelling_frees_the_piece_and_cannot_happen_twice() -> None:
    variant = piece()
    order = order_of(variant)
    cancelling.cancel(order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert order.payments.get().status == Payment.Status.EXPIRED
    assert stock.hold(bag_with(variant)) is not None
    with pytest.raises(WrongTransition):
        cancelling.cancel(order.pk)
    assert order.mails.filter(kind="cancelled").count() == 1


def test_a_paid_order_is_not_cancelled_by_this_door() -> None:
    order = order_of(piece())
    payments.apply_status(order.payments.get().pk, paid(order.payments.get()))
    with pytest.raises(WrongTransition):
        cancelling.cancel(order.pk)


def test_only_overdue_orders_expire() -> None:
    waiting, overdue = order_of(piece()), order_of(piece())
    run_out(overdue)
    expiry.expire(timestamp=0)
    [job] = ProcrastinateJob.objects.filter(task_name="orders.expire_order")
    expiry.expire_order(**job.args)
    assert {order.pk: order.status for order in Order.objects.all()} == {
        waiting.pk: "awaiting_payment",
        overdue.pk: "expired",
    }
    assert overdue.mails.filter(kind="expired").exists()


def test_the_database_refuses_a_refund_above_what_was_captured() -> None:
    order = order_of(piece())
    payment = order.payments.get()
    payments.apply_status(payment.pk, paid(payment))
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(refunded_amount=Decimal("38.01"))


def test_the_database_refuses_a_paid_payment_without_its_money_and_a_charge_of_two() -> None:
    one, other = (order_of(piece()).payments.get() for _ in range(2))
    payments.apply_status(one.pk, paid(one))
    one.refresh_from_db()
    for change in ({"status": "paid"}, {"provider_charge": one.provider_charge}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=other.pk).update(**change)


def test_the_database_refuses_to_change_or_delete_what_happened() -> None:
    event = order_of(piece()).events.first()
    assert event is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderEvent.objects.filter(pk=event.pk).update(kind="paid")
    with pytest.raises(IntegrityError), transaction.atomic():
        event.delete()


# The transaction's beginning and end are counted too.
@pytest.mark.parametrize(("provider", "queries"), [("stripe", 21), ("epoint", 21), ("transfer", 24), ("branch", 24)])
def test_placing_an_order_of_five_lines_stays_within_its_queries(
    provider: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    branches = ["baku", "ismayilli", "barda", "baku", "barda"]
    bag = bag_with(*[piece(branch=BranchFactory.create(slug=slug)) for slug in branches])
    wishes = details(bag, provider=provider)
    stock.hold(bag)
    shown = checkout.total(bags.lines(bag), wishes.option)
    with django_assert_num_queries(queries):
        checkout.place_order(bag.pk, details=wishes, total_shown=shown)


def test_an_order_whose_payment_was_begun_anew_does_not_expire() -> None:
    order = order_of(piece())
    run_out(order)
    assert expiry.overdue_orders() == [order.pk]
    payments.apply_status(order.payments.get().pk, ProviderStatus(ProviderState.EXPIRED, Decimal(0), "azn", ""))
    payments.write_intent(order, provider="stripe")
    expiry.expire_order(order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT


def two_attempts(order: Order) -> tuple[Payment, Payment]:
    """The first is expired here, though its page may still be open; the second is open."""
    first = order.payments.get()
    payments.apply_status(first.pk, ProviderStatus(ProviderState.EXPIRED, Decimal(0), "azn", ""))
    second = payments.write_intent(order, provider="stripe")
    Payment.objects.filter(pk=second.pk).update(status=Payment.Status.OPEN, provider_reference="cs_second")
    return first, second


def closings() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="orders.expire_at_provider")
    return [job.args["payment_pk"] for job in jobs]


def test_paying_one_attempt_closes_the_page_of_the_other() -> None:
    order = order_of(piece())
    first, second = two_attempts(order)
    payments.apply_status(first.pk, paid(first))
    second.refresh_from_db()
    assert second.status == Payment.Status.EXPIRED
    assert closings() == [second.pk]


def test_the_late_mail_names_the_sum_that_goes_back() -> None:
    variant = piece()
    order = order_of(variant)
    first, second = two_attempts(order)
    Hold.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    stock.hold(bag_with(variant))
    payments.apply_status(first.pk, paid(first))
    assert closings() == [second.pk]
    letter = order.mails.get(kind="paid_too_late")
    assert "38,00" in str(emails.compose(letter).body)


class Late(toys.Toy):
    def start(self, payment: Payment) -> Started:
        payments.apply_status(payment.pk, paid(payment))
        raise ProviderRefused


def test_a_refusal_does_not_undo_what_a_quicker_webhook_wrote(settings: Settings) -> None:
    order = order_of(piece())
    payment = order.payments.get()
    toys.use(settings, Late)
    with pytest.raises(ProviderRefused):
        payments.start(payment)
    payment.refresh_from_db()
    assert payment.status == Payment.Status.PAID


def test_a_refund_that_is_refused_is_noted_and_not_asked_again(settings: Settings) -> None:
    order = order_of(piece())
    payment = order.payments.get()
    payments.apply_status(payment.pk, paid(payment, amount=Decimal("1.00")))
    toys.use(settings, toys.Refuses)
    toys.Refuses.asked.clear()
    refund = Refund.objects.get()
    for _ in range(2):
        refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert toys.Refuses.asked == [refund.pk]
    assert (refund.failure, refund.failure_detail) == (Refund.Failure.REFUSED, "the account is closed")
    assert refund.done_at is None
