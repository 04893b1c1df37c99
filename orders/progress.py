"""What follows for an order once one of its parts moved on, or is no longer wanted.

Locks: nothing; call with the order locked.
After commit: the mail that everything lies at the pickup branch, or that all was handed over, by tasks.
Retry: no mail goes twice, and an order is completed once.
"""

from dostshop.accounts.models import User
from orders import demand, emails
from orders.models import Order, OrderMail


def follow_up(order: Order, *, actor: User | None) -> None:
    """Completes the order whose every wanted part is with the buyer, else tells the buyer when all can be fetched."""
    if order.status == Order.Status.PAID and _is_all_out(order):
        order.move_to(Order.Status.COMPLETED, actor=actor)
        if order.delivery == Order.Delivery.PICKUP:
            emails.enqueue(order, OrderMail.Kind.HANDED_OVER)
    elif order.status in {Order.Status.AWAITING_PAYMENT, Order.Status.PAID} and demand.is_all_there(order):
        emails.enqueue(order, OrderMail.Kind.READY)


def _is_all_out(order: Order) -> bool:
    is_any_out = order.fulfilments.filter(handed_over_at__isnull=False).exists()
    return is_any_out and not order.fulfilments.wanted().filter(handed_over_at=None).exists()
