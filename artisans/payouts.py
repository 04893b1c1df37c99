"""Paying makers what they are owed: approved by whoever checks the sum, then paid and booked.

Promises: no payout is above what is due at that moment, and two people who pay the same maker at once pay once. What is
paid is booked in the same transaction; a refund that comes later makes the balance negative, and the next sales make it
up again: nobody is asked for money back.
Locks: Artisan by primary key, and waits for none: whoever's maker is locked is refused. Raises: ``locks.Busy``, and
nothing is written then. Each step is taken with many at once, in as many queries as with one; what is refused comes
back with a sentence, and the others go through.
After commit: nothing. Retry: an approved payout is paid once; asked again, it is refused.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from artisans import earnings
from artisans.earnings import Cause, Entry
from artisans.models import Artisan, ArtisanPrivate, Booking, LedgerEntry, Payout
from dostshop import iban, money
from dostshop.accounts.models import User
from dostshop.locks import short_transaction

BUSY = gettext_lazy("Somebody else is at this maker at this moment. Try again.")
_TEXTS = ("story", "place", "affiliation")


@dataclass(frozen=True)
class Taken:
    """The payouts that a step was taken with; of each other why not, in a sentence that begins with whose it is."""

    done: Sequence[Payout]
    refused: Sequence[str]


@dataclass(frozen=True)
class Standing:
    """What there is between the Centre and a maker."""

    artisan: Artisan
    # Negative where a refund came after the payout.
    owed: Decimal
    approved: Decimal
    is_paused: bool

    @property
    def due(self) -> Decimal:
        return self.owed - self.approved

    @property
    def can_be_approved(self) -> bool:
        return self.due > 0 and not self.approved and not self.is_paused


def standings() -> list[Standing]:
    """Of all who are owed something or owe something, by branch and code. Two queries."""
    owed = earnings.balances()
    approved = Payout.objects.open().filter(artisan=OuterRef("pk")).values("amount")
    makers = Artisan.objects.filter(pk__in=owed).select_related("branch").order_by("branch__name", "branch", "code")
    found = makers.annotate(approved=Subquery(approved), is_paused=Exists(_paused()))
    return [
        Standing(maker, owed[maker.pk], maker.approved or money.ZERO, maker.is_paused)
        for maker in found.defer(*_TEXTS)
        if owed[maker.pk] or maker.approved
    ]


@dataclass(frozen=True)
class ToPay:
    """An approved payout, and why it cannot be paid now, if it cannot."""

    payout: Payout
    obstacle: str


def to_pay() -> list[ToPay]:
    """All that is approved and not paid, by branch and code. Three queries."""
    approved = Payout.objects.open().select_related("artisan__branch", "approved_by")
    found = list(approved.order_by("artisan__branch__name", "artisan__branch", "artisan__code"))
    makers = _Makers.of([payout.artisan_id for payout in found])
    return [ToPay(payout, makers.obstacle(payout)) for payout in found]


@dataclass(frozen=True)
class _Makers:
    """What keeps them from being paid."""

    owed: Mapping[int, Decimal]
    private: Mapping[int, ArtisanPrivate]

    @classmethod
    def of(cls, artisan_pks: Collection[int]) -> "_Makers":
        """Two queries."""
        return cls(earnings.balances(artisan_pks), ArtisanPrivate.objects.in_bulk(artisan_pks))

    def obstacle(self, payout: Payout) -> str:
        """Why this cannot be paid now, if it cannot."""
        private, owed = self.private.get(payout.artisan_id), self.owed.get(payout.artisan_id, money.ZERO)
        if private and private.payouts_paused:
            return _("Payouts to %(maker)s are paused.") % {"maker": payout.artisan}
        if payout.method == Payout.Method.BANK and not (private and private.payout_details.strip()):
            return _("No bank account of %(maker)s is recorded.") % {"maker": payout.artisan}
        if payout.method == Payout.Method.BANK and private and not iban.is_told_in(private.payout_details):
            sentence = _("No account number (IBAN) that can be right stands in the payout details of %(maker)s.")
            return sentence % {"maker": payout.artisan}
        if payout.amount > owed:
            sums = {"due": money.text(owed), "wanted": money.text(payout.amount)}
            return _("%(due)s are due, and %(wanted)s would be paid.") % sums
        return ""


def _paused() -> QuerySet[ArtisanPrivate]:
    return ArtisanPrivate.objects.filter(artisan=OuterRef("pk"), payouts_paused=True)


@short_transaction()
def approve(sums: Mapping[int, Decimal], *, method: Payout.Method, actor: User) -> Taken:
    """So much to each maker, by primary key. Five queries and the transaction's."""
    artisans, refused = _locked(sums)
    approved = set(Payout.objects.open().filter(artisan__in=artisans).values_list("artisan", flat=True))
    makers = _Makers.of(artisans)
    wanted = []
    for artisan in artisans.values():
        payout = Payout(artisan=artisan, amount=sums[artisan.pk], method=method, approved_by=actor)
        if artisan.pk in approved:
            why = _("A payout to %(maker)s is approved already. Pay or cancel it first.") % {"maker": artisan}
        elif payout.amount <= 0:
            why = _("Nothing is due to %(maker)s.") % {"maker": artisan}
        else:
            why = makers.obstacle(payout)
        if why:
            refused.append(f"{artisan.code}: {why}")
        else:
            wanted.append(payout)
    return Taken(Payout.objects.bulk_create(wanted), refused)


