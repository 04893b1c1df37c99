"""Paying by bank transfer: what the shopper is told, how long it may take, and what staff type."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries, Settings

from orders import cancelling, emails, expiry, payments, refunds
from orders.models import Order, OrderEvent, OrderMail, Payment, Refund, Stock
from orders.providers.bank_transfer import BankTransfer
from tests.factories import HolidayFactory, UserFactory, delivery_method, order_of, piece
from tests.orders.test_checkout_pages import PICKUP, enter, submit
from tests.orders.transfers import expire
from tests.racing import after_all_have_come, all_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bank_account")]

BAKU = ZoneInfo("Asia/Baku")


@pytest.fixture
def order() -> Order:
    return order_of(piece(), provider="transfer", language="en")


@pytest.mark.parametrize(
    ("prefix", "choice"),
    [("", "Bank köçürməsi ilə"), ("/ru", "Банковским переводом"), ("/en", "By bank transfer")],
)
def test_it_is_offered_and_tells_what_to_type_at_the_bank(client: Client, prefix: str, choice: str) -> None:
    enter(client, piece(), prefix=prefix)
    assert choice in client.get(f"{prefix}/checkout/").content.decode()
    submit(client, {**PICKUP, "payment": "transfer"}, prefix)
    order = Order.objects.get()
    page = client.get(order.get_absolute_url()).content.decode()
    for told in ("AZ39 DOST 0000 0000 0000 0000 0001", "DOST Mərkəzi", "Nümunə Bank", f"<dd>{order.code}</dd>"):
        assert told in page
    assert f"{order.get_absolute_url()}pay/" not in page


def test_without_an_account_it_is_not_offered(client: Client, settings: Settings) -> None:
    settings.BANK_IBAN = ""
    enter(client, piece())
    assert 'value="transfer"' not in client.get("/checkout/").content.decode()
    submit(client, {**PICKUP, "payment": "transfer"})
    assert not Order.objects.exists()


def test_what_is_made_to_order_and_what_is_sent_may_be_paid_so(client: Client) -> None:
    method = delivery_method()
    enter(client, piece(on_hand=0, kind="made_to_order", lead_time_days=30))
    address = {"delivery": f"post-{method.pk}", "city": "Gəncə", "address": "Nizami küçəsi 5"}
    submit(client, {**PICKUP, **address, "payment": "transfer"})
    assert Order.objects.get().payments.get().provider == "transfer"


@pytest.mark.parametrize(
    ("begun", "until"),
    [
        # A Monday; a Friday; a Saturday; the last day before Novruz, which is over on a Monday.
        (datetime(2026, 2, 2, 11, tzinfo=BAKU), datetime(2026, 2, 9, 18, tzinfo=BAKU)),
        (datetime(2026, 2, 6, 23, tzinfo=BAKU), datetime(2026, 2, 13, 18, tzinfo=BAKU)),
        (datetime(2026, 2, 7, 11, tzinfo=BAKU), datetime(2026, 2, 16, 18, tzinfo=BAKU)),
        (datetime(2026, 3, 19, 11, tzinfo=BAKU), datetime(2026, 4, 6, 18, tzinfo=BAKU)),
    ],
)
def test_five_working_days(order: Order, begun: datetime, until: datetime) -> None:
    HolidayFactory.create(first_day=date(2026, 3, 20), last_day=date(2026, 3, 30))
    assert BankTransfer().pay_until(order, begun) == until


def test_the_reminder_comes_while_there_is_time(order: Order) -> None:
    payment = order.payments.get()
    payment.created_at = datetime(2026, 2, 2, 11, tzinfo=BAKU)
    assert BankTransfer().remind_at(payment) == datetime(2026, 2, 5, 9, tzinfo=BAKU)


def test_the_shopper_is_reminded_once_with_everything_to_type(order: Order) -> None:
    Payment.objects.update(remind_at=timezone.now() - timedelta(minutes=1))
    for _ in range(2):
        expiry.expire(timestamp=0)
    mail = emails.compose(order.mails.get(kind=OrderMail.Kind.REMINDER))
    html = str(mail.alternatives[0][0])
    for told in ("AZ39 DOST 0000 0000 0000 0000 0001", order.code, "Nümunə Bank"):
        assert told in str(mail.body)
        assert told in html


def test_the_first_mail_has_it_too(order: Order) -> None:
    mail = emails.compose(order.mails.get(kind=OrderMail.Kind.RECEIVED))
    assert "IBAN: AZ39 DOST 0000 0000 0000 0000 0001" in str(mail.body)
    assert f"Purpose of the payment: {order.code}" in str(mail.body)


def test_the_piece_is_kept_until_then_and_free_afterwards(order: Order) -> None:
    payment = order.payments.get()
    assert order.holds.get().expires_at == payment.expires_at
    Payment.objects.update(expires_at=timezone.now() - timedelta(minutes=5))
    assert expiry.overdue_orders() == [order.pk]
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    assert not order.holds.live().exists()


def test_staff_type_the_sum_that_came(order: Order) -> None:
    payments.mark_paid(order.pk, actor=UserFactory.create(), amount=Decimal("38.00"))
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert order.payments.get().captured_amount == Decimal("38.00")
    assert Stock.objects.get().on_hand == 0


@pytest.mark.parametrize("amount", ["37.99", "0.01", "-38.00", None])
def test_another_sum_is_refused_with_a_sentence_and_changes_nothing(order: Order, amount: str | None) -> None:
    came = Decimal(amount) if amount else None
    with pytest.raises(payments.WrongAmount, match=r"\w \w"):
        payments.mark_paid(order.pk, actor=UserFactory.create(), amount=came)
    order.refresh_from_db()
    assert order.status == Order.Status.AWAITING_PAYMENT
    assert order.payments.get().captured_amount == 0
    assert Stock.objects.get().on_hand == 1
    assert not order.events.filter(kind=OrderEvent.Kind.PAID).exists()
    # What came, and who typed it, is written down.
    told = [event.data["amount"] for event in order.events.filter(kind=OrderEvent.Kind.OTHER_SUM)]
    assert told == ([amount] if came and came > 0 else [])


def test_money_that_comes_after_the_time_buys_what_is_still_free(order: Order) -> None:
    expire(order)
    payments.mark_paid(order.pk, actor=UserFactory.create(), amount=order.total)
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_money_that_comes_when_the_piece_is_gone_is_booked_and_goes_back_by_hand(order: Order) -> None:
    staff = UserFactory.create()
    expire(order)
    Stock.objects.update(on_hand=0)
    with translation.override("en"), pytest.raises(payments.GoesBack, match="sold meanwhile"):
        payments.mark_paid(order.pk, actor=staff, amount=order.total)
    order.refresh_from_db()
    payment, refund = order.payments.get(), Refund.objects.get()
    assert (order.status, refund.reason) == (Order.Status.EXPIRED, Refund.Reason.PIECE_GONE)
    assert payment.captured_amount == payment.refunded_amount == order.total
    assert order.events.get(kind=OrderEvent.Kind.PAID_TOO_LATE).actor == staff
    letter = emails.compose(order.mails.get(kind=OrderMail.Kind.PAID_TOO_LATE))
    for told in ("another buyer had a piece", "38,00", "back to the account that it came from"):
        assert told in str(letter.body)
    assert "card" not in str(letter.body)
    refunds.send(refund_pk=refund.pk)
    refunds.mark_given_back(refund.pk, actor=staff)
    letter = emails.compose(order.mails.get(kind=OrderMail.Kind.REFUNDED))
    assert "is on its way back to you" in letter.subject
    assert "The money goes by a transfer to the account that it came from." in str(letter.body)
    with pytest.raises(payments.NotPayable):
        payments.mark_paid(order.pk, actor=staff, amount=order.total)


@pytest.mark.parametrize("came", ["38.00", "12.00"])
def test_a_second_transfer_for_a_paid_order_is_booked_and_goes_back(order: Order, came: str) -> None:
    staff = UserFactory.create()
    payments.mark_paid(order.pk, actor=staff, amount=order.total)
    payments.take_in_transfer(order.pk, amount=Decimal(came), booked_before=order.total, actor=staff)
    order.refresh_from_db()
    refund = Refund.objects.get()
    assert order.status == Order.Status.PAID
    assert (refund.reason, refund.amount) == (Refund.Reason.PAID_TWICE, Decimal(came))
    assert refund.payment.captured_amount == refund.payment.refunded_amount == Decimal(came)
    assert order.events.get(kind=OrderEvent.Kind.PAID_TWICE).actor == staff
    refunds.mark_given_back(refund.pk, actor=staff)
    letter = emails.compose(order.mails.get(kind=OrderMail.Kind.REFUNDED))
    assert "We had a payment for this order already" in str(letter.body)
    assert Stock.objects.get().on_hand == 0


@pytest.mark.parametrize(("on_hand", "reason"), [(0, Refund.Reason.PIECE_GONE), (1, Refund.Reason.PAID_TWICE)])
def test_a_second_transfer_for_an_expired_order_goes_back_for_the_true_reason(
    order: Order, on_hand: int, reason: Refund.Reason
) -> None:
    staff = UserFactory.create()
    expire(order)
    Stock.objects.update(on_hand=0)
    with pytest.raises(payments.GoesBack):
        payments.mark_paid(order.pk, actor=staff, amount=order.total)
    Stock.objects.update(on_hand=on_hand)
    refund = payments.take_in_transfer(order.pk, amount=order.total, booked_before=order.total, actor=staff)
    assert refund.reason == reason
    assert order.events.get(data__payment=refund.payment_id).kind == payments.FOR_NOTHING[reason]


def test_a_transfer_for_a_cancelled_order_is_booked_and_goes_back(order: Order) -> None:
    staff = UserFactory.create()
    cancelling.cancel(order.pk)
    with pytest.raises(payments.NotPayable):
        payments.mark_paid(order.pk, actor=staff, amount=order.total)
    payments.take_in_transfer(order.pk, amount=order.total, booked_before=Decimal(0), actor=staff)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert Refund.objects.get().reason == Refund.Reason.PAID_CANCELLED
    letter = emails.compose(order.mails.get(kind=OrderMail.Kind.PAID_TOO_LATE))
    assert "after the order had been cancelled" in str(letter.body)
    assert Stock.objects.get().on_hand == 1


def test_an_order_that_waits_takes_no_further_transfer(order: Order) -> None:
    with pytest.raises(payments.NotPayable):
        payments.take_in_transfer(order.pk, amount=order.total, booked_before=Decimal(0), actor=UserFactory.create())
    by_card = order_of(piece())
    cancelling.cancel(by_card.pk)
    with pytest.raises(payments.NotPayable):
        payments.take_in_transfer(by_card.pk, amount=order.total, booked_before=Decimal(0), actor=UserFactory.create())
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_a_transfer_of_nothing_is_none(order: Order, amount: str) -> None:
    cancelling.cancel(order.pk)
    with pytest.raises(ValueError, match="more than nothing"):
        payments.take_in_transfer(
            order.pk, amount=Decimal(amount), booked_before=Decimal(0), actor=UserFactory.create()
        )
    assert order.payments.count() == 1


def typed_by_many(order: Order) -> list[Any]:
    cancelling.cancel(order.pk)
    staff = UserFactory.create()
    take = partial(
        payments.take_in_transfer, order.pk, amount=order.total, booked_before=payments.booked(order), actor=staff
    )
    return all_at_once([take] * 4)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_transfer_typed_by_many_is_booked_once(order: Order) -> None:
    results = typed_by_many(order)
    assert sorted(type(result).__name__ for result in results) == ["BookedMeanwhile"] * 3 + ["Refund"]
    assert payments.booked(order) == order.total


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_the_lock_it_is_booked_more_than_once(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above is able to fail."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(payments, "_capture", after_all_have_come(payments._capture, callers=4))
    typed_by_many(order)
    assert payments.booked(order) == 4 * order.total


def test_money_goes_back_by_hand(order: Order) -> None:
    staff = UserFactory.create()
    payments.mark_paid(order.pk, actor=staff, amount=order.total)
    refund = refunds.decide(order.pk, what=refunds.everything_left(order), reason=Refund.Reason.CANCELLED)
    refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    assert not refund.is_settled
    refunds.mark_given_back(refund.pk, actor=staff)
    refund.refresh_from_db()
    assert refund.done_at is not None


def test_the_order_pages_query_count(
    client: Client, order: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(13):
        client.get(order.get_absolute_url())
