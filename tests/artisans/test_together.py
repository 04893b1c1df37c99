"""What the world is told of all makers' earnings: only of five and more, and never so that one can be reckoned out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from artisans import earnings
from artisans.earnings import Account, Cause, Entry, Item, Together
from artisans.models import Artisan, Booking, Payout
from tests import paying
from tests.artisans.test_statements import pay
from tests.factories import ArtisanFactory

pytestmark = pytest.mark.django_db
MARCH, APRIL, MAY = date(2026, 3, 10), date(2026, 4, 10), date(2026, 5, 10)


@pytest.fixture
def makers() -> list[Artisan]:
    return [ArtisanFactory.create() for _number in range(6)]


def pay_out(maker: Artisan, amount: str, *, on: date = MARCH, booked: date | None = None) -> None:
    with at(booked or on):
        pay(maker, amount, on=on)


@contextmanager
def at(day: date) -> Iterator[None]:
    noon = datetime.combine(day, time(12), timezone.get_current_timezone())
    with pytest.MonkeyPatch.context() as clock:
        clock.setattr(timezone, "now", lambda: noon)
        yield


def sell(*makers: Artisan, units: int = 1) -> None:
    item = Item(sku="S", quantity=abs(units), branch_pk=None)
    parts = [Entry(account=Account.MAKERS, amount=Decimal(-7), artisan_pk=one.pk, item=item) for one in makers]
    whole = Entry(account=Account.BUYERS, amount=Decimal(7 * len(makers)))
    kind = Booking.Kind.SALE if units > 0 else Booking.Kind.REFUND
    entries = [whole, *parts] if units > 0 else [one.opposite() for one in (whole, *parts)]
    earnings.book(Cause(name=f"sale-{Booking.objects.count()}", kind=kind), entries)


def told() -> Together | None:
    cache.clear()
    return earnings.together()


def test_of_four_makers_nothing_is_told_and_of_five_the_sum(makers: list[Artisan]) -> None:
    for maker in makers[:4]:
        pay_out(maker, "10.00")
    pay_out(makers[0], "5.00")
    assert told() is None
    pay_out(makers[4], "1.00")
    assert told() == Together(Decimal("46.00"), 0)


def test_a_month_of_few_waits_for_more(makers: list[Artisan]) -> None:
    """Or the sum of one month less that of the month before would be one maker's."""
    for maker in makers[:5]:
        pay_out(maker, "10.00", on=MARCH)
    pay_out(makers[5], "99.00", on=APRIL)
    assert told() == Together(Decimal("50.00"), 0)
    for maker in makers[:4]:
        pay_out(maker, "1.00", on=MAY)
    assert told() == Together(Decimal("153.00"), 0)


def test_this_month_is_not_told_yet(makers: list[Artisan]) -> None:
    today = timezone.localdate()
    for maker in makers:
        pay_out(maker, "10.00", on=today)
    assert told() is None
    for maker in makers:
        pay_out(maker, "1.00", on=today.replace(day=1) - timedelta(days=1))
    assert told() == Together(Decimal("6.00"), 0)


def test_what_is_booked_late_is_of_the_month_in_which_it_was_booked(makers: list[Artisan]) -> None:
    """It was paid in a month that is shown: added to that, it would be told of one maker."""
    for maker in makers[:5]:
        pay_out(maker, "10.00", on=MARCH)
    assert told() == Together(Decimal("50.00"), 0)
    pay_out(makers[5], "33.00", on=MARCH, booked=APRIL)
    assert told() == Together(Decimal("50.00"), 0)
    pay_out(makers[0], "1.00", on=MARCH, booked=timezone.localdate())
    assert told() == Together(Decimal("50.00"), 0)


def test_what_was_reversed_is_taken_off_with_the_month_in_which_it_was(makers: list[Artisan]) -> None:
    """And with what five were paid: alone it would tell one maker's sum."""
    for maker in makers[:5]:
        pay_out(maker, "10.00", on=MARCH)
    with at(APRIL):
        paying.reverse(Payout.objects.get(artisan=makers[0]).pk)
    assert told() == Together(Decimal("50.00"), 0)
    for maker in makers[1:5]:
        pay_out(maker, "1.00", on=MAY)
    assert told() == Together(Decimal("44.00"), 0)


def test_whose_payouts_were_all_reversed_is_not_one_of_five(makers: list[Artisan]) -> None:
    for maker in makers[:5]:
        pay_out(maker, "10.00", on=MARCH)
    with at(MARCH):
        paying.reverse(Payout.objects.get(artisan=makers[0]).pk)
    assert told() is None
    pay_out(makers[5], "2.00", on=APRIL)
    assert told() == Together(Decimal("42.00"), 0)


def test_pieces_are_counted_once_and_not_those_that_came_back(makers: list[Artisan]) -> None:
    for maker in makers:
        pay_out(maker, "10.00")
    sell(*makers[:3])
    sell(makers[0], units=4)
    sell(makers[0], makers[1], units=-1)
    assert told() == Together(Decimal("60.00"), 4)


def test_the_home_page_says_it_once_there_is_something_to_say(client: Client, makers: list[Artisan]) -> None:
    cache.clear()
    assert "have been paid" not in client.get("/en/").content.decode()
    for maker in makers:
        pay_out(maker, "10.00")
        sell(maker)
    assert "have been paid" not in client.get("/en/").content.decode()
    cache.clear()
    page = client.get("/en/").content.decode()
    assert "So far 6 of their pieces are sold, and the makers have been paid" in page
    assert "60,00" in page
