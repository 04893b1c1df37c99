"""Pieces that come back: asked for by the buyer, decided, received and refunded by staff.

A return belongs to one branch, to which its pieces go: pieces of two branches are two returns.
Locks: Order → Return → Payment → Stock. Units are counted under the order's lock, so that none is asked back twice
nor refunded while it is.
Raises: ``NotReturnable`` with a sentence for the buyer, ``NotPossible`` with one for staff, what ``refunds.decide``
raises, ``locks.Busy``; nothing is written then.
After commit: the mail of each step; the provider is asked for the money, by tasks.
Retry: a step that was taken is refused with its reason; no mail goes twice.
Refunding and putting back on the shelf are two decisions: neither does the other.
"""

from collections import defaultdict
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
from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import short_transaction
from orders import emails, refunds, stock
from orders.models import LineItem, Order, OrderEvent, OrderMail, Refund, Return, ReturnLine
from orders.working_days import calendar_of

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
    # The last day on which they may be asked back, as it was told; None while they are not on their way yet.
    until: date | None
    # A sentence; empty where the units that are left may be asked back.
    why_not: str


@dataclass(frozen=True)
class Told:
    """What staff heard from the buyer."""

    # By the line's primary key.
    units: Mapping[int, int]
    reason: str
    # How they know of it, and why it is taken back.
    note: str
    # How many returns the order had when a person decided this; None where nobody looked.
    seen: int | None = None


def last_day(order: Order, *, left_on: date) -> date:
    """Until when the buyer may return what left us on this day: reckoned once, when it leaves."""
    if order.delivery == Order.Delivery.PICKUP:
        return last_day_from(left_on)
    # A parcel's days on the way are working days.
    return last_day_from(calendar_of(None).add_working_days(left_on, order.delivery_days_max or 0))


def last_day_from(received_on: date) -> date:
    return received_on + timedelta(days=DAYS_TO_RETURN)


def offers(order: Order, *, lines: Iterable[LineItem] | None = None) -> list[Offer]:
    """One for each line; ``lines`` are the order's with their fulfilments, where the caller has them."""
    if lines is None:
        lines = order.lines.select_related("fulfilment").order_by("pk")
    today = timezone.localdate()
    return [
        Offer(line, line.left_quantity, line.fulfilment.returnable_until, _why_not(order, line, today))
        for line in lines
    ]


def is_of_many_branches(order: Order, offers: Iterable[Offer]) -> bool:
    """Whether what may be returned would be more than one return."""
    return len({_branch_of(order, offer.line) for offer in offers if not offer.why_not}) > 1


def _branch_of(order: Order, line: LineItem) -> int:
    """Where the line's units go: of parcels back to who sent them, else where they were picked up."""
    return order.pickup_branch_id or line.fulfilment.branch_id


def _why_not(order: Order, line: LineItem, today: date) -> str:
    until = line.fulfilment.returnable_until
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
def ask(
    order_pk: int, *, units: Mapping[int, int], reason: str, text: str = "", actor: User | None = None
) -> list[Return]:
    """Writes what the buyer would like to return: units by the line's primary key. Raises NotReturnable."""
    order = Order.objects.locked(order_pk)
    found = {offer.line.pk: offer for offer in offers(order)}
    wanted = _wanted(units, found, error=NotReturnable)
    for pk, quantity in wanted.items():
        _check(found[pk], quantity)
    rows = [(found[pk].line, quantity) for pk, quantity in wanted.items()]
    return _write(order, rows, {"reason": reason, "text": text}, actor=actor)


