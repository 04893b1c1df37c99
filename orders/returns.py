"""Pieces that come back: asked for by the buyer, decided, received and refunded by staff.

Locks: Order → Return → Payment → Stock. Units are counted under the order's lock, so that none is asked back twice
nor refunded while it is.
Raises: ``NotReturnable`` with a sentence for the buyer, ``NotPossible`` with one for staff, what ``refunds.decide``
raises, ``locks.Busy``; nothing is written then.
After commit: the mail of each step; the provider is asked for the money, by tasks.
Retry: a step that was taken is refused with its reason; no mail goes twice.
Refunding and putting back on the shelf are two decisions: neither does the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import NoReturn
from dostshop import money
from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, refunds, stock
from orders.models import (
    Fulfilment,
    LineItem,
    Order,
    OrderEvent,
    OrderMail,
    Refund,
    Return,
    ReturnLine,
)
from orders.working_days import Calendar, calendar_of

# The day of receipt is not counted.
DAYS_TO_RETURN = 14


class NotReturnable(Exception):
    """The message says why, for the buyer."""


class NotPossible(Exception):
    """The message says why, for staff."""


@dataclass(frozen=True)
class Offer:
    """What the buyer may do about one line of an order that was received."""

    line: LineItem
    # Units that are neither refunded nor asked back already.
    left: int
    # The last day on which they may be asked back; None while they are not on their way yet.
    until: date | None
    # A sentence; empty where the units that are left may be asked back.
    why_not: str


def offers(order: Order, *, lines: Iterable[LineItem] | None = None) -> list[Offer]:
    """One for each line; ``lines`` are the order's with their fulfilments, where the caller has them."""
    if lines is None:
        lines = order.lines.select_related("fulfilment").order_by("pk")
    lines = list(lines)
    is_sent = order.delivery == Order.Delivery.POST and any(line.fulfilment.handed_over_at for line in lines)
    calendar = calendar_of(None) if is_sent else None
    today = timezone.localdate()
    found = []
    for line in lines:
        until = _last_day(order, line.fulfilment, calendar)
        found.append(Offer(line, line.left_quantity, until, _why_not(order, line, until, today)))
    return found


def _last_day(order: Order, part: Fulfilment, calendar: Calendar | None) -> date | None:
    if part.handed_over_at is None:
        return None
    received = timezone.localdate(part.handed_over_at)
    if calendar is not None:
        # A parcel's days on the way are working days.
        received = calendar.add_working_days(received, order.delivery_days_max or 0)
    return received + timedelta(days=DAYS_TO_RETURN)


def _why_not(order: Order, line: LineItem, until: date | None, today: date) -> str:
    if line.no_return == NoReturn.FOOD:
        return _("Food is not taken back. If something is wrong with it, write to us.")
    if line.no_return == NoReturn.PERSONALISED:
        return _("It was made for you alone, so it is not taken back. If something is wrong with it, write to us.")
    if until is None or order.status not in {Order.Status.PAID, Order.Status.COMPLETED}:
        return _("You can return it once you have received it.")
    if not line.left_quantity:
        return _("It is refunded, or you have asked to return it already.")
    if today > until:
        return _("It could be returned until %(date)s. If something is wrong with it, write to us.") % {
            "date": date_format(until, "j E Y")
        }
    return ""


@short_transaction()
def ask(order_pk: int, *, units: Mapping[int, int], reason: str, text: str = "", actor: User | None = None) -> Return:
    """Writes what the buyer would like to return: units by the line's primary key. Raises NotReturnable."""
    order = Order.objects.locked(order_pk)
    wanted = {pk: quantity for pk, quantity in units.items() if quantity}
    if not wanted or min(wanted.values()) < 0:
        raise NotReturnable(_("Choose what you would like to return."))
    found = {offer.line.pk: offer for offer in offers(order)}
    for pk, quantity in wanted.items():
        if pk not in found:
            raise NotReturnable(_("Choose what you would like to return."))
        _check(found[pk], quantity)
    returned = Return.objects.create(order=order, reason=reason, text=text)
    ReturnLine.objects.bulk_create(
        [ReturnLine(returned=returned, line_id=pk, quantity=quantity) for pk, quantity in wanted.items()]
    )
    for pk, quantity in wanted.items():
        LineItem.objects.filter(pk=pk).update(asked_back_quantity=F("asked_back_quantity") + quantity)
    _tell(returned, OrderEvent.Kind.RETURN_ASKED, OrderMail.Kind.RETURN_ASKED, actor=actor, reason=reason)
    return returned


def _check(offer: Offer, quantity: int) -> None:
    if offer.why_not:
        raise NotReturnable(f"{offer.line.name}: {offer.why_not}")
    if quantity > offer.left:
        sentence = ngettext(
            "%(name)s: %(left)s piece can be returned.", "%(name)s: %(left)s pieces can be returned.", offer.left
        )
        raise NotReturnable(sentence % {"name": offer.line.name, "left": offer.left})


