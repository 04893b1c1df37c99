"""Money back: never more than was captured, no unit twice, and right whatever the provider says when."""

import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from dostshop.accounts.models import User
from orders import bag as bags
from orders import cancelling, emails, payments, refunds, stock
from orders.delivery import delivery_for
from orders.models import LineItem, Order, OrderMail, Payment, Refund, Stock
from orders.providers import OutcomeUnknown, ProviderFailed, ProviderRefund, ProviderState, ProviderStatus, RefundState
from tests.factories import UserFactory, bag_with, delivery_method, hand_out, order_of, piece, place, worker
from tests.orders import toys
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db
threaded = pytest.mark.django_db(transaction=True, serialized_rollback=True)

type Decide = Callable[..., Refund]


def pay(order: Order) -> Payment:
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, payment.currency, "pi_1"))
    payment.refresh_from_db()
    return payment


def three_sent() -> Order:
    """Three of a kind at 12.50 each, sent for 5.00, paid by card: 42.50 in all."""
    method = delivery_method()
    bag = bag_with(piece(on_hand=5, kind="small_series", price="12.50"), quantity=3)
    option = delivery_for(bags.lines(bag)).get(f"post-{method.pk}")
    order = place(bag, option=option, address="Nizami 1", city="Bakı", country="AZ")
    pay(order)
    return order


@pytest.fixture
def order() -> Order:
    return three_sent()


def decider(order: Order) -> Decide:
    line = order.lines.get()

    def decide(units: int = 0, *, delivery: str = "0", goodwill: str = "0") -> Refund:
        what = refunds.Sum({line.pk: units} if units else {}, Decimal(delivery), Decimal(goodwill))
        return refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)

    return decide


@pytest.fixture
def decide(order: Order) -> Decide:
    return decider(order)


def books(order: Order) -> tuple[Decimal, Decimal, int, Decimal]:
    """Captured, refunded, units refunded, delivery refunded."""
    payment = order.payments.get()
    order.refresh_from_db()
    return (
        payment.captured_amount,
        payment.refunded_amount,
        order.lines.get().refunded_quantity,
        order.delivery_refunded,
    )


def done(refund: Refund, **changes: object) -> ProviderRefund:
    values = {
        "reference": "re_1",
        "state": RefundState.DONE,
        "amount": refund.amount,
        "key": str(refund.idempotency_key),
    }
    return ProviderRefund(**{**values, **changes})  # type: ignore[arg-type]


def test_one_unit_goes_back_at_its_price(order: Order, decide: Decide) -> None:
    refund = decide(1)
    assert refund.amount == Decimal("12.50")
    assert [(line.quantity, line.amount) for line in refund.lines.all()] == [(1, Decimal("12.50"))]
    assert books(order) == (Decimal("42.50"), Decimal("12.50"), 1, Decimal(0))
    assert ProcrastinateJob.objects.get(task_name="orders.send_refund").args == {"refund_pk": refund.pk}


def test_everything_left_is_what_was_paid(order: Order, decide: Decide) -> None:
    decide(1, delivery="2.00")
    order.refresh_from_db()
    refunds.decide(order.pk, what=refunds.everything_left(order), reason=Refund.Reason.CANCELLED)
    assert books(order) == (Decimal("42.50"), Decimal("42.50"), 3, Decimal("5.00"))


@pytest.mark.parametrize(
    ("units", "deduction", "amount", "rows"),
    [
        (0, "2.00", "3.00", ["5.00", "-2.00"]),
        (1, "14.00", "3.50", ["12.50", "5.00", "-14.00"]),
        (1, "2.00", "15.50", ["12.50", "5.00", "-2.00"]),
    ],
)
def test_what_is_kept_back_of_the_delivery_is_named_as_kept_back(
    order: Order, units: int, deduction: str, amount: str, rows: list[str]
) -> None:
    units_back, kept_back = {order.lines.get().pk: units}, Decimal(deduction)
    what = refunds.Sum(units_back, delivery=Decimal("5.00"), deduction=kept_back, to_buyer="Etiketi yoxdur")
    refund = refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    assert (refund.amount, refund.delivery_amount, refund.kept_back) == (
        Decimal(amount),
        Decimal("5.00"),
        Decimal(deduction),
    )
    assert books(order)[3] == Decimal("5.00")
    assert [row["total"] for row in refund.credit_note.content["rows"]] == rows
    order.mails.create(kind=OrderMail.Kind.REFUNDED, about=f"refund-{refund.pk}")
    body = str(emails.compose(order.mails.get(kind=OrderMail.Kind.REFUNDED)).body)
    assert "5,00" in body
    assert f"–{deduction.replace('.', ',')}" in body


