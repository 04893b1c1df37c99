"""What a branch does with its part of an order: prepares it, passes it on, sends it, hands it over, or puts it back.

Parcels leave by ``ship`` alone, and only the pickup branch hands over, what lies there. ``Steps`` says what is
possible: the functions ask it after the lock, and the pages before they offer anything.
Locks: Order → its parts → Payment → Stock.
Raises: ``NotPossible`` with a sentence for staff; ``locks.Busy``. Nothing is written then.
After commit: the mails that everything is ready, that a parcel left, that its number was wrong, that a part or all
was handed over, by tasks.
Retry: a step that was taken already is refused, and no mail goes twice.
"""

import re
from collections.abc import Callable, Collection
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from dostshop import codes
from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import short_transaction
from orders import demand, emails, progress, returns
from orders.models import Fulfilment, Order, OrderEvent, OrderMail
from orders.steps import BranchSteps, NotAsTyped, NotPossible

_TRACKING_NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9 /-]*[A-Z0-9])?")
_LONGEST_NUMBER: int = Fulfilment._meta.get_field("tracking_number").max_length or 0


class BuyerNotKnown(NotAsTyped):
    """Neither a code nor a note tells that it is the buyer."""

    field = "code"


class WrongCode(BuyerNotKnown):
    """Another pickup code than the order's."""


class WrongDay(NotAsTyped):
    """No parcel can have come on this day."""

    field = "day"


class Steps(BranchSteps):
    """What can be done with the parts of an order."""

    def __init__(self, order: Order, *, branches: Collection[int] | None) -> None:
        super().__init__(branches)
        self.order = order
        self.is_wanted = demand.is_still_wanted(order)

    def why_not_ready(self, part: Fulfilment) -> str:
        if not self._is_theirs(part.branch_id):
            return _("Another branch prepares this order.")
        if part.ready_at is not None:
            return self._say(_("Order %(code)s is marked as ready already."))
        return self._why_unwanted(part)

    def why_not_arrived(self, part: Fulfilment) -> str:
        if self.order.delivery != Order.Delivery.PICKUP:
            return self._say(_("Order %(code)s is not picked up at a branch."))
        if not self._is_theirs(self.order.pickup_branch_id):
            return self._say(_("Order %(code)s is picked up at another branch."))
        if part.arrived_at is not None:
            return self._say(_("Order %(code)s has arrived already."))
        if part.ready_at is None:
            return _("The branch that prepares this order has not marked it as ready yet.")
        return self._why_unwanted(part)

    def why_not_put_back(self, part: Fulfilment) -> str:
        """Of what is packed and nobody waits for any more: it goes back to where it was kept, wherever it lies."""
        if not self._is_theirs(part.branch_id):
            return _("These pieces are put back by %(branch)s: send them there.") % {"branch": part.branch.name}
        if part.handed_over_at is not None:
            return self._say(_("Order %(code)s was handed over already."))
        if part.ready_at is None:
            return self._say(_("Nothing of order %(code)s is packed here."))
        is_wanted = self.is_wanted and part.lines_wanted
        return self._say(_("Order %(code)s is still wanted.")) if is_wanted else ""

    def why_not_sent(self, part: Fulfilment) -> str:
        if self.order.delivery != Order.Delivery.POST:
            return self._say(_("Order %(code)s is picked up at a branch; it is not sent."))
        if not self._is_theirs(part.branch_id):
            return _("Another branch prepares this order.")
        return self._why_not_gone(part)

    def why_not_given(self, part: Fulfilment) -> str:
        if self.order.delivery != Order.Delivery.PICKUP:
            return self._say(_("Order %(code)s is sent: open it in the work list and type the tracking number."))
        if not self._is_theirs(self.order.pickup_branch_id):
            return self._say(_("Order %(code)s is picked up at another branch."))
        if why := self._why_not_gone(part):
            return why
        is_here = part.arrived_at is not None or part.branch_id == self.order.pickup_branch_id
        return "" if is_here else _("The pieces of this order have not arrived yet.")

    def why_not_corrected(self, part: Fulfilment) -> str:
        """Of a parcel that left: its carrier and number, and the day on which it came."""
        if self.order.delivery != Order.Delivery.POST or part.handed_over_at is None:
            return self._say(_("No parcel of order %(code)s has left here."))
        return "" if self._is_theirs(part.branch_id) else _("Another branch prepares this order.")

    def why_not_received(self, part: Fulfilment) -> str:
        if part.received_on is not None:
            return _("The day of receipt is written down already.")
        return self.why_not_corrected(part)

    def _why_not_gone(self, part: Fulfilment) -> str:
        if part.handed_over_at is not None or self.order.status == Order.Status.COMPLETED:
            return self._say(_("Order %(code)s was handed over already."))
        if self.order.status == Order.Status.AWAITING_PAYMENT:
            return self._say(_("Order %(code)s is not paid."))
        return self._why_unwanted(part)

    def _why_unwanted(self, part: Fulfilment) -> str:
        if self.order.status == Order.Status.AWAITING_PAYMENT and not self.is_wanted:
            return self._say(_("Order %(code)s is not paid."))
        if self.order.status in {Order.Status.CANCELLED, Order.Status.EXPIRED}:
            return self._say(_("Order %(code)s is no longer wanted."))
        if not self.is_wanted or not part.lines_wanted:
            return self._say(_("The money for these pieces of order %(code)s was given back: nobody waits for them."))
        return ""

    def _say(self, sentence: str) -> str:
        return sentence % {"code": self.order.code}