@short_transaction()
def accept(return_pk: int, *, actor: User, answer: str = "") -> None:
    """The buyer may send the pieces or bring them; ``answer`` is read by the buyer."""
    returned = _lock(return_pk)
    if returned.state != Return.State.ASKED:
        raise NotPossible(_already(returned))
    returned.accepted_at, returned.answer, returned.decided_by = timezone.now(), answer, actor
    returned.save(update_fields=["accepted_at", "answer", "decided_by"])
    _tell(returned, OrderEvent.Kind.RETURN_ACCEPTED, OrderMail.Kind.RETURN_ACCEPTED, actor=actor, note=answer)


@short_transaction()
def refuse(return_pk: int, *, actor: User, answer: str) -> None:
    """Also for what was accepted and never came. ``answer`` tells the buyer why."""
    returned = _lock(return_pk)
    if returned.state not in {Return.State.ASKED, Return.State.ACCEPTED}:
        raise NotPossible(_already(returned))
    if not answer.strip():
        raise NotPossible(_("Say why: the buyer reads it."))
    returned.refused_at, returned.answer, returned.decided_by = timezone.now(), answer, actor
    returned.save(update_fields=["refused_at", "answer", "decided_by"])
    _let_go(returned)
    _tell(returned, OrderEvent.Kind.RETURN_REFUSED, OrderMail.Kind.RETURN_REFUSED, actor=actor, note=answer)


@short_transaction()
def receive(return_pk: int, *, actor: User) -> None:
    """The pieces are here. They are not on the shelf yet: ``restock``."""
    returned = _lock(return_pk)
    if returned.accepted_at is None or returned.refused_at:
        raise NotPossible(_("Return %(return)s is not accepted.") % {"return": returned})
    if returned.received_at:
        raise NotPossible(_already(returned))
    returned.received_at = timezone.now()
    returned.save(update_fields=["received_at"])
    _tell(returned, OrderEvent.Kind.RETURN_RECEIVED, OrderMail.Kind.RETURN_RECEIVED, actor=actor)


@short_transaction()
def refund(
    return_pk: int,
    *,
    actor: User,
    delivery: Decimal = money.ZERO,
    deduction: Decimal = money.ZERO,
    note: str = "",
) -> Refund:
    """Gives back the price of every unit of the return. Before it is received too, where nothing is to come back."""
    returned = _lock(return_pk)
    if returned.state not in {Return.State.ACCEPTED, Return.State.RECEIVED}:
        raise NotPossible(_already(returned))
    _let_go(returned)
    what = refunds.Sum(
        {row.line_id: row.quantity for row in returned.lines.all()}, delivery=delivery, deduction=deduction
    )
    reason = Refund.Reason.FAULTY if returned.is_our_fault else Refund.Reason.RETURNED
    returned.refund = refunds.decide(returned.order_id, what=what, reason=reason, note=note, actor=actor)
    returned.save(update_fields=["refund"])
    return returned.refund


@short_transaction()
def restock(return_pk: int, *, units: Mapping[int, int], actor: User) -> None:
    """Puts received units, by the primary key of the return's line, back on the shelf."""
    returned = _lock(return_pk)
    if returned.received_at is None:
        raise NotPossible(_("The pieces of return %(return)s are not here yet.") % {"return": returned})
    rows = {row.pk: row for row in returned.lines.select_related("line")}
    wanted = {rows[pk]: quantity for pk, quantity in units.items() if quantity}
    if not wanted:
        raise NotPossible(_("Choose what goes back on the shelf."))
    if any(quantity > row.unshelved_quantity for row, quantity in wanted.items()):
        raise NotPossible(_("More would go back on the shelf than came back."))
    stock.take_back(returned.order, units={row.line_id: quantity for row, quantity in wanted.items()}, actor=actor)
    for row, quantity in wanted.items():
        ReturnLine.objects.filter(pk=row.pk).update(restocked_quantity=F("restocked_quantity") + quantity)


def _lock(return_pk: int) -> Return:
    order = Order.objects.locked(Return.objects.values_list("order_id", flat=True).get(pk=return_pk))
    returned = Return.objects.locked(return_pk)
    returned.order = order
    return returned


def _let_go(returned: Return) -> None:
    """Its units are no longer asked back."""
    for row in returned.lines.all():
        LineItem.objects.filter(pk=row.line_id).update(asked_back_quantity=F("asked_back_quantity") - row.quantity)


def _tell(returned: Return, kind: str, letter: str, *, actor: User | None, **data: str) -> None:
    returned.order.record(kind, actor=actor, **{"return": returned.pk, **data})
    emails.enqueue(returned.order, letter, about=f"return-{returned.pk}")


def _already(returned: Return) -> str:
    return _("Return %(return)s: %(state)s.") % {"return": returned, "state": returned.state.label}
