"""Statements: what each maker earned, was paid and is owed, told month by month.

Promises: each entry of a maker is told once: in the month of its day or, where that month was told before the entry was
booked, in the next one. So what was owed before, with what is told, makes what is owed after, and that is what the next
month begins with. What is issued is kept word for word in every language. Months are issued one after the other.
Words of thanks are chosen with it and printed from their own rows: a buyer, or a maker whose name is in them, may take
them back.
Locks: LedgerEntry, the whole table, for the moment of reading its last number; then StatementMonth, the whole table.
Raises: ``NotIssued`` with a sentence for staff; ``locks.Busy``. Nothing is written then.
After commit: nothing. Retry: a month is issued once; asked again, it is refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import Max, Min, Model, Prefetch, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from artisans import statement_documents
from artisans.models import (
    Artisan,
    ArtisanPrivate,
    Booking,
    Branch,
    LedgerEntry,
    Payout,
    Statement,
    StatementMonth,
    Thanks,
    last_day,
)
from artisans.statement_documents import Days, Figures
from dostshop import money
from dostshop.accounts.models import User
from dostshop.locks import short_transaction


class NotIssued(Exception):
    """The message says why, for the accountant."""


def open_months() -> list[date]:
    """The first days of the months that are over and not told yet, the latest first."""
    this_month = timezone.localdate().replace(day=1)
    before = StatementMonth.objects.first()
    oldest = _next(before.month) if before else _first_booked().replace(day=1)
    months = []
    while oldest < this_month:
        months.append(oldest)
        oldest = _next(oldest)
    return months[::-1]


def issue(month: date, *, actor: User) -> int:
    """A statement for each maker with anything to tell, and for each of their branches; returns how many makers.

    It tells of the months before too, where these were left out.
    """
    if month >= timezone.localdate().replace(day=1):
        raise NotIssued(_("A month is told once it is over."))
    return _issue(month, up_to=_last_written(), actor=actor)


def preview(artisan: Artisan) -> dict[str, Any]:
    """What would be told today, in the language that is active. It is kept nowhere."""
    today = timezone.localdate()
    before = StatementMonth.objects.first()
    days = Days(_begin(before, today.replace(day=1)), today, is_preview=True)
    thanks = _thanks(days, artisans=artisan)
    [figures] = _figures([artisan], _owed().filter(artisan=artisan), told=_told(before, days), thanks=thanks)
    return statement_documents.of_maker(figures, days)


@short_transaction()
def _last_written() -> int:
    """The number of an entry before which none is still being written."""
    # Numbers are given out before rows can be seen.
    _lock(LedgerEntry, "SHARE")
    return LedgerEntry.objects.aggregate(last=Max("pk"))["last"] or 0


@short_transaction()
def _issue(month: date, *, up_to: int, actor: User) -> int:
    _lock(StatementMonth, "SHARE ROW EXCLUSIVE")
    before = StatementMonth.objects.first()
    if before and month <= before.month:
        raise NotIssued(_("This month or a later one is told already."))
    # Whoever issued the one before may have looked at the ledger later.
    told = StatementMonth.objects.create(month=month, up_to=max(up_to, before.up_to if before else 0), issued_by=actor)
    days = Days(_begin(before, month), told.last)
    owed = _owed().filter(told.told)
    # Who is thanked is told so, even where no money moved.
    thanks = _thanks(days)
    named = Artisan.objects.filter(Q(pk__in=owed.values("artisan")) | Q(pk__in=thanks)).select_related("branch")
    figures = _figures(named, owed, told=_told(before, days), thanks=thanks)
    makers = [one for one in figures if one.opening or one.entries or one.thanks]
    if not makers:
        raise NotIssued(_("There is nothing to tell of this month."))
    Statement.objects.bulk_create([_of_maker(told, one, days) for one in makers], batch_size=500)
    Statement.objects.bulk_create(_of_branches(told, makers, days))
    return len(makers)


def _of_maker(told: StatementMonth, figures: Figures, days: Days) -> Statement:
    return Statement(
        month=told,
        artisan=figures.artisan,
        branch=figures.artisan.branch,
        opening=figures.opening,
        closing=figures.closing,
        content=statement_documents.in_every_language(figures, days),
    )


def _of_branches(told: StatementMonth, makers: Sequence[Figures], days: Days) -> Iterator[Statement]:
    by_branch: dict[Branch, list[Figures]] = defaultdict(list)
    for one in makers:
        by_branch[one.artisan.branch].append(one)
    for branch, of_branch in by_branch.items():
        yield Statement(
            month=told,
            branch=branch,
            opening=sum((one.opening for one in of_branch), money.ZERO),
            closing=sum((one.closing for one in of_branch), money.ZERO),
            content=statement_documents.of_branch(branch, of_branch, days),
        )


def _begin(before: StatementMonth | None, month: date) -> date:
    """The first day that is to be told: months that were left out are told with this one."""
    return _next(before.month) if before else month


def _told(before: StatementMonth | None, days: Days) -> Q:
    """Matches what the opening is made of; before the first statement ever, all that was booked until it begins."""
    return before.told if before else Q(booking__booked_on__lt=days.first)


def _owed() -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(account=LedgerEntry.Account.MAKERS)


def _thanks(days: Days, **whose: Artisan) -> dict[int, list[Thanks]]:
    """Passed on in these days, by maker. Two queries."""
    found: dict[int, list[Thanks]] = defaultdict(list)
    written = Thanks.objects.passed_on(first=days.first, last=days.last).filter(**whose)
    for one in written.prefetch_related(Prefetch("artisans", Artisan.objects.only("pk"))):
        for artisan in one.artisans.all():
            found[artisan.pk].append(one)
    return found


def _figures(
    artisans: Iterable[Artisan], owed: QuerySet[LedgerEntry], *, told: Q, thanks: Mapping[int, list[Thanks]]
) -> list[Figures]:
    """Of these makers, from these entries: those that are told make the opening. Six queries, with the makers."""
    openings = dict(owed.filter(told).order_by().values_list("artisan").annotate(Sum("amount")))
    entries: dict[int | None, list[LedgerEntry]] = defaultdict(list)
    untold = owed.exclude(told)
    for entry in untold.select_related("booking__rule").order_by("booking__booked_on", "pk"):
        entries[entry.artisan_id].append(entry)
    payouts = _payouts(chain.from_iterable(entries.values()))
    prices = _prices(untold)
    artisans = list(artisans)
    names = dict(ArtisanPrivate.objects.filter(pk__in=artisans).values_list("pk", "legal_name"))
    return [
        Figures(
            artisan=artisan,
            legal_name=names.get(artisan.pk, ""),
            opening=-openings.get(artisan.pk, money.ZERO),
            entries=entries[artisan.pk],
            payouts=payouts,
            prices=prices,
            thanks=thanks.get(artisan.pk, []),
        )
        for artisan in artisans
    ]


def _prices(entries: QuerySet[LedgerEntry]) -> dict[tuple[int, str], Decimal]:
    """Of the sales among them: all that is shared of a piece makes its price without its tax."""
    sales = entries.filter(booking__kind=Booking.Kind.SALE).order_by().values("booking")
    shared = LedgerEntry.objects.filter(booking__in=sales).exclude(sku="").order_by()
    totals = shared.values_list("booking", "sku").annotate(Sum("amount"))
    return {(booking, sku): -total for booking, sku, total in totals}


def _payouts(entries: Iterable[LedgerEntry]) -> dict[str, Payout]:
    kinds = {Booking.Kind.PAYOUT, Booking.Kind.REVERSAL}
    return Payout.objects.by_cause(entry.booking.cause for entry in entries if entry.booking.kind in kinds)


def _first_booked() -> date:
    return _owed().aggregate(first=Min("booking__booked_on"))["first"] or timezone.localdate()


def _next(month: date) -> date:
    return last_day(month) + timedelta(days=1)


def _lock(model: type[Model], mode: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {model._meta.db_table} IN {mode} MODE")
