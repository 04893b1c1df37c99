"""Shoppers who are quick at the same moment: real threads on a real PostgreSQL."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from dostshop.locks import Busy
from orders import bag as bags
from orders import cancelling, checkout, payments, stock
from orders.models import Bag, Hold, Order, Stock
from orders.models.bag import BagClosed
from orders.models.order import WrongTransition
from orders.providers import ProviderState, ProviderStatus
from tests.factories import UserFactory, bag_with, details, order_of, piece, place, worker
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

POLITE = (stock.OutOfStock, Busy, bags.NotForSale)


def buy(bag: Bag) -> Callable[[], Order]:
    wishes = details(bag)
    shown = checkout.total(bags.lines(bag), wishes.option)
    return lambda: checkout.place_order(bag.pk, details=wishes, total_shown=shown)


def test_fifty_shoppers_and_one_piece_make_one_order() -> None:
    variant = piece()
    results = all_at_once([buy(bag_with(variant)) for _ in range(50)])
    orders = [result for result in results if isinstance(result, Order)]
    assert len(orders) == 1
    assert all(isinstance(result, POLITE) for result in results if result not in orders), results
    assert Order.objects.count() == 1
    assert Hold.objects.live().get().order == orders[0]


def test_without_the_lock_the_same_race_oversells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the test above is able to fail."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    variant = piece()
    all_at_once([buy(bag_with(variant)) for _ in range(50)])
    assert Order.objects.count() > 1


def test_stock_is_locked_in_one_order_whoever_asks() -> None:
    with CaptureQueriesContext(connection) as queries:
        stock.hold(bag_with(piece(), piece()))
    [locking] = [query["sql"] for query in queries if 'FROM "orders_stock"' in query["sql"] and " FOR " in query["sql"]]
    assert 'ORDER BY "orders_stock"."variant_id" ASC FOR NO KEY UPDATE OF "orders_stock"' in locking


def test_locking_one_by_one_in_the_bags_order_deadlocks() -> None:
    """The control: the test below is able to fail."""
    one, other = piece(), piece()

    def lock(first: int, second: int) -> None:
        with transaction.atomic():
            Stock.objects.select_for_update().get(pk=first)
            meeting.wait(timeout=30)
            Stock.objects.select_for_update().get(pk=second)

    meeting = Barrier(2)
    results = all_at_once([partial(lock, one.pk, other.pk), partial(lock, other.pk, one.pk)])
    assert any(isinstance(result, OperationalError) for result in results)


def test_two_bags_with_the_same_pieces_in_opposite_order_do_not_deadlock() -> None:
    one, other = piece(on_hand=40, kind="small_series"), piece(on_hand=40, kind="small_series")
    bought = [bag_with(one, other) for _ in range(15)] + [bag_with(other, one) for _ in range(15)]
    results = all_at_once([buy(bag) for bag in bought])
    assert all(isinstance(result, Order) for result in results), results


def called_off_in_opposite_order() -> list[object]:
    """Two orders of the same two variants, whose lines are in opposite order, are called off at once."""
    one, other = piece(on_hand=40, kind="small_series"), piece(on_hand=40, kind="small_series")
    staff = worker()
    orders = [order_of(*pair) for pair in ((one, other), (other, one)) for _number in range(6)]
    for order in orders:
        payment = order.payments.get()
        payments.apply_status(payment.pk, ProviderStatus(ProviderState.PAID, payment.amount, "AZN", f"pi_{payment.pk}"))
    calls = [partial(cancelling.call_off, order.pk, actor=staff) for order in orders]
    results = all_at_once(calls)
    if results == [None] * len(calls):
        assert list(Stock.objects.values_list("on_hand", flat=True)) == [40, 40]
    return results


def test_pieces_go_back_on_the_shelf_without_a_deadlock() -> None:
    assert called_off_in_opposite_order() == [None] * 12


def test_put_back_one_by_one_they_deadlock_and_that_is_told_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    lock = stock._lock

    def one_by_one(wanted: Mapping[int, int]) -> dict[int, Stock]:
        rows: dict[int, Stock] = {}
        for pk in wanted:
            rows |= lock({pk: wanted[pk]})
            time.sleep(0.05)
        return rows

    monkeypatch.setattr(stock, "_lock", one_by_one)
    assert any(isinstance(result, Busy) for result in called_off_in_opposite_order())


def test_a_double_click_is_one_order() -> None:
    bag = bag_with(piece())
    results = all_at_once([buy(bag)] * 5)
    assert {result.pk for result in results} == {Order.objects.get().pk}


def test_the_same_payment_told_by_many_at_once_sells_once() -> None:
    variant = piece(on_hand=5, kind="small_series")
    order = order_of(variant)
    payment = order.payments.get()
    paid = ProviderStatus(ProviderState.PAID, payment.amount, "azn", "pi_1")
    results = all_at_once([lambda: payments.apply_status(payment.pk, paid)] * 10)
    assert results == [None] * 10
    assert Stock.objects.get(pk=variant.pk).on_hand == 4
    assert order.events.filter(kind="paid").count() == 1
    assert order.mails.filter(kind="paid").count() == 1


def test_two_staff_taking_the_same_money_take_it_once() -> None:
    order = order_of(piece(), provider="branch")
    staff = UserFactory.create(is_staff=True)
    results = all_at_once([lambda: payments.mark_paid(order.pk, actor=staff)] * 4)
    assert sorted(type(result).__name__ for result in results) == ["NoneType"] + ["NotPayable"] * 3


def test_a_cancel_racing_a_payment_ends_in_one_of_two_right_states() -> None:
    for _ in range(8):
        variant = piece()
        order = order_of(variant)
        payment = order.payments.get()
        paid = ProviderStatus(ProviderState.PAID, payment.amount, "azn", f"pi_{payment.pk}")
        cancelled, applied = all_at_once(
            [partial(cancelling.cancel, order.pk), partial(payments.apply_status, payment.pk, paid)]
        )
        order.refresh_from_db()
        payment.refresh_from_db()
        assert applied is None
        assert cancelled is None or isinstance(cancelled, WrongTransition)
        # Money that came has its piece, or goes back.
        assert payment.captured_amount == payment.amount
        is_sold = isinstance(cancelled, WrongTransition)
        assert order.status == (Order.Status.PAID if is_sold else Order.Status.CANCELLED)
        assert payment.refunded_amount == (0 if is_sold else payment.amount)
        assert Stock.objects.get(pk=variant.pk).on_hand == (0 if is_sold else 1)


def test_the_piece_held_for_one_order_is_not_sold_to_a_second() -> None:
    variant = piece()
    place(bag_with(variant))
    with pytest.raises(bags.NotForSale):
        bag_with(variant)


def test_prolonging_while_ordering_leaves_the_hold_with_the_order() -> None:
    for _ in range(10):
        bag = bag_with(piece(on_hand=3, kind="small_series"))
        stock.hold(bag)
        order, prolonged = all_at_once([buy(bag), partial(stock.hold, bag)])
        assert isinstance(order, Order)
        assert not isinstance(prolonged, Exception) or isinstance(prolonged, BagClosed)
        held = Hold.objects.live().get(bag=bag)
        assert held.order == order
        assert held.expires_at == order.payments.get().expires_at


def test_taking_out_while_ordering_is_one_or_the_other() -> None:
    for _ in range(10):
        bag = bag_with(piece())
        stock.hold(bag)
        line = bag.lines.get()
        order, taken_out = all_at_once([buy(bag), partial(bags.change, bag, line_pk=line.pk, quantity=0)])
        if isinstance(order, Order):
            assert isinstance(taken_out, BagClosed)
            assert Hold.objects.live().get(bag=bag).order == order
        else:
            assert isinstance(order, checkout.BagEmpty)
            assert not Hold.objects.live().filter(bag=bag).exists()


def test_signing_in_while_ordering_keeps_the_orders_hold() -> None:
    for _ in range(10):
        bag = bag_with(piece())
        user = UserFactory.create()
        order, merged = all_at_once([buy(bag), partial(bags.merge, bag, user=user)])
        if isinstance(order, Order):
            assert isinstance(merged, BagClosed)
            assert Hold.objects.live().get().order == order
            cancelling.cancel(order.pk)
        else:
            assert isinstance(order, checkout.BagEmpty)


def test_a_members_first_pieces_at_once_share_one_bag() -> None:
    user = UserFactory.create()
    results = all_at_once([partial(bags.find_or_make, token="", user=user)] * 6)
    assert {bag.pk for bag in results} == {Bag.objects.get().pk}
