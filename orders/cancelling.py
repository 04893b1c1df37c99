"""Cancelling an order: by the shopper or staff while it is unpaid, by staff once it is paid.

Locks: Order → Payment → Stock → InvoiceSeries.
Raises: ``WrongTransition`` where the order is not waiting for its payment, or not paid and still here as a whole.
After commit: the mail, the closing of the payment page and the refund, by tasks. A payment that was on its way
all the same is sold or refunded when it arrives.
"""

from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, payments, refunds, stock
from orders.models import Order, OrderMail, Refund
from orders.models.order import WrongTransition


class NotHere(WrongTransition):
    """The order is not paid, or a part of it was handed over."""


@short_transaction()
def cancel(order_pk: int, *, actor: User | None = None) -> None:
    """The shopper's or the staff's wish, before the order is paid; the pieces are free at once."""
    order = Order.objects.locked(order_pk)
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise WrongTransition(f"{order.code} is {order.status}")
    payments.close_open(order)
    order.move_to(Order.Status.CANCELLED, actor=actor)
    stock.release_order(order)
    emails.enqueue(order, OrderMail.Kind.CANCELLED)


@short_transaction()
def call_off(order_pk: int, *, actor: User, reason: str = Refund.Reason.CANCELLED, note: str = "") -> None:
    """Staff call off a paid order of which nothing was handed over: its money goes back, its pieces to the shelf."""
    order = Order.objects.locked(order_pk)
    if not can_be_called_off(order):
        raise NotHere(f"{order.code} is {order.status} or on its way")
    for line in order.lines.select_related("variant__product").order_by("pk"):
        if left := line.quantity - line.restocked_quantity:
            stock.take_back(line, quantity=left, actor=actor)
    order.move_to(Order.Status.CANCELLED, actor=actor, note=note)
    emails.enqueue(order, OrderMail.Kind.CANCELLED)
    if payments.has_money(order):
        refunds.decide(order.pk, what=refunds.everything_left(order), reason=reason, note=note, actor=actor)


def can_be_called_off(order: Order) -> bool:
    """Whether ``call_off`` has a chance."""
    is_gone = order.fulfilments.filter(handed_over_at__isnull=False).exists()
    return order.status == Order.Status.PAID and not is_gone
