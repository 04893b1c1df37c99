"""What was sold by week, craft and branch, as the ledger has it. Nothing is written here.

Prices of pieces without VAT and without delivery; what a refund took back is taken off in the week of the refund.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, TruncWeek
from django.utils import timezone

from artisans.models import Booking, Branch, LedgerEntry
from catalog.models import Craft, Variant
from dostshop import money


@dataclass(frozen=True)
class Sales:
    # By the Monday that it begins with; weeks without a sale too.
    by_week: dict[date, Decimal]
    # By name, the largest first. Techniques count as their craft.
    by_craft: list[tuple[str, Decimal]]
    by_branch: list[tuple[str, Decimal]]


def of_last_weeks(branches: Collection[int] | None, *, weeks: int) -> Sales:
    """So many weeks up to today's, of what these branches kept; None for all. Three queries."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=weeks - 1)
    by_week = {first + timedelta(weeks=number): money.ZERO for number in range(weeks)}
    by_craft: dict[Any, Decimal] = defaultdict(lambda: money.ZERO)
    by_branch: dict[Any, Decimal] = defaultdict(lambda: money.ZERO)
    for week, craft, branch, owed in _sums(branches, first):
        by_week[week] -= owed
        by_craft[craft] -= owed
        by_branch[branch] -= owed
    return Sales(by_week, _named(Craft, by_craft), _named(Branch, by_branch))


def _sums(branches: Collection[int] | None, first: date) -> Any:
    """What each gets of the price of a piece is a credit, and what a refund takes back a debit."""
    kinds = [Booking.Kind.SALE, Booking.Kind.REFUND]
    entries = LedgerEntry.objects.filter(booking__kind__in=kinds, booking__booked_on__gte=first).exclude(sku="")
    if branches is not None:
        entries = entries.filter(branch__in=branches)
    of_piece = Variant.objects.filter(sku=OuterRef("sku"))
    craft = of_piece.values_list(Coalesce("product__craft__parent", "product__craft"))
    dated = entries.order_by().annotate(week=TruncWeek("booking__booked_on"), craft=Subquery(craft))
    return dated.values_list("week", "craft", "branch").annotate(owed=Sum("amount"))


def _named(model: type[Model], sums: Mapping[Any, Decimal]) -> list[tuple[str, Decimal]]:
    """What is of no craft any more, because the piece has another SKU by now, goes without a name."""
    rows = model._default_manager.in_bulk([key for key in sums if key])
    named = [(str(rows.get(key, "–")), amount) for key, amount in sums.items()]
    return sorted(named, key=lambda one: -one[1])
