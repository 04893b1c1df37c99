"""Pieces that come back: asked for by the buyer, decided, received and refunded by staff.

A return belongs to one branch, to which its pieces go: pieces of two branches are two returns.
Locks: Order → Return → Payment → Stock. Units are counted under the order's lock, so that none is asked back twice
nor refunded while it is.
``Steps`` says what is possible: the functions ask it after the lock, and the admin before it offers anything.
Raises: ``NotReturnable`` with a sentence for the buyer, ``NotPossible`` with one for staff, what ``refunds.decide``
raises, ``locks.Busy``; nothing is written then.
After commit: the mail of each step; the provider is asked for the money, by tasks.
Retry: a step that was taken is refused with its reason; no mail goes twice.
Refunding and putting back on the shelf are two decisions: neither does the other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.models import NoReturn
from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import short_transaction
from orders import emails, refunds, stock
from orders.models import LineItem, Order, OrderEvent, OrderMail, Refund, Return, ReturnLine
from orders.steps import BranchSteps, NotPossible
from orders.working_days import calendar_of

# The day of receipt is not counted.
DAYS_TO_RETURN = 14


class NotReturnable(Exception):
    """The message says why, for the buyer."""


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
    branches = branches_seen_by(actor)
    for pk, quantity in wanted.items():
        _check_possible(_why_not_recorded(order, found[pk].line, branches))
        if quantity > found[pk].left:
            raise NotPossible(_too_many(found[pk]))
    rows = [(found[pk].line, quantity) for pk, quantity in wanted.items()]
    return _write(order, rows, {"reason": told.reason, "note": told.note}, actor=actor)


def recordable(order: Order, *, actor: User) -> dict[int, int]:
    """How many units of each line, by its primary key, this person can ``record`` as coming back."""
    branches = branches_seen_by(actor)
    lines = order.lines.select_related("fulfilment")
    return {line.pk: line.left_quantity for line in lines if not _why_not_recorded(order, line, branches)}


def _why_not_recorded(order: Order, line: LineItem, branches: Collection[int] | None) -> str:
    if branches is not None and _branch_of(order, line) not in branches:
        return _("%(name)s: it goes back to another branch, whose staff write it down.") % {"name": line.name}
    has_left = line.fulfilment.handed_over_at is not None
    return "" if has_left else _("%(name)s: it has not left us yet.") % {"name": line.name}


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


class Steps(BranchSteps):
    """What can be done with a return: by its branch, and for the shelf by the branch of each piece."""

    def __init__(self, returned: Return, *, branches: Collection[int] | None) -> None:
        super().__init__(branches)
        self.returned = returned

    def why_not_accepted(self) -> str:
        return self._unless(self.returned.state == Return.State.ASKED)

    def why_not_refused(self) -> str:
        return self._unless(self.returned.state in {Return.State.ASKED, Return.State.ACCEPTED})

    def why_not_received(self) -> str:
        if self.returned.accepted_at is None or self.returned.refused_at:
            return self._of_others() or self._say(_("Return %(return)s is not accepted."))
        return self._unless(not self.returned.received_at)

    def why_not_refunded(self) -> str:
        return self._unless(self.returned.state in {Return.State.ACCEPTED, Return.State.RECEIVED})

    def why_not_closed(self) -> str:
        if self.returned.state == Return.State.ACCEPTED:
            return self._of_others() or self._say(_("The pieces of return %(return)s are not here yet."))
        return self._unless(self.returned.state == Return.State.RECEIVED)

    def why_not_shelved(self, row: ReturnLine) -> str:
        """Whichever branch received it, a piece is for sale again once it lies at its own."""
        if why_not := stock.why_not_theirs(row.line, self._branches):
            return why_not
        if self.returned.received_at is None:
            return self._say(_("The pieces of return %(return)s are not here yet."))
        return "" if row.unshelved_quantity else _("More would go back on the shelf than came back.")

    def _unless(self, is_possible: bool) -> str:
        if of_others := self._of_others():
            return of_others
        return "" if is_possible else _already(self.returned)

    def _of_others(self) -> str:
        is_theirs = self._is_theirs(self.returned.branch_id)
        return "" if is_theirs else self._say(_("Return %(return)s comes in at another branch."))

    def _say(self, sentence: str) -> str:
        return sentence % {"return": self.returned}


@short_transaction()
def accept(return_pk: int, *, actor: User, answer: str = "") -> None:
    """The buyer may send the pieces or bring them; ``answer`` is read by the buyer."""
    returned, steps = _lock(return_pk, actor=actor)
    _check_possible(steps.why_not_accepted())
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
    returned, steps = _lock(return_pk, actor=actor)
    _check_possible(steps.why_not_refused())
    returned.refused_at = timezone.now()
    _end_without_money(returned, "refused_at", actor=actor, answer=answer)
    _tell(returned, OrderEvent.Kind.RETURN_REFUSED, OrderMail.Kind.RETURN_REFUSED, actor=actor, note=answer)


@short_transaction()
def receive(return_pk: int, *, actor: User) -> None:
    """The pieces are at the return's branch, as its staff say. They are not on the shelf yet: ``restock``."""
    returned, steps = _lock(return_pk, actor=actor)
    _check_possible(steps.why_not_received())
    returned.received_at = timezone.now()
    returned.save(update_fields=["received_at"])
    _tell(returned, OrderEvent.Kind.RETURN_RECEIVED, OrderMail.Kind.RETURN_RECEIVED, actor=actor)


