"""Who is owed what: shares of a sale to the qəpik, and the ledger that they are written into.

Promises: a booking is written whole or not at all, its entries sum to zero, and a cause is booked once; the database
refuses anything else. Nothing that is booked is changed: a correction is one more booking.
Locks: none, for rows are only inserted. Call it in the transaction of what causes it, after all locks.
Raises: ``IntegrityError`` for a cause that is booked already, and at the commit for a booking that is not zero in sum.
After commit: nothing. Retry: what was rolled back is booked anew.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from django.core.cache import cache
from django.db.models import DateField, Min, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from artisans.models import Booking, EarningsRule, LedgerEntry
from dostshop import money

Account = LedgerEntry.Account
# Of fewer, nothing is told: who knows one of them could reckon the rest.
FEWEST_MAKERS = 5
MINUTES_OLD = 10


@dataclass(frozen=True, kw_only=True)
class Item:
    """So many units of what was sold, by its names in each language; negative where they go back."""

    sku: str
    quantity: int
    branch_pk: int | None
    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of a booking; a positive amount is a debit. One of nothing is not written."""

    account: LedgerEntry.Account
    amount: Decimal
    artisan_pk: int | None = None
    held_at: str = ""
    item: Item | None = None

    def opposite(self) -> "Entry":
        item = self.item and Item(**{**vars(self.item), "quantity": -self.item.quantity})
        return Entry(**{**vars(self), "amount": -self.amount, "item": item})


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What is booked. Its name, such as “payment-12”, is booked once."""

    name: str
    kind: Booking.Kind
    order_code: str = ""
    rule: EarningsRule | None = None
    # Today, unless it is booked later than it happened.
    on: date | None = None


def book(cause: Cause, entries: Sequence[Entry]) -> Booking:
    [booking] = book_all([(cause, entries)])
    return booking


def book_all(causes: Sequence[tuple[Cause, Sequence[Entry]]]) -> list[Booking]:
    """A booking for each cause, in two queries."""
    written = [[entry for entry in entries if entry.amount] for _cause, entries in causes]
    bookings = Booking.objects.bulk_create(
        Booking(
            cause=cause.name,
            kind=cause.kind,
            order_code=cause.order_code,
            rule=cause.rule,
            booked_on=cause.on or timezone.localdate(),
            size=len(entries),
        )
        for (cause, _entries), entries in zip(causes, written, strict=True)
    )
    rows = zip(bookings, written, strict=True)
    LedgerEntry.objects.bulk_create([_row(booking, entry) for booking, entries in rows for entry in entries])
    return bookings


def _row(booking: Booking, entry: Entry) -> LedgerEntry:
    row = LedgerEntry(
        booking=booking,
        account=entry.account,
        amount=entry.amount,
        artisan_id=entry.artisan_pk,
        held_at=entry.held_at,
    )
    if entry.item:
        row.sku, row.quantity, row.branch_id = entry.item.sku, entry.item.quantity, entry.item.branch_pk
        for language, name in entry.item.names:
            setattr(row, f"item_{language}", name)
    return row


def split(amount: Decimal, *, by: Sequence[Decimal]) -> list[Decimal]:
    """The amount in proportion to ``by``, in whole qəpik that make it up exactly.

    What rounding down leaves goes to the largest fractions, and among equal ones to the first.
    """
    whole = sum(by)
    exact = [money.to_minor_units(amount) * weight / whole for weight in by]
    parts = [int(one) for one in exact]
    left = money.to_minor_units(amount) - sum(parts)
    for place in sorted(range(len(by)), key=lambda place: parts[place] - exact[place])[:left]:
        parts[place] += 1
    return [money.from_minor_units(part) for part in parts]


@dataclass(frozen=True)
class Shares:
    """What each gets of a price without its tax. Sums to it."""

    makers: Decimal
    centre: Decimal
    materials: Decimal


def share(net: Decimal, *, rule: EarningsRule) -> Shares:
    return Shares(*split(net, by=[rule.makers, rule.centre, rule.materials]))


def balances(artisan_pks: Collection[int] | None = None) -> dict[int, Decimal]:
    """What each maker is owed, or each of these, by primary key; negative where a refund came after the payout.

    Whoever nothing was ever booked for is not in it. One query.
    """
    owed = LedgerEntry.objects.filter(account=Account.MAKERS).order_by()
    if artisan_pks is not None:
        owed = owed.filter(artisan__in=artisan_pks)
    return {pk: -total for pk, total in owed.values_list("artisan").annotate(Sum("amount"))}


@dataclass(frozen=True)
class Together:
    """What many makers earned together."""

    paid: Decimal
    pieces: int


def together() -> Together | None:
    """What was booked as paid out to makers until the end of last month, and how many of their pieces are sold, as the
    world may know it. None while it is of fewer than ``FEWEST_MAKERS``; at most ten minutes old.
    """
    return cache.get_or_set("earnings.together", _together, MINUTES_OLD * 60)


def _together() -> Together | None:
    paid = _paid_to_many()
    if paid <= 0:
        return None
    sold = LedgerEntry.objects.filter(
        account=Account.MAKERS, booking__kind__in=[Booking.Kind.SALE, Booking.Kind.REFUND]
    )
    # A piece of several makers is one piece.
    units = sold.order_by().values("booking", "sku").annotate(units=Min("quantity"))
    return Together(paid, units.aggregate(total=Sum("units"))["total"] or 0)


def _paid_to_many() -> Decimal:
    """By the months in which it was booked, each counted once it is of enough makers, alone or with those before it.

    So no two sums that were ever shown differ by what fewer of them were paid: what is typed in late, with a day of a
    month that is shown, is of the month in which it was typed in. So is what was reversed.
    """
    kinds = [Booking.Kind.PAYOUT, Booking.Kind.REVERSAL]
    payouts = LedgerEntry.objects.filter(account=Account.MAKERS, booking__kind__in=kinds)
    booked = payouts.annotate(month=TruncMonth("booking__booked_at", output_field=DateField()))
    over = booked.filter(month__lt=timezone.localdate().replace(day=1)).order_by("month")
    rows = over.values_list("month", "artisan").annotate(Sum("amount"))
    shown = money.ZERO
    waiting: dict[int, Decimal] = defaultdict(Decimal)
    for _month, of_month in groupby(rows, key=itemgetter(0)):
        for _same, artisan_pk, amount in of_month:
            waiting[artisan_pk] += amount
        # Whose payouts were all reversed adds nothing, and hides nobody.
        sums = [amount for amount in waiting.values() if amount]
        if len(sums) >= FEWEST_MAKERS:
            shown += sum(sums)
            waiting.clear()
    return shown