@short_transaction()
def mark_ready(part_pk: int, *, actor: User) -> None:
    """The pieces of one branch are packed. When all lie at the pickup branch, the buyer gets the mail."""
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _pack(order, _possible([part], steps.why_not_ready), actor=actor)


@short_transaction()
def mark_all_ready(order_pk: int, *, actor: User) -> None:
    """Every part of the order that is this person's to prepare."""
    order, parts, steps = _lock(order_pk, actor=actor)
    _pack(order, _possible(parts, steps.why_not_ready), actor=actor)


def _pack(order: Order, parts: list[Fulfilment], *, actor: User) -> None:
    for part in parts:
        part.ready_at = timezone.now()
        if part.branch_id == order.pickup_branch_id:
            part.arrived_at = part.ready_at
        part.save(update_fields=["ready_at", "arrived_at"])
        order.record(OrderEvent.Kind.READY, actor=actor, branch=part.branch.slug)
    progress.follow_up(order, actor=actor)


@short_transaction()
def mark_arrived(part_pk: int, *, actor: User) -> None:
    """What another branch prepared came in where the buyer picks it up."""
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _possible([part], steps.why_not_arrived)
    part.arrived_at = timezone.now()
    part.save(update_fields=["arrived_at"])
    order.record(OrderEvent.Kind.ARRIVED, actor=actor, branch=part.branch.slug)
    progress.follow_up(order, actor=actor)


@short_transaction()
def put_back(part_pk: int, *, actor: User) -> None:
    """The pieces of a part that is no longer wanted are unpacked and in their place again.

    Should the order be paid after all, the part is prepared anew.
    """
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _possible([part], steps.why_not_put_back)
    part.ready_at = part.arrived_at = None
    part.save(update_fields=["ready_at", "arrived_at"])
    order.record(OrderEvent.Kind.PUT_BACK, actor=actor, branch=part.branch.slug)


@short_transaction()
def hand_over(order_pk: int, *, code: str, note: str = "", actor: User) -> None:
    """All that lies at the pickup branch goes to whoever brings the code. The last part completes the order.

    Without the code the note says how staff know that it is the buyer; it is kept with the order.
    """
    order, parts, steps = _lock(order_pk, actor=actor)
    here = _possible(parts, steps.why_not_given)
    known_by = _known_by(order, code=codes.as_typed(code), note=note.strip())
    for part in here:
        _let_go(order, part, kind=OrderEvent.Kind.HANDED_OVER, actor=actor, **known_by)
    progress.follow_up(order, actor=actor)
    if order.status == Order.Status.PAID:
        emails.enqueue(order, OrderMail.Kind.HANDED_OVER, about=f"part-{here[0].pk}")


def _known_by(order: Order, *, code: str, note: str) -> dict[str, str]:
    if code and code == order.pickup_code:
        return {}
    if code:
        raise WrongCode(_("This is not the pickup code of order %(code)s.") % {"code": order.code})
    if not note:
        raise BuyerNotKnown(_("Type the pickup code, or say why you hand over without it."))
    return {"without_code": note}


def why_not_number(number: str, *, order: Order) -> str:
    """Why no parcel goes with this tracking number, or with none; empty where it can."""
    if order.goes_abroad and not number:
        return _("Abroad a parcel goes with a number only: without it neither you nor the buyer can trace it.")
    if order.has_tracking and not number:
        return _("The buyer was promised a tracking number: type the one on the receipt.")
    if len(number) > _LONGEST_NUMBER:
        sentence = _("A tracking number has at most %(most)s characters; this has %(count)s. Copy the number alone.")
        return sentence % {"most": _LONGEST_NUMBER, "count": len(number)}
    if number and not _TRACKING_NUMBER.fullmatch(number):
        return _("A tracking number has Latin letters, digits, spaces and dashes only.")
    return ""