@short_transaction()
def close(return_pk: int, *, actor: User, answer: str) -> None:
    """The pieces came and no money goes back for them: broken by the buyer, or paid for already by other means.

    ``answer`` tells the buyer why. The units are no longer asked back.
    """
    returned, steps = _lock(return_pk, actor=actor)
    _check_possible(steps.why_not_closed())
    returned.closed_at = timezone.now()
    _end_without_money(returned, "closed_at", actor=actor, answer=answer)
    _tell(returned, OrderEvent.Kind.RETURN_CLOSED, OrderMail.Kind.RETURN_CLOSED, actor=actor, note=answer)


def _end_without_money(returned: Return, field: str, *, actor: User, answer: str) -> None:
    if not answer.strip():
        raise NotPossible(_("Say why: the buyer reads it."))
    returned.answer, returned.decided_by = answer, actor
    returned.save(update_fields=[field, "answer", "decided_by"])
    _let_go(returned)


@short_transaction()
def refund(
    return_pk: int,
    *,
    actor: User,
    besides: refunds.Sum | None = None,
    note: str = "",
) -> Refund:
    """Gives back the price of every unit of the return, with what ``besides`` says of delivery and deduction.

    Before it is received too, where nothing is to come back.
    """
    returned, steps = _lock(return_pk, actor=actor)
    _check_possible(steps.why_not_refunded())
    _let_go(returned)
    units = {row.line_id: row.quantity for row in returned.lines.all()}
    what = replace(besides or refunds.Sum(), lines=units)
    returned.refund = refunds.decide(returned.order_id, what=what, reason=returned.why_refunded, note=note, actor=actor)
    returned.save(update_fields=["refund"])
    return returned.refund


@short_transaction()
def restock(return_pk: int, *, units: Mapping[int, int], actor: User, seen: int | None = None) -> None:
    """Puts received units, by the primary key of the return's line, back on the shelf.

    ``seen`` is what was ``put_back`` when a person decided this; None where nobody looked.
    """
    returned, steps = _lock(return_pk, actor=actor)
    if seen is not None and seen != put_back(returned):
        raise stock.PutBackMeanwhile
    rows = {row.pk: row for row in returned.lines.select_related("line__variant__product__branch")}
    wanted = {rows[pk]: quantity for pk, quantity in units.items() if quantity}
    if not wanted:
        raise NotPossible(_("Choose what goes back on the shelf."))
    for row, quantity in wanted.items():
        _check_possible(steps.why_not_shelved(row))
        if quantity > row.unshelved_quantity:
            raise NotPossible(_("More would go back on the shelf than came back."))
    stock.take_back(returned.order, units={row.line_id: quantity for row, quantity in wanted.items()}, actor=actor)
    for row, quantity in wanted.items():
        ReturnLine.objects.filter(pk=row.pk).update(restocked_quantity=F("restocked_quantity") + quantity)


def put_back(returned: Return) -> int:
    """How many units of the return are back on the shelf."""
    return sum(returned.lines.values_list("restocked_quantity", flat=True))


def _lock(return_pk: int, *, actor: User) -> tuple[Return, Steps]:
    order = Order.objects.locked(Return.objects.values_list("order_id", flat=True).get(pk=return_pk))
    returned = Return.objects.locked(return_pk)
    returned.order = order
    return returned, Steps(returned, branches=branches_seen_by(actor))


def _check_possible(why_not: str) -> None:
    if why_not:
        raise NotPossible(why_not)


def _let_go(returned: Return) -> None:
    """Its units are no longer asked back."""
    for row in returned.lines.all():
        LineItem.objects.filter(pk=row.line_id).update(asked_back_quantity=F("asked_back_quantity") - row.quantity)


def _tell(returned: Return, kind: str, letter: str, *, actor: User | None, **data: str) -> None:
    returned.order.record(kind, actor=actor, **{"return": returned.pk, **data})
    emails.enqueue(returned.order, letter, about=f"return-{returned.pk}")


def _already(returned: Return) -> str:
    return _("Return %(return)s: %(state)s.") % {"return": returned, "state": returned.state.label}
