"""When a branch is open, and which day is so many working days away.

``calendar_of`` and ``calendars_of`` read the opening hours and the holidays, in one query however many branches; what
a calendar then says is computed from those alone.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.utils import timezone

from artisans.models import Branch
from orders.models import Holiday

# Where staff have not said when a branch is open, and for the Centre as a whole: Monday to Friday.
USUAL_WEEK: Mapping[int, tuple[tuple[time, time], ...]] = {day: ((time(9), time(18)),) for day in range(1, 6)}
USUAL_PREPARATION_DAYS = 2
# No holidays are longer; a calendar that is closed for good stops looking here.
LONGEST_CLOSED = 400
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    # Opening and closing times by weekday, Monday is 1.
    week: Mapping[int, tuple[tuple[time, time], ...]]
    # First and last day of each.
    holidays: tuple[tuple[date, date], ...] = ()
    preparation_days: int = USUAL_PREPARATION_DAYS

    def is_holiday(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.holidays)

    def hours(self, day: date) -> list[tuple[datetime, datetime]]:
        """From when to when it is open on this day; empty where it is closed."""
        if self.is_holiday(day):
            return []
        return [(_moment(day, opens), _moment(day, closes)) for opens, closes in self.week.get(day.isoweekday(), ())]

    def is_working_day(self, day: date) -> bool:
        return bool(self.hours(day))

    def is_open(self, moment: datetime) -> bool:
        return any(opens <= moment < closes for opens, closes in self.hours(timezone.localdate(moment)))

    def closing(self, day: date) -> datetime | None:
        """When it closes for the day; None where it is closed all day."""
        return max((closes for _opens, closes in self.hours(day)), default=None)

    def next_opening(self, moment: datetime) -> datetime | None:
        """When it opens next; None where it stays closed."""
        day = self.working_day(timezone.localdate(moment))
        coming = [opens for opens, _closes in self.hours(day) if opens > moment]
        following = self.hours(self.working_day(day + _DAY))
        return min(coming, default=min((opens for opens, _closes in following), default=None))

    def working_day(self, day: date) -> date:
        """This day, or the first working day after it."""
        return _first_day(day, self.is_working_day)

    def first_day_to_work(self, moment: datetime) -> date:
        """Today where something that comes in now can still be begun, else the next working day."""
        today = timezone.localdate(moment)
        closing = self.closing(today)
        return today if closing and moment < closing else self.working_day(today + _DAY)

    def add_working_days(self, day: date, count: int) -> date:
        """So many working days later; the day itself, or the first working day after it, for 0."""
        day = self.working_day(day)
        for _step in range(count):
            day = self.working_day(day + _DAY)
        return day

    def add_days(self, day: date, count: int) -> date:
        """So many days later, holidays not counted: how long it takes to make something."""
        for _step in range(count):
            day = _first_day(day + _DAY, lambda one: not self.is_holiday(one))
        return day


def _first_day(day: date, is_wanted: Callable[[date], bool]) -> date:
    """The first such day from this one on; this one where none comes for too long."""
    ahead = (day + step * _DAY for step in range(LONGEST_CLOSED))
    return next((one for one in ahead if is_wanted(one)), day)


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


def calendar_of(branch: Branch | None) -> Calendar:
    """Of one branch; None for the Centre as a whole, where only what closes every branch counts."""
    if branch is not None:
        return calendars_of([branch.pk])[branch.pk]
    return Calendar(USUAL_WEEK, tuple(Holiday.objects.filter(branch=None).values_list("first_day", "last_day")))


def calendars_of(branch_pks: Collection[int]) -> dict[int, Calendar]:
    """The calendars of these branches by their primary keys."""
    closed = Holiday.objects.filter(Q(branch=None) | Q(branch=OuterRef("pk"))).order_by("pk")
    rows = Branch.objects.filter(pk__in=branch_pks).order_by("hours__weekday", "hours__opens")
    weeks: dict[int, dict[int, tuple[tuple[time, time], ...]]] = defaultdict(dict)
    calendars = {}
    for pk, preparation_days, weekday, opens, closes, first_days, last_days in rows.values_list(
        "pk",
        "preparation_days",
        "hours__weekday",
        "hours__opens",
        "hours__closes",
        ArraySubquery(closed.values("first_day")),
        ArraySubquery(closed.values("last_day")),
    ):
        if weekday is not None:
            weeks[pk][weekday] = (*weeks[pk].get(weekday, ()), (opens, closes))
        calendars[pk] = Calendar(
            weeks[pk] or USUAL_WEEK, tuple(zip(first_days, last_days, strict=True)), preparation_days
        )
    return calendars
