"""Payouts that were written down wrong: another number of the document, or money that did not reach the maker.

Promises: what is booked stays. A number that is corrected, of a reversed payout too, is kept beside the new one, with
who did it, when and why. A payout is reversed once, by a booking of the opposite: the sum is due again, and another
payout pays it.
Locks: Payout by primary key. No maker, for a reversal makes more due. Raises: ``NotPossible`` with a sentence for the
accountant; ``locks.Busy``. Nothing is written then.
After commit: nothing. Retry: what is reversed, or has the number, is refused.
"""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from artisans import earnings, payouts
from artisans.earnings import Cause
from artisans.models import Booking, Payout, PayoutCorrection, PayoutQuerySet
from dostshop.accounts.models import User
from dostshop.locks import short_transaction


class NotPossible(Exception):
    """The message says why, for the accountant."""


@short_transaction()
def correct_number(
    payout_pk: int, *, number: str, reason: PayoutCorrection.Reason, with_others: bool, actor: User
) -> list[Payout]:
    """Of this payout, and ``with_others`` of all that were paid by the same document; returns them as they were."""
    payout, number = Payout.objects.get(pk=payout_pk), number.strip()
    found = Payout.objects.with_document_of(payout)
    wrong = list(_locked(found if with_others else found.filter(pk=payout_pk)))
    if payout_pk not in {one.pk for one in wrong}:
        raise _changed(payout_pk)
    if not number:
        raise NotPossible(_("Type the number of the document."))
    if number == payout.document_number:
        raise NotPossible(_("This is the number that it has."))
    PayoutCorrection.objects.bulk_create(
        PayoutCorrection(payout=one, old_number=one.document_number, new_number=number, reason=reason, made_by=actor)
        for one in wrong
    )
    Payout.objects.filter(pk__in=[one.pk for one in wrong]).update(document_number=number)
    return wrong


@short_transaction()
def reverse(payout_pk: int, *, on: date, reason: Payout.ReversalReason, actor: User) -> None:
    """The maker does not have the money; ``on`` is the day since when the Centre has it again."""
    payout = _locked(Payout.objects.filter(pk=payout_pk, state=Payout.State.PAID)).first()
    if payout is None or payout.paid_on is None:
        raise _changed(payout_pk)
    if not payout.paid_on <= on <= timezone.localdate():
        raise NotPossible(_("A payout is reversed on the day of its payment or later, and not in the future."))
    told = {"reversed_on": on, "reversed_by": actor, "reversal_reason": reason}
    Payout.objects.filter(pk=payout_pk).update(state=Payout.State.REVERSED, **told)
    cause = Cause(name=payout.reversal_cause, kind=Booking.Kind.REVERSAL, on=on)
    earnings.book(cause, [entry.opposite() for entry in payouts.entries(payout)])


def _locked(found: PayoutQuerySet) -> PayoutQuerySet:
    return found.order_by("pk").select_for_update(of=("self",), no_key=True)


def _changed(payout_pk: int) -> NotPossible:
    """It is not paid, or its number was corrected at this moment."""
    payout = Payout.objects.get(pk=payout_pk)
    if payout.state == Payout.State.PAID:
        return NotPossible(_("Somebody has corrected the number of this payout meanwhile. Look at it again."))
    state = payout.get_state_display()
    return NotPossible(_("This payout is %(state)s: nothing of it can be corrected.") % {"state": state})
