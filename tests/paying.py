"""Payouts one at a time, for tests; the shop takes each step with many at once."""

from datetime import date
from decimal import Decimal

from django.utils import timezone

from artisans import earnings, payout_corrections, payouts
from artisans.models import Payout
from artisans.payouts import Taken
from dostshop.accounts.models import User
from tests.factories import UserFactory

CASH = Payout.Method.CASH


class Refused(Exception):
    """With the sentence for the accountant."""


def balance(artisan_pk: int) -> Decimal:
    return earnings.balances([artisan_pk]).get(artisan_pk, Decimal())


def approve(
    artisan_pk: int, *, method: Payout.Method = CASH, actor: User | None = None, amount: Decimal | None = None
) -> Payout:
    """All that is due, or ``amount`` of it."""
    sums = {artisan_pk: balance(artisan_pk) if amount is None else amount}
    return _only(payouts.approve(sums, method=method, actor=actor or UserFactory.create()))


def pay(
    payout_pk: int, *, document_number: str = "KM-17", paid_on: date | None = None, actor: User | None = None
) -> None:
    day = paid_on or timezone.localdate()
    _only(payouts.pay([payout_pk], document_number=document_number, paid_on=day, actor=actor or UserFactory.create()))


def cancel(payout_pk: int) -> None:
    _only(payouts.cancel([payout_pk]))


def reverse(
    payout_pk: int,
    *,
    on: date | None = None,
    reason: Payout.ReversalReason = Payout.ReversalReason.SENT_BACK,
    actor: User | None = None,
) -> None:
    day = on or timezone.localdate()
    payout_corrections.reverse(payout_pk, on=day, reason=reason, actor=actor or UserFactory.create())


def _only(taken: Taken) -> Payout:
    if taken.refused:
        raise Refused(*taken.refused)
    [payout] = taken.done
    return payout
