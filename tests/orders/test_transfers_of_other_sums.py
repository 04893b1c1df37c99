"""Transfers of less or more than the price, and sums that were typed by mistake."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone, translation
from procrastinate.contrib.django.models import ProcrastinateJob

from orders import cancelling, completing, emails, payments, refunds
from orders.models import Order, OrderEvent, OrderMail, Refund, Stock
from tests.factories import UserFactory, order_of, piece
from tests.orders.transfers import expire

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank_account")]


@pytest.fixture
def order() -> Order:
    return order_of(piece(), provider="transfer", language="en")


def type_sums(order: Order, *sums: str) -> list[OrderMail]:
    for amount in sums:
        with pytest.raises(payments.WrongAmount):
            payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal(amount))
    return list(order.mails.filter(kind=OrderMail.Kind.PAID_SHORT).order_by("pk"))


def test_the_buyer_of_a_short_transfer_hears_what_is_missing_where_to_send_it_and_by_when(order: Order) -> None:
    [letter] = type_sums(order, "25.50")
    due = ProcrastinateJob.objects.get(task_name=emails.send.name, args__mail_pk=letter.pk).scheduled_at
    assert due is not None
    assert due > timezone.now() + timedelta(minutes=9)
    until = timezone.localtime(order.payments.get().expires_at)
    message = emails.compose(letter)
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert "25,50\u00a0AZN came, and the order costs 38,00\u00a0AZN. Send the rest, 12,50\u00a0AZN," in body
        assert f"until {until.day} {until:%B (%A), %H:%M}." in body
        assert "AZ39 DOST 0000 0000 0000 0000 0001" in body
    assert "Sum: 12,50\u00a0AZN" in str(message.body)


def test_the_order_page_and_the_reminder_ask_for_the_rest_alone(client: Client, order: Order) -> None:
    type_sums(order, "25.50")
    page = client.get(order.get_absolute_url()).content.decode()
    assert "Send the rest, 12,50\u00a0AZN," in page
    reminder = OrderMail.objects.create(order=order, kind=OrderMail.Kind.REMINDER)
    assert "Send the rest, 12,50\u00a0AZN," in str(emails.compose(reminder).body)


@pytest.mark.parametrize(
    ("sums", "sent"), [(["25.50"], 1), (["25.50", "30.00"], 1), (["25.50", "40.00"], 0), (["25.50", "38.00"], 0)]
)
def test_what_staff_correct_in_time_is_told_as_corrected(order: Order, sums: list[str], sent: int) -> None:
    *wrong, last = sums
    type_sums(order, *wrong)
    with suppress(payments.WrongAmount, payments.GoesBack):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal(last))
    for letter in order.mails.filter(kind=OrderMail.Kind.PAID_SHORT):
        emails.send(mail_pk=letter.pk)
    assert len(mail.outbox) == sent
    assert all(f"{last.replace('.', ',')}\u00a0AZN came" in str(message.body) for message in mail.outbox)


@pytest.mark.parametrize(
    ("amount", "is_late", "words"),
    [
        ("30.00", False, "or cancel the order"),
        ("30.00", True, "its time is over"),
    ],
)
def test_the_sentence_is_true_for_the_order(order: Order, amount: str, is_late: bool, words: str) -> None:
    if is_late:
        expire(order)
    with translation.override("en"), pytest.raises(payments.WrongAmount, match=words):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal(amount))


@pytest.mark.parametrize(("came", "end"), [("30.00", "expired"), ("30.00", "cancelled"), ("30.00", "late")])
def test_what_came_short_is_in_the_books_once_the_order_is_over(order: Order, came: str, end: str) -> None:
    if end == "late":
        expire(order)
    with pytest.raises(payments.WrongAmount):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal(came))
    if end == "expired":
        expire(order)
    elif end == "cancelled":
        cancelling.cancel(order.pk)
    payment = order.payments.get()
    assert (payment.status, payment.captured_amount) == ("failed", Decimal(came))
    refund = payment.refunds.get()
    assert (refund.amount, refund.reason) == (Decimal(came), Refund.Reason.WRONG_AMOUNT)
    assert refund in refunds.for_a_person()
    refunds.mark_given_back(refund.pk, actor=UserFactory.create())
    assert order.mails.filter(kind="refunded").exists()
    assert Stock.objects.get().on_hand == 1


def read(order: Order, kind: str) -> list[str]:
    """The mail of this kind, as text and HTML."""
    message = emails.compose(order.mails.get(kind=kind))
    return [str(message.body), str(message.alternatives[0][0])]


@pytest.mark.parametrize("end", ["cancelled", "expired"])
def test_the_mail_that_ends_the_order_says_that_what_came_goes_back(order: Order, end: str) -> None:
    type_sums(order, "5.50")
    if end == "cancelled":
        cancelling.cancel(order.pk)
    else:
        expire(order)
    assert all("You get back 5,50\u00a0AZN" in body for body in read(order, end))


def test_before_and_after_cancelling_the_buyer_reads_once_that_what_came_goes_back(
    client: Client, order: Order
) -> None:
    type_sums(order, "5.50")
    cancel = client.get(order.get_absolute_url()).content.decode().split('class="confirm"')[1]
    assert "5,50\u00a0₼ came for the order already: you get it back." in cancel
    client.post(f"{order.get_absolute_url()}cancel/")
    happened = [entry.text for entry in client.get(order.get_absolute_url()).context["happened"]]
    assert happened[1:] == [
        "5,50\u00a0₼ came to our account, which is not the price of the order.",
        "The order was cancelled.",
        "We give you back 5,50\u00a0₼.",
    ]


def test_nothing_goes_back_where_nothing_came(client: Client, order: Order) -> None:
    assert "you get it back" not in client.get(order.get_absolute_url()).content.decode()
    cancelling.cancel(order.pk)
    assert not any("You get back" in body for body in read(order, "cancelled"))


@pytest.mark.parametrize("is_late", [False, True])
def test_more_than_the_price_pays_the_order_and_the_rest_goes_back_by_hand(
    client: Client, order: Order, *, is_late: bool
) -> None:
    staff = UserFactory.create()
    if is_late:
        expire(order)
    with translation.override("en"), pytest.raises(payments.GoesBack, match=r"2,00.+are booked, to be sent back"):
        payments.mark_paid(order.pk, actor=staff, amount=Decimal("40.00"))
    order.refresh_from_db()
    payment, refund = order.payments.get(), Refund.objects.get()
    assert order.status == Order.Status.PAID
    assert (payment.captured_amount, refunds.left(order)) == (Decimal("40.00"), order.total)
    assert (refund.amount, refund.reason, refund.decided_by) == (Decimal("2.00"), Refund.Reason.TOO_MUCH, staff)
    assert refund in refunds.for_a_person()
    # It was never of the price, so no document tells of it.
    assert [invoice.total for invoice in order.invoices.all()] == [order.total]
    page = client.get(order.get_absolute_url()).content.decode()
    assert "2,00 ₼ more than the price came, and goes back to you." in page
    refunds.mark_given_back(refund.pk, actor=staff)
    letter = str(emails.compose(order.mails.get(kind=OrderMail.Kind.REFUNDED)).body)
    assert "More came than the order costs, so what was too much goes back to you." in letter
    refunds.decide(order.pk, what=refunds.everything_left(order), reason=Refund.Reason.CANCELLED)
    assert refunds.left(order) == 0


def test_an_invoice_that_is_made_up_for_has_no_credit_note_of_what_was_too_much(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.payments.invoices.issue", lambda order, payment: 1 / 0)
    with pytest.raises(payments.GoesBack):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal("40.00"))
    monkeypatch.undo()
    completing.complete(order.pk)
    assert [invoice.total for invoice in order.invoices.all()] == [order.total]


def test_more_than_the_price_of_a_piece_that_is_gone_goes_back_as_a_whole(order: Order) -> None:
    expire(order)
    Stock.objects.update(on_hand=0)
    with translation.override("en"), pytest.raises(payments.GoesBack, match="sold meanwhile"):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal("40.00"))
    assert (Refund.objects.get().amount, refunds.left(order)) == (Decimal("40.00"), Decimal(0))


def test_a_sum_typed_at_the_wrong_order_is_taken_back_and_never_booked(client: Client, order: Order) -> None:
    staff = UserFactory.create()
    [asks_for_the_rest] = type_sums(order, "35.00")
    assert "35,00 ₼ came to our account" in client.get(order.get_absolute_url()).content.decode()
    payments.take_back_sum(order.pk, amount=Decimal("35.00"), actor=staff)
    event = order.events.get(kind=OrderEvent.Kind.SUM_TAKEN_BACK)
    assert (event.actor, event.data["amount"]) == (staff, "-35.00")
    page = client.get(order.get_absolute_url()).content.decode()
    assert "35,00" not in page
    assert "Send 38,00 AZN from your bank." in page
    for letter in order.mails.filter(kind__in=["paid_short", "sum_taken_back"]):
        emails.send(mail_pk=letter.pk)
    asks_for_the_rest.refresh_from_db()
    assert (asks_for_the_rest.sent_at, mail.outbox) == (None, [])
    expire(order)
    payment = order.payments.get()
    assert (payment.status, payment.captured_amount) == ("expired", Decimal(0))
    assert not Refund.objects.exists()


@pytest.mark.parametrize(("then", "is_told"), [("waits", True), ("cancelled", True), ("paid", False)])
def test_who_was_asked_for_the_rest_hears_that_it_was_a_mistake(order: Order, then: str, *, is_told: bool) -> None:
    [asks_for_the_rest] = type_sums(order, "35.00")
    emails.send(mail_pk=asks_for_the_rest.pk)
    payments.take_back_sum(order.pk, amount=Decimal("35.00"), actor=UserFactory.create())
    if then == "paid":
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    elif then == "cancelled":
        cancelling.cancel(order.pk)
    emails.send(mail_pk=order.mails.get(kind=OrderMail.Kind.SUM_TAKEN_BACK).pk)
    assert len(mail.outbox) == 1 + is_told
    message = mail.outbox[-1]
    assert isinstance(message, EmailMultiAlternatives)
    for body in (str(message.body), str(message.alternatives[0][0])):
        assert ("That was a mistake of ours" in body) == is_told
        assert ("Send 38,00 AZN from your bank." in body) == (then == "waits")


def test_only_the_sum_that_was_seen_is_taken_back_and_once(order: Order) -> None:
    take_back = partial(payments.take_back_sum, order.pk, actor=UserFactory.create())
    with pytest.raises(payments.NotPayable):
        take_back(amount=Decimal("30.00"))
    type_sums(order, "30.00", "35.00")
    with pytest.raises(payments.BookedMeanwhile):
        take_back(amount=Decimal("30.00"))
    take_back(amount=Decimal("35.00"))
    with pytest.raises(payments.NotPayable):
        take_back(amount=Decimal("35.00"))
    # What truly comes is typed as ever.
    type_sums(order, "20.00")
    expire(order)
    assert order.payments.get().captured_amount == Decimal("20.00")


def test_what_is_booked_or_paid_is_not_taken_back(order: Order) -> None:
    type_sums(order, "30.00")
    payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    with pytest.raises(payments.NotPayable):
        payments.take_back_sum(order.pk, amount=Decimal("30.00"), actor=UserFactory.create())


def test_the_buyer_reads_the_last_word_on_what_came(client: Client, order: Order) -> None:
    type_sums(order, "3.00", "30.00")
    page = client.get(order.get_absolute_url()).content.decode()
    assert "30,00 ₼ came to our account" in page
    assert "3,00 ₼ came" not in page.replace("30,00 ₼ came", "")


def test_an_order_whose_rest_came_is_paid_once(order: Order) -> None:
    with pytest.raises(payments.WrongAmount):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal("30.00"))
    payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal("38.00"))
    assert order.payments.get().captured_amount == Decimal("38.00")
    assert not Refund.objects.exists()