def test_goodwill_that_was_given_is_not_given_again(order: Order, decide: Decide) -> None:
    decide(goodwill="10.00")
    order.refresh_from_db()
    what = refunds.everything_left(order)
    assert what.deduction == Decimal("10.00")
    assert refunds.decide(order.pk, what=what, reason=Refund.Reason.CANCELLED).amount == Decimal("32.50")
    assert books(order) == (Decimal("42.50"), Decimal("42.50"), 3, Decimal("5.00"))


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        ((0, "0", "0"), refunds.NothingToRefund),
        ((4, "0", "0"), refunds.MoreThanBought),
        ((0, "5.01", "0"), refunds.MoreThanBought),
        ((0, "0", "42.51"), refunds.MoreThanPaid),
        ((3, "5.00", "0.01"), refunds.MoreThanPaid),
        ((-1, "0", "20"), ValueError),
        ((1, "-1", "0"), ValueError),
    ],
)
def test_what_cannot_go_back_changes_nothing(
    order: Order, decide: Decide, what: tuple[int, str, str], problem: type[Exception]
) -> None:
    units, delivery, goodwill = what
    with pytest.raises(problem):
        decide(units, delivery=delivery, goodwill=goodwill)
    assert books(order) == (Decimal("42.50"), Decimal(0), 0, Decimal(0))
    assert not Refund.objects.exists()


def test_a_unit_does_not_go_back_twice(order: Order, decide: Decide) -> None:
    decide(2)
    with pytest.raises(refunds.MoreThanBought):
        decide(2)
    assert books(order)[1:3] == (Decimal("25.00"), 2)


def test_a_line_of_another_order_is_refused(order: Order) -> None:
    other = order_of(piece()).lines.get()
    with pytest.raises(ValueError, match="of this order"):
        refunds.decide(order.pk, what=refunds.Sum({other.pk: 1}), reason=Refund.Reason.RETURNED)


def test_an_unpaid_order_has_nothing_to_give_back() -> None:
    unpaid = order_of(piece())
    with pytest.raises(refunds.NothingToRefund):
        refunds.decide(unpaid.pk, what=refunds.everything_left(unpaid), reason=Refund.Reason.CANCELLED)


def test_the_database_refuses_what_the_code_would_let_through(order: Order) -> None:
    with pytest.raises(IntegrityError, match=r"orders_lineitem_(asked_back|refunded)_within_sold"):
        LineItem.objects.filter(order=order).update(refunded_quantity=4)


def test_the_database_refuses_more_back_than_came(order: Order) -> None:
    with pytest.raises(IntegrityError, match="orders_payment_refunded_within_captured"):
        Payment.objects.filter(order=order).update(refunded_amount=Decimal("42.51"))


def test_the_buyer_is_told_when_the_money_has_gone(order: Order, decide: Decide, settings: Settings) -> None:
    toys.use(settings, toys.Toy)
    refund = decide(1)
    assert not order.mails.filter(kind=OrderMail.Kind.REFUNDED).exists()
    for _ in range(2):
        refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.done_at is not None
    assert order.mails.get(kind=OrderMail.Kind.REFUNDED).about == f"refund-{refund.pk}"
    assert [event.kind for event in order.events.all()][-2:] == ["refund_decided", "refunded"]


def test_two_refunds_are_two_mails(order: Order, decide: Decide) -> None:
    for number in (1, 2):
        refund = decide(1)
        refunds.apply(refund.payment_id, done(refund, reference=f"re_{number}"))
    assert order.mails.filter(kind=OrderMail.Kind.REFUNDED).count() == 2


