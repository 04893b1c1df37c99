"""By when the branches have an order ready, and what the shopper is told of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from catalog.models import Product
from orders.models import Fulfilment, Order
from orders.working_days import calendars_of

# Working days on the road from one branch to another, until the pieces lie there ready to be picked up.
TRANSFER_DAYS = 3


@dataclass(frozen=True)
class Promise:
    # The day by which each branch has packed its part, by the branch's primary key.
    due_on: Mapping[int, date]
    # The day from which everything can be picked up, or by which it has been sent.
    promised_on: date


def days_of_making(product: Product) -> int:
    """Before it can be prepared; none for what lies on the shelf."""
    return product.lead_time_days if product.kind == Product.Kind.MADE_TO_ORDER else 0


def promise(products: Iterable[Product], *, pickup_branch_pk: int | None, now: datetime) -> Promise:
    """What can be promised for these products if work on them begins now."""
    making: dict[int, int] = defaultdict(int)
    for product in products:
        making[product.branch_id] = max(making[product.branch_id], days_of_making(product))
    return _promise(making, pickup_branch_pk=pickup_branch_pk, now=now)


def _promise(making: Mapping[int, int], *, pickup_branch_pk: int | None, now: datetime) -> Promise:
    """From the days of making at each branch.

    What is made to order is made first, on any day that is no holiday; then a branch prepares its part on working
    days; what is picked up at another branch travels there.
    """
    calendars = calendars_of({*making, *([pickup_branch_pk] if pickup_branch_pk else [])})
    due = {}
    for branch, days in making.items():
        calendar = calendars[branch]
        made_on = calendar.add_days(calendar.first_day_to_work(now), days)
        due[branch] = calendar.add_working_days(made_on, calendar.preparation_days)
    if pickup_branch_pk is None:
        return Promise(due, max(due.values()))
    at_pickup = calendars[pickup_branch_pk]
    there = [at_pickup.add_working_days(day, TRANSFER_DAYS * (pk != pickup_branch_pk)) for pk, day in due.items()]
    return Promise(due, max(there))


def make(order: Order) -> None:
    """Promises the days of an order that is paid now, unless they were promised when it was placed.

    From what was sold: its product may have moved to another branch since, or be made in another time.
    """
    if order.promised_on is not None:
        return
    parts = list(order.fulfilments.prefetch_related("lines"))
    making = {part.branch_id: max((line.lead_time_days for line in part.lines.all()), default=0) for part in parts}
    made = _promise(making, pickup_branch_pk=order.pickup_branch_id, now=timezone.now())
    for part in parts:
        part.due_on = made.due_on[part.branch_id]
    Fulfilment.objects.bulk_update(parts, ["due_on"])
    order.promised_on = made.promised_on
    order.save(update_fields=["promised_on"])