@short_transaction()
def ship(part_pk: int, *, carrier: str, tracking_number: str, actor: User) -> None:
    """The parcel of one branch left. The buyer gets a mail about it, with the number where there is one."""
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _possible([part], steps.why_not_sent)
    sent = _note(order, part, carrier=carrier, tracking_number=tracking_number)
    _let_go(order, part, kind=OrderEvent.Kind.SHIPPED, actor=actor, **sent)
    emails.enqueue(order, OrderMail.Kind.SHIPPED, about=f"part-{part.pk}")
    progress.follow_up(order, actor=actor)


def _let_go(order: Order, part: Fulfilment, *, kind: str, actor: User, **data: str) -> None:
    now = timezone.now()
    part.handed_over_at, part.ready_at = now, part.ready_at or now
    if order.delivery == Order.Delivery.PICKUP:
        part.arrived_at = part.arrived_at or now
    part.returnable_until = returns.last_day(order, left_on=timezone.localdate(now))
    part.save()
    order.record(kind, actor=actor, branch=part.branch.slug, **data)


@short_transaction()
def correct_number(part_pk: int, *, carrier: str, tracking_number: str, actor: User) -> None:
    """The carrier or the number of a parcel that left was wrong or missing; the buyer gets a mail with the right."""
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _possible([part], steps.why_not_corrected)
    if (part.carrier, part.tracking_number) == (carrier, tracking_number):
        raise NotPossible(_("Carrier and tracking number are the same as before."))
    sent = _note(order, part, carrier=carrier, tracking_number=tracking_number)
    part.save(update_fields=["carrier", "tracking_number"])
    event = order.record(OrderEvent.Kind.NUMBER_CORRECTED, actor=actor, branch=part.branch.slug, **sent)
    # Each correction has a mail of its own.
    emails.enqueue(order, OrderMail.Kind.NUMBER_CORRECTED, about=f"part-{part.pk}-{event.pk}")


def _note(order: Order, part: Fulfilment, *, carrier: str, tracking_number: str) -> dict[str, str]:
    """On the part, and for its event. Raises NotPossible where no parcel goes with this number."""
    if sentence := why_not_number(tracking_number, order=order):
        raise NotPossible(sentence)
    part.carrier, part.tracking_number = carrier, tracking_number
    return {"carrier": carrier, "tracking_number": tracking_number}


@short_transaction()
def record_receipt(part_pk: int, *, day: date, actor: User) -> None:
    """The day on which the buyer had the parcel, as somebody told. The time to return it never gets shorter by it."""
    order, [part], steps = _lock_part(part_pk, actor=actor)
    _possible([part], steps.why_not_received)
    if part.handed_over_at is None or part.returnable_until is None:
        raise NotPossible(steps.why_not_corrected(part))
    if not timezone.localdate(part.handed_over_at) <= day <= timezone.localdate():
        raise WrongDay(_("A parcel comes on the day it is sent or later, and not in the future."))
    part.received_on = day
    part.returnable_until = max(part.returnable_until, returns.last_day_from(day))
    part.save(update_fields=["received_on", "returnable_until"])
    order.record(OrderEvent.Kind.DELIVERED, actor=actor, branch=part.branch.slug, day=day.isoformat())


def _possible(parts: list[Fulfilment], why_not: Callable[[Fulfilment], str]) -> list[Fulfilment]:
    """Of these parts those with which it can be done. Raises NotPossible where there are none, with a reason."""
    reasons = {part.pk: why_not(part) for part in parts}
    if found := [part for part in parts if not reasons[part.pk]]:
        return found
    # What is left to do tells more than what was done.
    left = [part for part in parts if part.handed_over_at is None and part.lines_wanted]
    raise NotPossible(reasons[(left or parts)[0].pk])


def _lock(order_pk: int, *, actor: User) -> tuple[Order, list[Fulfilment], Steps]:
    order = Order.objects.locked(order_pk)
    parts = Fulfilment.objects.select_for_update(of=("self",), no_key=True).select_related("branch")
    locked = list(parts.prefetch_related("lines").filter(order=order).order_by("pk"))
    return order, locked, Steps(order, branches=branches_seen_by(actor))


def _lock_part(part_pk: int, *, actor: User) -> tuple[Order, list[Fulfilment], Steps]:
    order, parts, steps = _lock(Fulfilment.objects.values_list("order_id", flat=True).get(pk=part_pk), actor=actor)
    return order, [part for part in parts if part.pk == part_pk], steps