@short_transaction()
def record(order_pk: int, *, told: Told, actor: User) -> list[Return]:
    """Staff write down a return for the buyer: told by phone, too late, or of food that came damaged.

    Neither the day nor the kind of piece is asked. Raises NotPossible.
    """
    order = Order.objects.locked(order_pk)
    if told.seen is not None and told.seen != order.returns.count():
        raise NotPossible(_("A return of this order was written down since you opened the form. Look at it again."))
    if not told.note.strip():
        raise NotPossible(_("Say how you know of it, and why it is taken back."))
    found = {offer.line.pk: offer for offer in offers(order)}
    wanted = _wanted(told.units, found, error=NotPossible)
    for pk, quantity in wanted.items():
        if found[pk].line.fulfilment.handed_over_at is None:
            raise NotPossible(_("%(name)s: it has not left us yet.") % {"name": found[pk].line.name})
        if quantity > found[pk].left:
            raise NotPossible(_too_many(found[pk]))
    rows = [(found[pk].line, quantity) for pk, quantity in wanted.items()]
    return _write(order, rows, {"reason": told.reason, "note": told.note}, actor=actor)


def _wanted(
    units: Mapping[int, int], found: Mapping[int, Offer], *, error: type[NotReturnable | NotPossible]
) -> dict[int, int]:
    wanted = {pk: quantity for pk, quantity in units.items() if quantity}
    if not wanted or min(wanted.values()) < 0 or not wanted.keys() <= found.keys():
        raise error(_("Choose what you would like to return."))
    return wanted


def _write(
    order: Order, rows: list[tuple[LineItem, int]], wish: Mapping[str, str], *, actor: User | None
) -> list[Return]:
    """A return for each branch, with the fields of ``wish``."""
    by_branch: dict[int, list[tuple[LineItem, int]]] = defaultdict(list)
    for line, units in rows:
        by_branch[_branch_of(order, line)].append((line, units))
    made = []
    for branch_pk, lines in by_branch.items():
        returned = Return.objects.create(order=order, branch_id=branch_pk, **wish)
        for line, units in lines:
            ReturnLine.objects.create(returned=returned, line=line, quantity=units)
            LineItem.objects.filter(pk=line.pk).update(asked_back_quantity=F("asked_back_quantity") + units)
        told = {name: wish[name] for name in ("reason", "note") if name in wish}
        _tell(returned, OrderEvent.Kind.RETURN_ASKED, OrderMail.Kind.RETURN_ASKED, actor=actor, **told)
        made.append(returned)
    return made


def _check(offer: Offer, quantity: int) -> None:
    if offer.why_not:
        raise NotReturnable(f"{offer.line.name}: {offer.why_not}")
    if quantity > offer.left:
        raise NotReturnable(_too_many(offer))


def _too_many(offer: Offer) -> str:
    sentence = ngettext(
        "%(name)s: %(left)s piece can be returned.", "%(name)s: %(left)s pieces can be returned.", offer.left
    )
    return sentence % {"name": offer.line.name, "left": offer.left}


@short_transaction()
def accept(return_pk: int, *, actor: User, answer: str = "") -> None:
    """The buyer may send the pieces or bring them; ``answer`` is read by the buyer."""
    returned = _lock(return_pk)
    if returned.state != Return.State.ASKED:
        raise NotPossible(_already(returned))
    if not returned.branch.address:
        raise NotPossible(
            _("%(branch)s has no address yet, so the buyer would not know where to send the pieces. Enter it first.")
            % {"branch": returned.branch}
        )
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
    """The pieces are at the return's branch, as its staff say. They are not on the shelf yet: ``restock``."""
    returned = _lock(return_pk)
    branches = branches_seen_by(actor)
    if branches is not None and returned.branch_id not in branches:
        raise NotPossible(_("Return %(return)s comes in at another branch.") % {"return": returned})
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
def restock(return_pk: int, *, units: Mapping[int, int], actor: User, seen: int | None = None) -> None:
    """Puts received units, by the primary key of the return's line, back on the shelf.

    ``seen`` is what was ``put_back`` when a person decided this; None where nobody looked.
    """
    returned = _lock(return_pk)
    if seen is not None and seen != put_back(returned):
        raise stock.PutBackMeanwhile
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


def put_back(returned: Return) -> int:
    """How many units of the return are back on the shelf."""
    return sum(returned.lines.values_list("restocked_quantity", flat=True))


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
