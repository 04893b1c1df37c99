"""Opening hours and holidays, as they decide about days. Novruz of 2026: eleven days off, 20 to 30 March."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from artisans.models import OpeningHours
from orders.working_days import USUAL_WEEK, Calendar, calendar_of, calendars_of
from tests.factories import BranchFactory, HolidayFactory

NOVRUZ = (date(2026, 3, 20), date(2026, 3, 30))
# With a Saturday morning, and a lunch break on Mondays.
WEEK = {
    **USUAL_WEEK,
    1: ((time(9), time(13)), (time(14), time(18))),
    6: ((time(10), time(15)),),
}
CALENDAR = Calendar(WEEK, (NOVRUZ,))


def march(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=ZoneInfo("Asia/Baku"))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (march(16, 8), False),
        (march(16, 9), True),
        (march(16, 13), False),
        (march(16, 14), True),
        (march(16, 18), False),
        (march(14, 14), True),
        (march(14, 16), False),
        (march(15), False),
        (march(20), False),
        (march(30), False),
        (march(31), True),
    ],
)
def test_open_or_closed(moment: datetime, *, is_open: bool) -> None:
    assert CALENDAR.is_open(moment) is is_open
    # The same moment, said in another zone.
    assert CALENDAR.is_open(moment.astimezone(ZoneInfo("Pacific/Auckland"))) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (march(16, 8), march(16, 9)),
        (march(16, 13), march(16, 14)),
        (march(16, 18), march(17, 9)),
        (march(13, 18), march(14, 10)),
        (march(19, 18), march(31, 9)),
        (march(25), march(31, 9)),
    ],
)
def test_the_next_opening(moment: datetime, opens: datetime) -> None:
    assert CALENDAR.next_opening(moment) == opens


def test_closing_times() -> None:
    assert CALENDAR.closing(date(2026, 3, 16)) == march(16, 18)
    assert CALENDAR.closing(date(2026, 3, 14)) == march(14, 15)
    assert CALENDAR.closing(date(2026, 3, 15)) is None
    assert CALENDAR.closing(date(2026, 3, 24)) is None


@pytest.mark.parametrize(
    ("day", "count", "result"),
    [
        (date(2026, 3, 16), 0, date(2026, 3, 16)),
        (date(2026, 3, 15), 0, date(2026, 3, 16)),
        (date(2026, 3, 16), 3, date(2026, 3, 19)),
        (date(2026, 3, 16), 4, date(2026, 3, 31)),
        (date(2026, 3, 19), 1, date(2026, 3, 31)),
        (date(2026, 3, 25), 0, date(2026, 3, 31)),
        (date(2026, 3, 25), 1, date(2026, 4, 1)),
    ],
)
def test_working_days_skip_sundays_and_holidays(day: date, count: int, result: date) -> None:
    assert CALENDAR.add_working_days(day, count) == result


def test_making_something_stops_over_the_holidays_and_not_over_weekends() -> None:
    assert CALENDAR.add_days(date(2026, 3, 13), 5) == date(2026, 3, 18)
    assert CALENDAR.add_days(date(2026, 3, 16), 5) == date(2026, 4, 1)


def test_holidays_side_by_side_are_one() -> None:
    solidarity_day, new_year = (date(2026, 12, 31), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 2))
    calendar = Calendar(WEEK, (solidarity_day, new_year))
    assert calendar.add_days(date(2026, 12, 30), 1) == date(2027, 1, 3)
    assert calendar.add_days(date(2026, 12, 28), 5) == date(2027, 1, 5)


def test_work_begins_today_until_the_branch_closes() -> None:
    assert CALENDAR.first_day_to_work(march(16, 8)) == date(2026, 3, 16)
    assert CALENDAR.first_day_to_work(march(16, 17)) == date(2026, 3, 16)
    assert CALENDAR.first_day_to_work(march(16, 18)) == date(2026, 3, 17)
    assert CALENDAR.first_day_to_work(march(20)) == date(2026, 3, 31)


def test_a_branch_that_is_closed_for_good_ends_no_request() -> None:
    closed = Calendar(WEEK, ((date(2026, 1, 1), date(2099, 12, 31)),))
    assert closed.next_opening(march(16)) is None
    assert closed.add_working_days(date(2026, 3, 16), 3) == date(2026, 3, 19)
    assert closed.add_days(date(2026, 3, 16), 3) == date(2026, 3, 19)


@pytest.mark.django_db
def test_holidays_of_every_branch_and_of_one(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    baku, barda = BranchFactory.create(slug="baku"), BranchFactory.create(slug="barda")
    OpeningHours.objects.create(branch=barda, weekday=3, opens=time(10), closes=time(16))
    OpeningHours.objects.create(branch=barda, weekday=3, opens=time(8), closes=time(9))
    HolidayFactory.create()
    HolidayFactory.create(first_day=date(2026, 4, 1), last_day=date(2026, 4, 2), branch=barda)
    with django_assert_num_queries(1):
        calendars = calendars_of([baku.pk, barda.pk])
    assert calendars[baku.pk] == Calendar(USUAL_WEEK, (NOVRUZ,))
    assert calendars[barda.pk].week == {3: ((time(8), time(9)), (time(10), time(16)))}
    assert set(calendars[barda.pk].holidays) == {NOVRUZ, (date(2026, 4, 1), date(2026, 4, 2))}
    assert calendar_of(None).holidays == (NOVRUZ,)
    assert calendar_of(barda).working_day(date(2026, 3, 20)) == date(2026, 4, 8)


@pytest.mark.django_db
def test_a_holiday_ends_after_it_begins() -> None:
    backwards = HolidayFactory.build(first_day=NOVRUZ[1], last_day=NOVRUZ[0])
    with pytest.raises(ValidationError) as refused:
        backwards.full_clean()
    assert "last_day" in refused.value.message_dict
    with pytest.raises(IntegrityError), transaction.atomic():
        backwards.save()
