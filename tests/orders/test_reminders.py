"""An order that waits for its money: one reminder, the end of its time, and the piece free for others."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from orders import cancelling, emails, expiry, fulfilment, payments, stock
from orders.models import Hold, Order, OrderMail, Payment
from tests.factories import BranchFactory, bag_with, order_of, piece, worker

pytestmark = pytest.mark.django_db


def later(order: Order, **time: int) -> None:
    """As if the order had been placed so much earlier."""
    passed = timedelta(**time)
    for payment in order.payments.all():
        payment.expires_at -= passed
        payment.remind_at = payment.remind_at - passed if payment.remind_at else None
        payment.save()
    for hold in order.holds.all():
        hold.expires_at -= passed
        hold.save()


def reminders(order: Order) -> int:
    return order.mails.filter(kind=OrderMail.Kind.REMINDER).count()


def test_a_card_is_reminded_of_when_half_of_its_time_is_over() -> None:
    order = order_of(piece())
    expiry.expire(timestamp=0)
    later(order, minutes=17)
    expiry.expire(timestamp=0)
    assert reminders(order) == 0
    later(order, minutes=1)
    for _ in range(3):
        expiry.expire(timestamp=0)
    assert reminders(order) == 1


def test_the_branch_reminds_the_day_before() -> None:
    order = order_of(piece(), provider="branch")
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    payment = order.payments.get()
    assert payment.remind_at == payment.expires_at - timedelta(days=1)
    later(order, seconds=int((payment.expires_at - timezone.now()).total_seconds()) - 23 * 3600)
    expiry.expire(timestamp=0)
    assert reminders(order) == 1
    body = str(emails.compose(order.mails.get(kind=OrderMail.Kind.REMINDER)).body)
    assert str(order.pickup_branch) in body


def from_elsewhere() -> Order:
    """To be paid at the branch to which its piece travels first."""
    return order_of(piece(branch=BranchFactory.create(slug="ismayilli")), provider="branch")


def time_left(order: Order) -> timedelta:
    return order.payments.get().expires_at - timezone.now()


def until_hours_are_left(order: Order, hours: float) -> None:
    later(order, seconds=int((time_left(order) - timedelta(hours=hours)).total_seconds()))


def test_who_pays_at_the_branch_is_neither_reminded_nor_runs_out_of_time_while_we_are_late() -> None:
    order = from_elsewhere()
    until_hours_are_left(order, 23)
    assert expiry.orders_to_remind() == expiry.orders_to_wait_for() == []
    expiry.remind(order.pk)
    until_hours_are_left(order, 0.5)
    for _twice in range(2):
        expiry.expire(timestamp=0)
    assert time_left(order) > timedelta(days=2)
    # Nobody else could buy it in between.
    assert Hold.objects.live().get().expires_at == order.payments.get().expires_at
    order.refresh_from_db()
    assert (order.status, reminders(order)) == (Order.Status.AWAITING_PAYMENT, 0)


def test_the_time_to_pay_and_the_reminder_begin_when_the_pieces_come() -> None:
    order = from_elsewhere()
    part = order.fulfilments.get()
    until_hours_are_left(order, 23)
    fulfilment.mark_ready(part.pk, actor=worker())
    assert expiry.orders_to_remind() == []
    fulfilment.mark_arrived(part.pk, actor=worker())
    payment = order.payments.get()
    assert time_left(order) > timedelta(days=2)
    assert payment.remind_at == payment.expires_at - timedelta(days=1)
    until_hours_are_left(order, 23)
    assert expiry.orders_to_remind() == [order.pk]
    later(order, hours=24)
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED


@pytest.mark.parametrize(("is_gone", "status"), [(False, "awaiting_payment"), (True, "expired")])
def test_an_order_whose_pieces_are_late_ends_only_where_others_have_them(*, is_gone: bool, status: str) -> None:
    """The worker was down when its time was over."""
    order = from_elsewhere()
    later(order, days=30)
    assert expiry.overdue_orders() == [order.pk]
    if is_gone:
        stock.hold(bag_with(order.lines.get().variant))
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == status
    assert order.mails.filter(kind=OrderMail.Kind.EXPIRED).exists() is is_gone


def test_a_reminder_that_is_under_way_does_not_go_while_we_are_late(mailoutbox: list[EmailMessage]) -> None:
    order = from_elsewhere()
    mail = OrderMail.objects.create(order=order, kind=OrderMail.Kind.REMINDER)
    emails.send(mail_pk=mail.pk)
    assert not mailoutbox
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    fulfilment.mark_arrived(order.fulfilments.get().pk, actor=worker())
    emails.send(mail_pk=mail.pk)
    assert len(mailoutbox) == 1


def test_an_order_is_reminded_of_once_however_often_paying_begins() -> None:
    order = order_of(piece())
    later(order, minutes=18)
    expiry.expire(timestamp=0)
    Payment.objects.update(status=Payment.Status.FAILED)
    second = payments.write_intent(order, provider="stripe")
    later(order, minutes=18)
    assert Payment.objects.to_remind().get() == second
    expiry.expire(timestamp=0)
    assert reminders(order) == 1


def test_nobody_is_reminded_of_what_was_cancelled_or_has_run_out() -> None:
    cancelled, over = order_of(piece()), order_of(piece())
    later(cancelled, minutes=18)
    later(over, minutes=36)
    cancelling.cancel(cancelled.pk)
    expiry.expire(timestamp=0)
    for order in (cancelled, over):
        expiry.remind(order.pk)
        assert reminders(order) == 0


def test_the_piece_is_free_the_second_its_time_is_over() -> None:
    variant = piece()
    order = order_of(variant)
    later(order, minutes=35, seconds=1)
    # No job has run yet.
    other = bag_with(variant)
    assert stock.hold(other) is not None
    assert Hold.objects.live().get().bag == other


def test_what_ran_out_ends_within_a_few_minutes_with_one_mail() -> None:
    order = order_of(piece())
    later(order, minutes=38)
    assert expiry.overdue_orders() == [order.pk]
    for _ in range(2):
        expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    assert order.mails.filter(kind=OrderMail.Kind.EXPIRED).count() == 1
