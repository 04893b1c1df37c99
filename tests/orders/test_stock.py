from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product
from orders import bag as bags
from orders import stock
from orders.models import Hold, Stock
from tests.factories import UserFactory, bag_with, order_of, piece

pytestmark = pytest.mark.django_db


def run_out(*holds: Hold) -> None:
    """As if the time of these holds had passed."""
    Hold.objects.filter(pk__in=[hold.pk for hold in holds]).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_held_piece_is_not_available_to_another_bag() -> None:
    variant = piece()
    mine, theirs = bag_with(variant), bag_with(variant)
    stock.hold(mine)
    with pytest.raises(stock.OutOfStock) as refusal:
        stock.hold(theirs)
    [shortage] = refusal.value.shortages
    assert (shortage.variant_pk, shortage.wanted, shortage.available) == (variant.pk, 1, 0)
    assert shortage.held_until == Hold.objects.get().expires_at
    assert not Hold.objects.filter(bag=theirs).exists()


def test_the_same_bag_reuses_its_hold() -> None:
    bag = bag_with(piece())
    first = stock.hold(bag)
    second = stock.hold(bag)
    assert Hold.objects.count() == 1
    assert first is not None
    assert second is not None
    assert second > first


def test_an_expired_hold_is_worth_nothing_though_no_job_has_run() -> None:
    variant = piece()
    mine, theirs = bag_with(variant), bag_with(variant)
    stock.hold(mine)
    run_out(Hold.objects.get())
    assert stock.held_until(mine, bags.lines(mine)) is None
    assert stock.hold(theirs) is not None
    with pytest.raises(stock.OutOfStock):
        stock.hold(mine)


def test_a_hold_is_extended_ten_times_and_then_gives_others_a_chance() -> None:
    bag = bag_with(piece())
    stock.hold(bag)
    hold = Hold.objects.get()
    assert stock.LONGEST_HOLD >= stock.HOLD_TIME * 11
    Hold.objects.update(began_at=timezone.now() - stock.LONGEST_HOLD + timedelta(minutes=5))
    ends = stock.hold(bag)
    hold.refresh_from_db()
    assert ends == hold.began_at + stock.LONGEST_HOLD
    assert ends < timezone.now() + timedelta(minutes=6)


def test_holds_follow_what_is_in_the_bag() -> None:
    kept, dropped = piece(), piece()
    bag = bag_with(kept, dropped)
    stock.hold(bag)
    bags.change(bag, line_pk=bag.lines.get(variant=dropped).pk, quantity=0)
    assert [hold.variant_id for hold in Hold.objects.live()] == [kept.pk]


def test_more_than_there_is_cannot_be_held() -> None:
    variant = piece(on_hand=3, kind="small_series")
    bag = bag_with(variant, quantity=3)
    stock.write_off(variant.pk, quantity=1)
    with pytest.raises(stock.OutOfStock) as refusal:
        stock.hold(bag)
    assert refusal.value.shortages[0].available == 2


def test_what_is_made_to_order_needs_no_stock_and_no_hold() -> None:
    variant = piece(on_hand=0, kind="made_to_order", lead_time_days=14)
    bag = bag_with(variant)
    assert stock.hold(bag) is None
    assert stock.held_until(bag, bags.lines(bag)) is not None
    assert not Hold.objects.exists()


def test_selling_takes_from_stock_and_lets_go_of_the_hold() -> None:
    variant = piece(on_hand=2, kind="small_series")
    order = order_of(variant)
    stock.sell(order)
    assert Stock.objects.get(pk=variant.pk).on_hand == 1
    assert not Hold.objects.live().exists()


def test_what_was_ordered_from_the_shelf_is_sold_from_it_and_goes_back_there_whatever_it_is_now() -> None:
    variant = piece(on_hand=2, kind="small_series")
    order = order_of(variant)
    Product.objects.update(kind=Product.Kind.MADE_TO_ORDER, lead_time_days=5)
    assert order.bag is not None
    stock.hold_for(order, order.bag, until=timezone.now() + timedelta(hours=1))
    assert Hold.objects.live().count() == 1
    stock.sell(order)
    assert Stock.objects.get().on_hand == 1
    stock.take_back(order, units={order.lines.get().pk: 1})
    assert Stock.objects.get().on_hand == 2


def test_what_was_made_to_order_has_no_shelf_whatever_it_is_now() -> None:
    order = order_of(piece(on_hand=0, kind="made_to_order", lead_time_days=5))
    Product.objects.update(kind=Product.Kind.SMALL_SERIES)
    stock.sell(order)
    line = order.lines.get()
    assert line.unshelved_quantity == 0
    with pytest.raises(stock.MoreThanSold):
        stock.take_back(order, units={line.pk: 1})
    assert not line.restocked_quantity


def test_selling_does_not_take_what_another_bag_holds() -> None:
    variant = piece()
    order = order_of(variant)
    run_out(*order.holds.all())
    stock.hold(bag_with(variant))
    with pytest.raises(stock.OutOfStock):
        stock.sell(order)
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


def test_writing_off_refuses_what_a_shopper_holds() -> None:
    variant = piece()
    stock.hold(bag_with(variant))
    with pytest.raises(stock.OutOfStock):
        stock.write_off(variant.pk, quantity=1)
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


@pytest.mark.parametrize("quantity", [0, -1])
def test_receiving_and_writing_off_want_a_positive_number(quantity: int) -> None:
    variant = piece()
    with pytest.raises(ValueError, match="one or more"):
        stock.receive(variant.pk, quantity=quantity)
    with pytest.raises(ValueError, match="one or more"):
        stock.write_off(variant.pk, quantity=quantity)
    assert Stock.objects.get(pk=variant.pk).on_hand == 1


def test_the_database_refuses_negative_stock() -> None:
    variant = piece()
    with pytest.raises(IntegrityError), transaction.atomic():
        Stock.objects.filter(pk=variant.pk).update(on_hand=-1)


def test_the_database_refuses_two_live_holds_of_one_bag_on_one_piece() -> None:
    bag = bag_with(piece())
    stock.hold(bag)
    hold = Hold.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.create(bag=bag, variant=hold.variant, quantity=1, expires_at=hold.expires_at)


def test_what_a_bag_holds_is_handed_on_to_another() -> None:
    new, both, ran_out = piece(), piece(on_hand=9, kind="small_series"), piece(on_hand=9, kind="small_series")
    mine, guest = bag_with(both, ran_out), bag_with(new, both, ran_out)
    stock.hold(mine)
    run_out(Hold.objects.get(variant=ran_out))
    stock.hold(guest)
    stock.hand_on(guest, to=mine)
    live = Hold.objects.live()
    assert set(live.filter(bag=mine).values_list("variant", flat=True)) == {new.pk, both.pk, ran_out.pk}
    # Its own hold of the same is what the other keeps.
    assert live.get(bag=guest).variant == both


def test_what_was_never_paid_is_not_put_back_on_the_shelf() -> None:
    variant = piece(on_hand=3, kind="small_series")
    order = order_of(variant)
    with pytest.raises(stock.MoreThanSold):
        stock.restock(order.pk, units={order.lines.get().pk: 1}, actor=UserFactory.create())
    assert (Stock.objects.get(pk=variant.pk).on_hand, order.lines.get().restocked_quantity) == (3, 0)
