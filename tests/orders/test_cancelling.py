"""Calling off: before the money and after it."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dostshop.accounts.models import User
from orders import cancelling, emails, payments, refunds, stock
from orders.models import LineItem, Order, OrderEvent, OrderMail, Refund, Stock
from orders.models.order import WrongTransition
from orders.providers import ProviderState, ProviderStatus
from tests.factories import hand_out, order_of, piece, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return worker()


@pytest.fixture
def paid() -> Order:
    order = order_of(piece(), piece(price="12.00"))
    payment = order.payments.get()
    payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1"))
    order.refresh_from_db()
    return order


def on_hand() -> list[int]:
    return list(Stock.objects.order_by("pk").values_list("on_hand", flat=True))


def test_a_paid_order_gives_back_its_money_and_its_pieces(paid: Order, staff: User) -> None:
    cancelling.call_off(paid.pk, actor=staff, why=cancelling.Why(note="fikrini dəyişdi"))
    paid.refresh_from_db()
    payment = paid.payments.get()
    assert paid.status == Order.Status.CANCELLED
    assert payment.refunded_amount == payment.captured_amount == Decimal("50.00")
    assert Refund.objects.get().note == "fikrini dəyişdi"
    assert on_hand() == [1, 1]
    assert paid.events.filter(kind="restocked").count() == 2
    letter = paid.mails.get(kind="cancelled")
    assert "Sizə 50,00\u00a0AZN qaytarırıq" in str(emails.compose(letter).body)


def test_it_is_called_off_once(paid: Order, staff: User) -> None:
    cancelling.call_off(paid.pk, actor=staff)
    with pytest.raises(WrongTransition):
        cancelling.call_off(paid.pk, actor=staff)
    assert Refund.objects.count() == 1
    assert on_hand() == [1, 1]


def first_line(order: Order) -> LineItem:
    return order.lines.order_by("pk")[0]


def test_what_was_given_back_before_is_neither_given_nor_put_on_the_shelf_again(paid: Order, staff: User) -> None:
    """The piece came broken from the shelf: it was refunded and not put back."""
    refunds.decide(paid.pk, what=refunds.Sum({first_line(paid).pk: 1}), reason=Refund.Reason.FAULTY)
    cancelling.call_off(paid.pk, actor=staff)
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("38.00"), Decimal("12.00")]
    assert on_hand() == [0, 1]


def test_what_cannot_be_delivered_is_not_on_the_shelf(paid: Order, staff: User) -> None:
    cancelling.call_off(paid.pk, actor=staff, why=cancelling.Why(Refund.Reason.NOT_AVAILABLE))
    assert on_hand() == [0, 0]
    assert Refund.objects.get().amount == Decimal("50.00")


def test_staff_say_what_goes_on_the_shelf(paid: Order, staff: User) -> None:
    shelf = {first_line(paid).pk: 1}
    cancelling.call_off(paid.pk, actor=staff, why=cancelling.Why(Refund.Reason.NOT_AVAILABLE), shelf=shelf)
    assert on_hand() == [1, 0]


def test_more_than_is_still_here_changes_nothing(paid: Order, staff: User) -> None:
    line = first_line(paid)
    refunds.decide(paid.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.FAULTY)
    with pytest.raises(stock.MoreThanSold):
        cancelling.call_off(paid.pk, actor=staff, shelf={line.pk: 1})
    paid.refresh_from_db()
    assert (paid.status, Refund.objects.count(), on_hand()) == (Order.Status.PAID, 1, [0, 0])


def everything(order: Order) -> dict[int, int]:
    return {line.pk: line.quantity for line in order.lines.all()}


def test_what_was_kept_back_goes_back_too(paid: Order, staff: User) -> None:
    what = refunds.Sum({first_line(paid).pk: 1}, deduction=Decimal("5.00"), to_buyer="Etiketi yoxdur")
    refunds.decide(paid.pk, what=what, reason=Refund.Reason.RETURNED)
    cancelling.call_off(paid.pk, actor=staff)
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("33.00"), Decimal("17.00")]
    assert not payments.has_money(paid)


@pytest.mark.parametrize(
    ("kept_back", "reason", "words"),
    [
        ("0", Refund.Reason.FAULTY, "50,00"),
        ("5.00", Refund.Reason.FAULTY, "Etiketi yoxdur"),
        ("0", Refund.Reason.NOT_AVAILABLE, "çatdıra bilmirik"),
    ],
)
def test_an_order_that_is_refunded_before_anything_was_handed_over_is_cancelled(
    paid: Order, staff: User, kept_back: str, reason: Refund.Reason, words: str
) -> None:
    what = refunds.Sum(everything(paid), deduction=Decimal(kept_back), to_buyer="Etiketi yoxdur")
    refunds.decide(paid.pk, what=what, reason=reason, actor=staff)
    paid.refresh_from_db()
    assert paid.status == Order.Status.CANCELLED
    event = paid.events.get(kind=OrderEvent.Kind.CANCELLED)
    assert (event.actor, event.data["reason"]) == (staff, reason)
    assert words in str(emails.compose(paid.mails.get(kind=OrderMail.Kind.CANCELLED)).body)
    with pytest.raises(WrongTransition):
        cancelling.call_off(paid.pk, actor=staff)
    # What was kept back can still go, and the shelf is a decision of its own.
    assert refunds.left(paid) == Decimal(kept_back)
    assert on_hand() == [0, 0]
    stock.restock(paid.pk, units=everything(paid), actor=staff)
    assert on_hand() == [1, 1]


def test_an_order_of_which_something_is_still_to_come_is_not_cancelled(paid: Order, staff: User) -> None:
    refunds.decide(paid.pk, what=refunds.Sum({first_line(paid).pk: 1}), reason=Refund.Reason.FAULTY, actor=staff)
    refunds.decide(paid.pk, what=refunds.Sum(goodwill=refunds.left(paid)), reason=Refund.Reason.GOODWILL, actor=staff)
    paid.refresh_from_db()
    assert paid.status == Order.Status.PAID
    assert not paid.mails.filter(kind=OrderMail.Kind.CANCELLED).exists()


def test_money_is_locked_before_the_shelf(paid: Order, staff: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        cancelling.call_off(paid.pk, actor=staff)
    locking = [query["sql"] for query in queries if " FOR NO KEY UPDATE" in query["sql"]]
    tables = [sql.split(" FROM ")[1].split()[0].strip('"') for sql in locking]
    once = list(dict.fromkeys(tables))
    assert once == ["orders_order", "orders_payment", "orders_stock", "orders_invoiceseries"]


def test_what_is_on_its_way_is_returned_and_not_called_off(paid: Order, staff: User) -> None:
    hand_out(paid)
    with pytest.raises(WrongTransition):
        cancelling.call_off(paid.pk, actor=staff)
    assert not Refund.objects.exists()
    assert on_hand() == [0, 0]


def test_money_that_comes_after_it_was_called_off_goes_back(paid: Order, staff: User) -> None:
    second = payments.write_intent(paid, provider="stripe")
    cancelling.call_off(paid.pk, actor=staff)
    payments.apply_status(second.pk, ProviderStatus(ProviderState.PAID, second.amount, "AZN", "pi_2"))
    paid.refresh_from_db()
    assert paid.status == Order.Status.CANCELLED
    assert second.refunds.get().reason == Refund.Reason.PAID_CANCELLED
    assert on_hand() == [1, 1]
