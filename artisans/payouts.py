"""Paying makers what they are owed: approved by whoever checks the sum, then paid and booked.

Promises: no payout is above what is due at that moment, and two people who pay the same maker at once pay once. What is
paid is booked in the same transaction; a refund that comes later makes the balance negative, and the next sales make it
up again: nobody is asked for money back.
Locks: Artisan. Raises: ``NotPossible`` with a sentence for staff; ``locks.Busy``. Nothing is written then.
After commit: nothing. Retry: an approved payout is paid once; asked again, it is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from artisans import earnings
from artisans.earnings import Cause, Entry
from artisans.models import Artisan, ArtisanPrivate, Booking, LedgerEntry, Payout
from dostshop import money
from dostshop.accounts.models import User
from dostshop.locks import short_transaction


class NotPossible(Exception):
    """The message says why, for the accountant."""


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
        for maker in found.defer("story", "place", "affiliation")
        if owed[maker.pk] or maker.approved
    ]


@dataclass(frozen=True)
class ToPay:
    """An approved payout, and why it cannot be paid now, if it cannot."""

    payout: Payout
    obstacle: str


def to_pay() -> list[ToPay]:
    """All that is approved and not paid, by branch and code. Two queries."""
    owed = earnings.balances()
    approved = Payout.objects.open().select_related("artisan__branch", "approved_by")
    with_account = ArtisanPrivate.objects.filter(artisan=OuterRef("artisan"), payout_details__regex=r"\S")
    found = approved.annotate(is_paused=Exists(_paused("artisan")), has_account=Exists(with_account)).order_by(
        "artisan__branch__name", "artisan__branch", "artisan__code"
    )
    return [ToPay(payout, _obstacle(payout, owed.get(payout.artisan_id, money.ZERO))) for payout in found]


def _obstacle(payout: Any, owed: Decimal) -> str:
    if payout.is_paused:
        return _("Payouts to this maker are paused.")
    if payout.method == Payout.Method.BANK and not payout.has_account:
        return _("No bank account of this maker is recorded.")
    return _above_due(owed, payout.amount) if payout.amount > owed else ""


def _paused(key: str = "pk") -> QuerySet[ArtisanPrivate]:
    return ArtisanPrivate.objects.filter(artisan=OuterRef(key), payouts_paused=True)


@short_transaction()
def approve(artisan_pk: int, *, method: Payout.Method, actor: User, amount: Decimal | None = None) -> Payout:
    """All that is due, or ``amount`` of it."""
    artisan = _locked(artisan_pk)
    private = ArtisanPrivate.objects.filter(artisan=artisan).first()
    _refuse_paused(artisan, private)
    if artisan.payouts.open().exists():
        raise NotPossible(_("A payout to %(maker)s is approved already. Pay or cancel it first.") % {"maker": artisan})
    balance = earnings.balance(artisan.pk)
    wanted = balance if amount is None else amount
    if wanted <= 0:
        raise NotPossible(_("Nothing is due to %(maker)s.") % {"maker": artisan})
    _refuse_above(balance, wanted)
    _refuse_without_account(artisan, private, method)
    return Payout.objects.create(artisan=artisan, amount=wanted, method=method, approved_by=actor)


@short_transaction()
def pay(payout_pk: int, *, document_number: str, paid_on: date, actor: User) -> None:
    """The maker has the money, and a paper with this number says so."""
    payout = _locked_open(payout_pk)
    if not document_number.strip():
        raise NotPossible(_("Type the number of the document."))
    if not timezone.localdate(payout.approved_at) <= paid_on <= timezone.localdate():
        raise NotPossible(_("A payout is paid on the day of its approval or later, and not in the future."))
    private = ArtisanPrivate.objects.filter(artisan=payout.artisan_id).first()
    _refuse_paused(payout.artisan, private)
    _refuse_without_account(payout.artisan, private, payout.method)
    _refuse_above(earnings.balance(payout.artisan_id), payout.amount)
    payout.state, payout.document_number = Payout.State.PAID, document_number.strip()
    payout.paid_on, payout.paid_by = paid_on, actor
    payout.save()
    cause = Cause(name=f"payout-{payout.pk}", kind=Booking.Kind.PAYOUT, on=paid_on)
    makers, here = LedgerEntry.Account.MAKERS, LedgerEntry.Account.MONEY
    entries = [
        Entry(account=makers, amount=payout.amount, artisan_pk=payout.artisan_id),
        Entry(account=here, amount=-payout.amount, held_at=payout.method),
    ]
    earnings.book(cause, entries)


@short_transaction()
def cancel(payout_pk: int) -> None:
    """Approved by mistake, or not fetched: the sum is due again."""
    payout = _locked_open(payout_pk)
    payout.state = Payout.State.CANCELLED
    payout.save(update_fields=["state"])


def _locked(artisan_pk: int) -> Artisan:
    artisan = Artisan.objects.select_for_update(of=("self",), no_key=True).filter(pk=artisan_pk).first()
    if artisan is None:
        raise NotPossible(_("There is no such maker."))
    return artisan


def _locked_open(payout_pk: int) -> Payout:
    _locked(Payout.objects.values_list("artisan_id", flat=True).get(pk=payout_pk))
    payout = Payout.objects.select_related("artisan").get(pk=payout_pk)
    if payout.state != Payout.State.APPROVED:
        sentence = _("This payout is %(state)s already.")
        raise NotPossible(sentence % {"state": payout.get_state_display()})
    return payout


def _refuse_paused(artisan: Artisan, private: ArtisanPrivate | None) -> None:
    if private and private.payouts_paused:
        raise NotPossible(_("Payouts to %(maker)s are paused.") % {"maker": artisan})


def _refuse_without_account(artisan: Artisan, private: ArtisanPrivate | None, method: str) -> None:
    if method == Payout.Method.BANK and not (private and private.payout_details.strip()):
        raise NotPossible(_("No bank account of %(maker)s is recorded.") % {"maker": artisan})


def _refuse_above(balance: Decimal, wanted: Decimal) -> None:
    if wanted > balance:
        raise NotPossible(_above_due(balance, wanted))


def _above_due(balance: Decimal, wanted: Decimal) -> str:
    sums = {"due": money.text(balance), "wanted": money.text(wanted)}
    return _("%(due)s are due, and %(wanted)s would be paid.") % sums


def above_threshold(*, month: date) -> list[ArtisanPrivate]:
    """Makers who were paid more in that month than the sum of which their social worker wants to hear."""
    paid = Payout.objects.filter(state=Payout.State.PAID, paid_on__year=month.year, paid_on__month=month.month)
    sums = dict(paid.order_by().values_list("artisan").annotate(Sum("amount")))
    watched = ArtisanPrivate.objects.filter(monthly_threshold__isnull=False, pk__in=sums)
    return [record for record in watched if sums[record.pk] > (record.monthly_threshold or money.ZERO)]


def disagreements() -> Iterator[str]:
    """Payouts of which the ledger says something else, or that it alone knows: a sentence for each. Two queries."""
    told = Payout.objects.filter(state=Payout.State.PAID).values_list("pk", "artisan__code", "amount")
    paid = {f"payout-{pk}": f"{amount} to {code}" for pk, code, amount in told}
    entries = LedgerEntry.objects.filter(account=LedgerEntry.Account.MAKERS, booking__kind=Booking.Kind.PAYOUT)
    rows = entries.order_by("pk").values_list("booking__cause", "artisan__code", "amount")
    booked = {cause: f"{amount} to {code}" for cause, code, amount in rows}
    for cause in sorted({*paid, *booked}):
        if paid.get(cause) != booked.get(cause):
            yield f"{cause}: paid {paid.get(cause, 'nothing')}, and the ledger says {booked.get(cause, 'nothing')}"
