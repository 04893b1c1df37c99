"""What a branch does with its part of an order: prepares it, passes it on, sends it, hands it over.

Locks: Order → Payment → Stock, then the order's part.
Raises: ``NotPossible`` with a sentence for staff; ``locks.Busy``. Nothing is written then.
After commit: the mails that everything is ready, that a parcel left, that all was handed over, by tasks.
Retry: a step that was taken already is refused, and no mail goes twice.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, payments
from orders.models import Fulfilment, Order, OrderEvent, OrderMail


class NotPossible(Exception):
    """The message says why, for staff."""


@short_transaction()
def mark_ready(fulfilment_pk: int, *, actor: User) -> None:
    """The pieces of this branch are packed. When all lie at the pickup branch, the buyer gets the mail."""
    order, part = _lock(fulfilment_pk)
    if order.status in {Order.Status.CANCELLED, Order.Status.EXPIRED}:
        raise NotPossible(_("Order %(code)s is no longer wanted.") % {"code": order.code})
    if part.ready_at is not None:
        raise NotPossible(_("Order %(code)s is marked as ready already.") % {"code": order.code})
    part.ready_at = timezone.now()
    if part.branch_id == order.pickup_branch_id:
        part.arrived_at = part.ready_at
    part.save(update_fields=["ready_at", "arrived_at"])
    order.record(OrderEvent.Kind.READY, actor=actor, branch=part.branch.slug)
    _tell_if_all_is_there(order)


@short_transaction()
def mark_arrived(fulfilment_pk: int, *, actor: User) -> None:
    """What another branch prepared came in where the buyer picks it up."""
    order, part = _lock(fulfilment_pk)
    if order.delivery != Order.Delivery.PICKUP:
        raise NotPossible(_("Order %(code)s is not picked up at a branch.") % {"code": order.code})
    if order.status in {Order.Status.CANCELLED, Order.Status.EXPIRED}:
        raise NotPossible(_("Order %(code)s is no longer wanted.") % {"code": order.code})
    if part.ready_at is None:
        raise NotPossible(_("The branch that prepares this order has not marked it as ready yet."))
    if part.arrived_at is not None:
        raise NotPossible(_("Order %(code)s has arrived already.") % {"code": order.code})
    part.arrived_at = timezone.now()
    part.save(update_fields=["arrived_at"])
    order.record(OrderEvent.Kind.ARRIVED, actor=actor, branch=part.branch.slug)
    _tell_if_all_is_there(order)


@short_transaction()
def hand_over(fulfilment_pk: int, *, actor: User) -> None:
    """The pieces went to the buyer, the courier or the post. The last part completes the order."""
    order, part = _lock(fulfilment_pk)
    if order.delivery == Order.Delivery.PICKUP:
        _give_away(order, part, kind=OrderEvent.Kind.HANDED_OVER, actor=actor)
    else:
        _send(order, part, actor=actor)


@short_transaction()
def ship(fulfilment_pk: int, *, carrier: str, tracking_number: str, actor: User) -> None:
    """The parcel of this branch left. The buyer gets a mail about it, with the number where there is one."""
    order, part = _lock(fulfilment_pk)
    if order.delivery != Order.Delivery.POST:
        raise NotPossible(_("Order %(code)s is picked up at a branch; it is not sent.") % {"code": order.code})
    part.carrier, part.tracking_number = carrier, tracking_number
    _send(order, part, actor=actor)


def _send(order: Order, part: Fulfilment, *, actor: User) -> None:
    _give_away(
        order,
        part,
        kind=OrderEvent.Kind.SHIPPED,
        actor=actor,
        carrier=part.carrier,
        tracking_number=part.tracking_number,
    )
    emails.enqueue(order, OrderMail.Kind.SHIPPED, about=f"part-{part.pk}")


def _give_away(order: Order, part: Fulfilment, *, kind: str, actor: User, **data: str) -> None:
    if order.status == Order.Status.COMPLETED or part.handed_over_at is not None:
        raise NotPossible(_("Order %(code)s was handed over already.") % {"code": order.code})
    if order.status != Order.Status.PAID:
        raise NotPossible(_("Order %(code)s is not paid.") % {"code": order.code})
    part.handed_over_at = timezone.now()
    part.ready_at = part.ready_at or part.handed_over_at
    if order.delivery == Order.Delivery.PICKUP:
        part.arrived_at = part.arrived_at or part.handed_over_at
    part.save(update_fields=["ready_at", "arrived_at", "handed_over_at", "carrier", "tracking_number"])
    order.record(kind, actor=actor, branch=part.branch.slug, **data)
    if order.fulfilments.filter(handed_over_at=None).exists():
        return
    order.move_to(Order.Status.COMPLETED, actor=actor)
    if order.delivery == Order.Delivery.PICKUP:
        emails.enqueue(order, OrderMail.Kind.HANDED_OVER)


def _tell_if_all_is_there(order: Order) -> None:
    if order.delivery != Order.Delivery.PICKUP or order.fulfilments.filter(arrived_at=None).exists():
        return
    payments.prolong(order)
    emails.enqueue(order, OrderMail.Kind.READY)


def _lock(fulfilment_pk: int) -> tuple[Order, Fulfilment]:
    order_pk = Fulfilment.objects.values_list("order_id", flat=True).get(pk=fulfilment_pk)
    order = Order.objects.locked(order_pk)
    part = Fulfilment.objects.select_for_update(of=("self",), no_key=True).select_related("branch")
    return order, part.get(pk=fulfilment_pk)
