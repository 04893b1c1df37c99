"""Cancelling an order that is not paid yet.

Locks: Order → Payment.
Raises: ``WrongTransition`` where the order is no longer waiting for its payment.
After commit: the mail and the closing of the payment page, by tasks. A payment that was on its way all the
same is sold or refunded when it arrives.
"""

from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, payments, stock
from orders.models import Order, OrderMail
from orders.models.order import WrongTransition


@short_transaction()
def cancel(order_pk: int, *, actor: User | None = None) -> None:
    """The shopper's or the staff's wish; the pieces are free at once."""
    order = Order.objects.locked(order_pk)
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise WrongTransition(f"{order.code} is {order.status}")
    payments.close_open(order)
    order.move_to(Order.Status.CANCELLED, actor=actor)
    stock.release_order(order)
    emails.enqueue(order, OrderMail.Kind.CANCELLED)