@pytest.mark.parametrize("units", [0, 1])
def test_what_was_decided_on_an_older_look_is_refused(order: Order, units: int) -> None:
    """A second click, or a second person: the same goodwill does not go twice."""
    what = refunds.Sum({order.lines.get().pk: units}, goodwill=Decimal("5.00"), seen=refunds.refunded(order))
    refunds.decide(order.pk, what=what, reason=Refund.Reason.GOODWILL)
    with pytest.raises(refunds.Outdated):
        refunds.decide(order.pk, what=what, reason=Refund.Reason.GOODWILL)
    assert Refund.objects.count() == 1
    refunds.decide(order.pk, what=replace(what, seen=refunds.refunded(order)), reason=Refund.Reason.GOODWILL)
    assert books(order)[2] == units * 2


def test_the_money_and_the_shelf_go_together_or_not_at_all(order: Order) -> None:
    line = order.lines.get()
    what = refunds.Sum({line.pk: 1}, shelf={line.pk: 4})
    with pytest.raises(stock.MoreThanSold):
        refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    assert (books(order)[1], Stock.objects.get().on_hand) == (Decimal(0), 2)
    refunds.decide(order.pk, what=replace(what, shelf={line.pk: 1}), reason=Refund.Reason.RETURNED)
    assert (books(order)[1], Stock.objects.get().on_hand) == (Decimal("12.50"), 3)


def test_what_the_buyer_is_still_to_get_does_not_go_on_the_shelf(order: Order) -> None:
    line, staff = order.lines.get(), worker()
    with pytest.raises(stock.StillOwed):
        stock.restock(order.pk, units={line.pk: 1}, actor=staff)
    with pytest.raises(stock.StillOwed):
        refunds.decide(order.pk, what=refunds.Sum({line.pk: 1}, shelf={line.pk: 2}), reason=Refund.Reason.FAULTY)
    assert (books(order)[1:3], Stock.objects.get().on_hand) == ((Decimal(0), 0), 2)
    refunds.decide(order.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.FAULTY)
    stock.restock(order.pk, units={line.pk: 1}, actor=staff)
    with pytest.raises(stock.StillOwed):
        stock.restock(order.pk, units={line.pk: 1}, actor=staff)
    assert Stock.objects.get().on_hand == 3


def paid_after_it_was_cancelled() -> Order:
    late = order_of(piece(), language="en")
    cancelling.cancel(late.pk)
    pay(late)
    return late


@pytest.mark.parametrize("is_sent_again", [False, True])
def test_whoever_was_told_at_once_is_told_again_where_it_went_otherwise(
    settings: Settings, *, is_sent_again: bool
) -> None:
    toys.use(settings, toys.Toy)
    late = paid_after_it_was_cancelled()
    refund = Refund.objects.get()
    if is_sent_again:
        refunds.apply(refund.payment_id, done(refund, state=RefundState.FAILED))
        refunds.try_again(refund.pk)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert refund.done_at is not None
    assert late.mails.filter(kind=OrderMail.Kind.PAID_TOO_LATE).exists()
    assert late.mails.filter(kind=OrderMail.Kind.REFUNDED).exists() == is_sent_again


def test_a_mail_that_goes_late_does_not_speak_of_the_card_where_the_refund_failed() -> None:
    late = paid_after_it_was_cancelled()
    refund, letter = Refund.objects.get(), late.mails.get(kind=OrderMail.Kind.PAID_TOO_LATE)
    assert "on its way back to your card" in str(emails.compose(letter).body)
    refunds.apply(refund.payment_id, done(refund, state=RefundState.FAILED))
    message = emails.compose(letter)
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert "your card" not in body
        assert "38,00\u00a0AZN. We will write to you when it has gone." in body


class Unknown(toys.Toy):
    def refund(self, refund: Refund) -> ProviderRefund:
        raise OutcomeUnknown("Toy: no answer")


