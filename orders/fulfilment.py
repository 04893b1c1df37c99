"""What a branch does with its part of an order: prepares it, hands it over.

Locks: Order, then its fulfilment.
Raises: ``NotPossible`` with a sentence for staff.
After commit: the mail that everything is ready, by a task.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails
from orders.models import Fulfilment, Order, OrderEvent, OrderMail


class NotPossible(Exception):
    """The message says why, for staff."""


@short_transaction()
def mark_ready(fulfilment_pk: int, *, actor: User) -> None:
    """The pieces of this branch are packed. When all are, the buyer who picks up gets the mail."""
    order, fulfilment = _lock(fulfilment_pk)
    if order.status in {Order.Status.CANCELLED, Order.Status.EXPIRED}:
        raise NotPossible(_("Order %(code)s is no longer wanted.") % {"code": order.code})
    if fulfilment.ready_at is not None:
        raise NotPossible(_("Order %(code)s is marked as ready already.") % {"code": order.code})
    fulfilment.ready_at = timezone.now()
    fulfilment.save(update_fields=["ready_at"])
    order.record(OrderEvent.Kind.READY, actor=actor, branch=fulfilment.branch.slug)
    is_all_ready = not order.fulfilments.filter(ready_at=None).exists()
    if is_all_ready and order.delivery == Order.Delivery.PICKUP:
        emails.enqueue(order, OrderMail.Kind.READY)


@short_transaction()
def hand_over(fulfilment_pk: int, *, actor: User) -> None:
    """The pieces went to the buyer, the courier or the post. The last one completes the order."""
    order, fulfilment = _lock(fulfilment_pk)
    if order.status != Order.Status.PAID:
        raise NotPossible(_("Order %(code)s is not paid.") % {"code": order.code})
    if fulfilment.handed_over_at is not None:
        raise NotPossible(_("Order %(code)s was handed over already.") % {"code": order.code})
    fulfilment.handed_over_at = timezone.now()
    fulfilment.ready_at = fulfilment.ready_at or fulfilment.handed_over_at
    fulfilment.save(update_fields=["ready_at", "handed_over_at"])
    order.record(OrderEvent.Kind.HANDED_OVER, actor=actor, branch=fulfilment.branch.slug)
    if not order.fulfilments.filter(handed_over_at=None).exists():
        order.move_to(Order.Status.COMPLETED, actor=actor)


def _lock(fulfilment_pk: int) -> tuple[Order, Fulfilment]:
    order_pk = Fulfilment.objects.values_list("order_id", flat=True).get(pk=fulfilment_pk)
    order = Order.objects.locked(order_pk)
    fulfilment = Fulfilment.objects.select_for_update(of=("self",), no_key=True).select_related("branch")
    return order, fulfilment.get(pk=fulfilment_pk)
