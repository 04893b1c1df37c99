"""By when the branches have an order ready, and what the shopper is told of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from catalog.models import Product
from orders.models import Fulfilment, Order
from orders.working_days import Calendar, calendar_of, calendars_of

# Working days on the road from one branch to another, until the pieces lie there ready to be picked up.
TRANSFER_DAYS = 3


@dataclass(frozen=True)
class Promise:
    # The day by which each branch has packed its part, by the branch's primary key.
    due_on: Mapping[int, date]
    # The day from which everything can be picked up, or by which it has been sent.
    promised_on: date


@dataclass(frozen=True)
class Forecast:
    """What can be promised for some products if work on them begins now."""

    # Days to make what is made to order, by the branch's primary key.
    making: Mapping[int, int]
    # Of those branches, and of those where pickup was asked about.
    calendars: Mapping[int, Calendar]
    now: datetime

    @cached_property
    def road(self) -> Calendar:
        """The working days of the post; read when first asked for."""
        return calendar_of(None)

    def promise(self, pickup_branch_pk: int | None) -> Promise:
        """For pickup at this branch; None for parcels.

        What is made to order is made first, on any day that is no holiday; then a branch prepares its part on working
        days; what is picked up at another branch travels there.
        """
        due = {}
        for branch, days in self.making.items():
            calendar = self.calendars[branch]
            made_on = calendar.add_days(calendar.first_day_to_work(self.now), days)
            due[branch] = calendar.add_working_days(made_on, calendar.preparation_days)
        if pickup_branch_pk is None:
            return Promise(due, max(due.values()))
        at_pickup = self.calendars[pickup_branch_pk]
        there = [at_pickup.add_working_days(day, TRANSFER_DAYS * (pk != pickup_branch_pk)) for pk, day in due.items()]
        return Promise(due, max(there))

    def arrival(self, days_min: int, days_max: int) -> tuple[date, date]:
        """Between which days everything is at the buyer's door that is so many working days on the way."""
        sent_on = self.promise(None).promised_on
        return self.road.add_working_days(sent_on, days_min), self.road.add_working_days(sent_on, days_max)


def days_of_making(product: Product) -> int:
    """Before it can be prepared; none for what lies on the shelf."""
    return product.lead_time_days if product.kind == Product.Kind.MADE_TO_ORDER else 0


def forecast(products: Iterable[Product], *, pickups: Iterable[int | None], now: datetime) -> Forecast:
    """For pickup at these branches, None for none, and for parcels; in one query, and another for the road."""
    making: dict[int, int] = defaultdict(int)
    for product in products:
        making[product.branch_id] = max(making[product.branch_id], days_of_making(product))
    return _forecast(making, pickups=pickups, now=now)


def _forecast(making: Mapping[int, int], *, pickups: Iterable[int | None], now: datetime) -> Forecast:
    return Forecast(making, calendars_of({*making, *(pk for pk in pickups if pk is not None)}), now)


def promise(products: Iterable[Product], *, pickup_branch_pk: int | None, now: datetime) -> Promise:
    """What can be promised for these products, for one way of getting them."""
    return forecast(products, pickups=[pickup_branch_pk], now=now).promise(pickup_branch_pk)


def make(order: Order) -> None:
    """Promises the days of an order that is paid now, unless they were promised when it was placed.

    From what was sold: its product may have moved to another branch since, or be made in another time.
    """
    if order.promised_on is not None:
        return
    parts = list(order.fulfilments.prefetch_related("lines"))
    making = {part.branch_id: max((line.lead_time_days for line in part.lines.all()), default=0) for part in parts}
    pickup_pk = order.pickup_branch_id
    made = _forecast(making, pickups=[pickup_pk], now=timezone.now()).promise(pickup_pk)
    for part in parts:
        part.due_on = made.due_on[part.branch_id]
    Fulfilment.objects.bulk_update(parts, ["due_on"])
    order.promised_on = made.promised_on
    order.save(update_fields=["promised_on"])


def forget(order: Order) -> None:
    """Of an order whose time to pay ran out: paid after all, it is promised anew. Call with the order locked."""
    order.fulfilments.update(due_on=None)
    order.promised_on = None
    order.save(update_fields=["promised_on"])