@pytest.mark.parametrize("has_gone", [True, False])
def test_what_nobody_knows_is_told_by_whoever_has_looked(
    order: Order, decide: Decide, settings: Settings, has_gone: bool
) -> None:
    toys.use(settings, Unknown)
    refund, staff = decide(1), UserFactory.create(is_staff=True)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert (refund.failure, refund.failure_detail) == (Refund.Failure.UNKNOWN, "Toy: no answer")
    with pytest.raises(refunds.LookFirst):
        refunds.try_again(refund.pk, actor=staff)
    with pytest.raises(refunds.LookFirst):
        refunds.mark_given_back(refund.pk, actor=staff)
    toys.use(settings, toys.Toy)
    refunds.say_whether_it_went(refund.pk, has_gone=has_gone, actor=staff)
    with pytest.raises(refunds.NotWaiting):
        refunds.say_whether_it_went(refund.pk, has_gone=has_gone, actor=staff)
    refund.refresh_from_db()
    assert (refund.done_at is not None, refund.is_by_hand) == (has_gone, False)
    assert order.events.last().kind == ("refunded" if has_gone else "refund_tried")  # type: ignore[union-attr]
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert (refund.done_at is not None, refund.failure) == (True, "")
    assert order.mails.filter(kind=OrderMail.Kind.REFUNDED).count() == 1


def test_the_providers_word_may_come_before_its_answer_and_again(order: Order, decide: Decide) -> None:
    refund = decide(1)
    assert refunds.apply(refund.payment_id, done(refund))
    assert not any(refunds.apply(refund.payment_id, done(refund)) for _ in range(10))
    assert Refund.objects.get().provider_reference == "re_1"
    assert order.events.filter(kind="refunded").count() == 1
    assert books(order)[1] == Decimal("12.50")


def test_a_refund_made_in_the_dashboard_becomes_a_row(order: Order) -> None:
    payment = order.payments.get()
    told = ProviderRefund("re_dashboard", RefundState.DONE, Decimal("10.00"))
    assert refunds.apply(payment.pk, told)
    assert not refunds.apply(payment.pk, told)
    refund = Refund.objects.get()
    assert (refund.reason, refund.amount) == (Refund.Reason.AT_PROVIDER, Decimal("10.00"))
    assert books(order) == (Decimal("42.50"), Decimal("10.00"), 0, Decimal(0))


def test_a_refund_that_cannot_be_is_left_to_a_person(order: Order) -> None:
    payment = order.payments.get()
    with pytest.raises(refunds.Unexplained):
        refunds.apply(payment.pk, ProviderRefund("re_odd", RefundState.DONE, Decimal("42.51")))
    assert books(order)[1] == 0
    assert not Refund.objects.exists()


def test_a_refund_that_fails_late_can_be_tried_again(order: Order, decide: Decide, settings: Settings) -> None:
    refund = decide(1)
    refunds.apply(refund.payment_id, done(refund))
    refunds.apply(refund.payment_id, done(refund, state=RefundState.FAILED))
    # What came late, or comes again, of the refund that failed does not make it done.
    refunds.apply(refund.payment_id, done(refund))
    refund.refresh_from_db()
    assert refund.done_at is None
    assert refund.failure == Refund.Failure.CAME_BACK
    toys.use(settings, toys.Toy)
    refunds.try_again(refund.pk)
    with pytest.raises(refunds.NotWaiting):
        refunds.try_again(refund.pk)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert (refund.done_at is not None, refund.failure, refund.provider_reference) == (True, "", f"back-{refund.pk}")
    assert books(order)[1] == Decimal("12.50")
    # Gone, come back, and gone again: the buyer hears of each.
    told = list(order.mails.filter(about__startswith=f"refund-{refund.pk}").order_by("pk"))
    assert [mail.kind for mail in told] == ["refunded", "came_back", "refunded"]
    assert len({mail.about for mail in told}) == 3
    assert all("12,50" in str(emails.compose(mail).body) for mail in told)
    assert "Pulu qaytarılır" not in str(emails.compose(told[1]).body)


def test_what_never_went_is_not_said_to_have_come_back(order: Order, decide: Decide) -> None:
    refund = decide(1)
    refunds.apply(refund.payment_id, done(refund, state=RefundState.FAILED))
    assert not order.mails.filter(kind=OrderMail.Kind.CAME_BACK).exists()


