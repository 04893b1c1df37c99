"""Calling off: before the money and after it."""

from decimal import Decimal

import pytest

from dostshop.accounts.models import User
from orders import cancelling, emails, fulfilment, payments, refunds
from orders.models import Order, Refund, Stock
from orders.models.order import WrongTransition
from orders.providers import ProviderState, ProviderStatus
from tests.factories import UserFactory, order_of, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    user: User = UserFactory.create(is_staff=True)
    return user


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
    cancelling.call_off(paid.pk, actor=staff, reason=Refund.Reason.NOT_AVAILABLE, note="qırılıb")
    paid.refresh_from_db()
    payment = paid.payments.get()
    assert paid.status == Order.Status.CANCELLED
    assert payment.refunded_amount == payment.captured_amount == Decimal("50.00")
    assert Refund.objects.get().note == "qırılıb"
    assert on_hand() == [1, 1]
    assert paid.events.filter(kind="restocked").count() == 2
    letter = paid.mails.get(kind="cancelled")
    assert "geri" in str(emails.compose(letter).body)


def test_it_is_called_off_once(paid: Order, staff: User) -> None:
    cancelling.call_off(paid.pk, actor=staff)
    with pytest.raises(WrongTransition):
        cancelling.call_off(paid.pk, actor=staff)
    assert Refund.objects.count() == 1
    assert on_hand() == [1, 1]


def test_what_was_given_back_before_is_not_given_again(paid: Order, staff: User) -> None:
    line = paid.lines.first()
    assert line is not None
    refunds.decide(paid.pk, what=refunds.Sum({line.pk: 1}), reason=Refund.Reason.FAULTY)
    cancelling.call_off(paid.pk, actor=staff)
    assert [refund.amount for refund in Refund.objects.all()] == [Decimal("38.00"), Decimal("12.00")]


def test_what_is_on_its_way_is_returned_and_not_called_off(paid: Order, staff: User) -> None:
    fulfilment.hand_over(paid.fulfilments.get().pk, actor=staff)
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
    assert second.refunds.get().reason == Refund.Reason.PAID_TWICE
    assert on_hand() == [1, 1]