@short_transaction()
def pay(payout_pks: Collection[int], *, document_number: str, paid_on: date, actor: User) -> Taken:
    """The makers have the money, and a paper with this number says so. Eight queries and the transaction's."""
    payouts, refused = _locked_open(payout_pks)
    makers = _Makers.of([payout.artisan_id for payout in payouts])
    number, paid = document_number.strip(), []
    for payout in payouts:
        if why := _wrong_paper(payout, number, paid_on) or makers.obstacle(payout):
            refused.append(f"{payout}: {why}")
        else:
            paid.append(payout)
    told = {"document_number": number, "paid_on": paid_on, "paid_by": actor}
    Payout.objects.filter(pk__in=[payout.pk for payout in paid]).update(state=Payout.State.PAID, **told)
    kind = Booking.Kind.PAYOUT
    earnings.book_all([(Cause(name=one.cause, kind=kind, on=paid_on), entries(one)) for one in paid])
    return Taken(paid, refused)


def _wrong_paper(payout: Payout, number: str, paid_on: date) -> str:
    if not number:
        return _("Type the number of the document.")
    if not timezone.localdate(payout.approved_at) <= paid_on <= timezone.localdate():
        return _("A payout is paid on the day of its approval or later, and not in the future.")
    return ""


def entries(payout: Payout) -> list[Entry]:
    """What is booked as it is paid."""
    makers, here = LedgerEntry.Account.MAKERS, LedgerEntry.Account.MONEY
    return [
        Entry(account=makers, amount=payout.amount, artisan_pk=payout.artisan_id),
        Entry(account=here, amount=-payout.amount, held_at=payout.method),
    ]


@short_transaction()
def cancel(payout_pks: Collection[int]) -> Taken:
    """Approved by mistake, or not fetched: the sums are due again."""
    payouts, refused = _locked_open(payout_pks)
    Payout.objects.filter(pk__in=[payout.pk for payout in payouts]).update(state=Payout.State.CANCELLED)
    return Taken(payouts, refused)


def _locked(artisan_pks: Collection[int]) -> tuple[dict[int, Artisan], list[str]]:
    """The makers by primary key; of each whom somebody else has locked, or who is none, a sentence."""
    wanted = Artisan.objects.filter(pk__in=artisan_pks).defer(*_TEXTS).order_by("pk")
    # Many rows, each waited for, would take longer than a request may.
    rows = wanted.select_for_update(of=("self",), no_key=True, skip_locked=True)
    locked = {artisan.pk: artisan for artisan in rows}
    missing = set(artisan_pks) - locked.keys()
    if not missing:
        return locked, []
    refused = [f"{code}: {BUSY}" for code in wanted.filter(pk__in=missing).values_list("code", flat=True)]
    return locked, refused + [_("There is no such maker.")] * (len(missing) - len(refused))


def _locked_open(payout_pks: Collection[int]) -> tuple[list[Payout], list[str]]:
    """Those that are approved; of each other a sentence."""
    wanted = Payout.objects.filter(pk__in=payout_pks).order_by("pk")
    artisans, refused = _locked(set(wanted.values_list("artisan", flat=True)))
    found = []
    for payout in wanted.filter(artisan__in=artisans):
        payout.artisan = artisans[payout.artisan_id]
        if payout.state == Payout.State.APPROVED:
            found.append(payout)
        else:
            why = _("This payout is %(state)s already.") % {"state": payout.get_state_display()}
            refused.append(f"{payout}: {why}")
    return found, refused


def above_threshold(*, month: date) -> list[ArtisanPrivate]:
    """Makers who were paid more in that month than the sum of which their social worker wants to hear."""
    paid = Payout.objects.filter(state=Payout.State.PAID, paid_on__year=month.year, paid_on__month=month.month)
    sums = dict(paid.order_by().values_list("artisan").annotate(Sum("amount")))
    watched = ArtisanPrivate.objects.filter(monthly_threshold__isnull=False, pk__in=sums)
    return [record for record in watched if sums[record.pk] > (record.monthly_threshold or money.ZERO)]


def disagreements() -> Iterator[str]:
    """Payouts of which the ledger says something else, or that it alone knows: a sentence for each. Two queries."""
    paid = {}
    for payout in Payout.objects.booked().select_related("artisan").defer(*(f"artisan__{text}" for text in _TEXTS)):
        paid[payout.cause] = f"{payout.amount} to {payout.artisan.code}"
        if payout.state == Payout.State.REVERSED:
            paid[payout.reversal_cause] = f"{-payout.amount} to {payout.artisan.code}"
    kinds = [Booking.Kind.PAYOUT, Booking.Kind.REVERSAL]
    told = LedgerEntry.objects.filter(account=LedgerEntry.Account.MAKERS, booking__kind__in=kinds)
    rows = told.order_by("pk").values_list("booking__cause", "artisan__code", "amount")
    booked = {cause: f"{amount} to {code}" for cause, code, amount in rows}
    for cause in sorted({*paid, *booked}):
        if paid.get(cause) != booked.get(cause):
            yield f"{cause}: paid {paid.get(cause, 'nothing')}, and the ledger says {booked.get(cause, 'nothing')}"