def test_what_the_provider_could_not_send_is_given_by_hand_once(order: Order, decide: Decide) -> None:
    refund = decide(1)
    refunds.apply(refund.payment_id, done(refund, state=RefundState.FAILED))
    staff: User = UserFactory.create(is_staff=True)
    refunds.mark_given_back(refund.pk, actor=staff)
    with pytest.raises(refunds.NotWaiting):
        refunds.mark_given_back(refund.pk, actor=staff)
    refund.refresh_from_db()
    assert refund.is_by_hand
    assert order.events.get(kind="refunded").actor == staff


def test_what_the_provider_is_at_is_not_given_by_hand_too(order: Order, decide: Decide) -> None:
    refund = decide(1)
    with pytest.raises(refunds.NotWaiting):
        refunds.mark_given_back(refund.pk, actor=UserFactory.create(is_staff=True))
    refund.refresh_from_db()
    assert refund.done_at is None


class FailsAfterSending(toys.Toy):
    """Sends the money and then answers that it failed, as a provider may."""

    sent: list[Refund] = []

    def refund(self, refund: Refund) -> ProviderRefund:
        self.sent.append(refund)
        raise ProviderFailed

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        told = tuple(done(refund, reference=f"re_{number}") for number, refund in enumerate(self.sent))
        return ProviderStatus(ProviderState.PAID, payment.amount, payment.currency, "pi_1", told)


def test_after_a_failure_the_provider_is_asked_what_it_did(order: Order, decide: Decide, settings: Settings) -> None:
    toys.use(settings, FailsAfterSending)
    FailsAfterSending.sent.clear()
    refund = decide(1)
    with pytest.raises(ProviderFailed):
        refunds.send(refund_pk=refund.pk)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert len(FailsAfterSending.sent) == 1
    assert refund.provider_reference == "re_0"
    assert refund.done_at is not None


def test_pieces_come_back_to_the_shelf_once(order: Order) -> None:
    line = order.lines.get()
    hand_out(order)
    stock.take_back(order, units={line.pk: 2})
    assert Stock.objects.get(pk=line.variant_id).on_hand == 4
    with pytest.raises(stock.MoreThanSold):
        stock.take_back(order, units={line.pk: 2})
    assert Stock.objects.get(pk=line.variant_id).on_hand == 4


@threaded
def test_two_people_refund_the_same_unit_once() -> None:
    order = three_sent()
    results = all_at_once([partial(decider(order), 2) for _ in range(2)])
    assert [type(result) for result in results if not isinstance(result, Refund)] == [refunds.MoreThanBought]
    assert books(order)[1:3] == (Decimal("25.00"), 2)


@threaded
def test_without_the_lock_two_refunds_meet_the_databases_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race of the test above is real."""
    order = three_sent()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(refunds, "_payment_with", after_all_have_come(refunds._payment_with, callers=2))
    results = all_at_once([partial(decider(order), 3) for _ in range(2)])
    assert {type(result) for result in results} == {Refund, IntegrityError}, results
    assert books(order)[1:3] == (Decimal("37.50"), 3)


def goodwill_of_four_staff(monkeypatch: pytest.MonkeyPatch) -> tuple[Order, list[object]]:
    """Each takes a moment between the look at what was refunded and the writing."""
    order, look = three_sent(), refunds.refunded

    def slowly(seen_by: Order) -> Decimal:
        found = look(seen_by)
        time.sleep(0.1)
        return found

    what = refunds.Sum(goodwill=Decimal("10.00"), seen=look(order))
    monkeypatch.setattr(refunds, "refunded", slowly)
    give = partial(refunds.decide, order.pk, what=what, reason=Refund.Reason.GOODWILL)
    return order, all_at_once([give] * 4)


@threaded
def test_goodwill_of_four_staff_at_once_goes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    order, results = goodwill_of_four_staff(monkeypatch)
    assert sorted(type(result).__name__ for result in results) == ["Outdated"] * 3 + ["Refund"]
    assert books(order)[1] == Decimal("10.00")


@threaded
def test_without_the_lock_the_same_goodwill_goes_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race of the test above is real."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(refunds, "_payment_with", after_all_have_come(refunds._payment_with, callers=4))
    order, _results = goodwill_of_four_staff(monkeypatch)
    assert books(order)[1] == Decimal("40.00")
