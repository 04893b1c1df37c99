"""What follows for an order once one of its parts moved on, or is no longer wanted.

Locks: Payment → Stock, of an order that waits to be paid where it is picked up; call with the order locked.
After commit: the mail that everything lies at the pickup branch, or that all was handed over, by tasks.
Retry: no mail goes twice, and an order is completed once.
"""

from contextlib import suppress

from django.utils import timezone

from dostshop.accounts.models import User
from orders import demand, emails, providers, stock
from orders.models import Order, OrderMail, Payment


def follow_up(order: Order, *, actor: User | None) -> None:
    """Completes the order whose every wanted part is with the buyer, else tells the buyer when all can be fetched.

    Whoever pays then has the whole time from now on.
    """
    if order.status == Order.Status.PAID and _is_all_out(order):
        order.move_to(Order.Status.COMPLETED, actor=actor)
        if order.delivery == Order.Delivery.PICKUP:
            emails.enqueue(order, OrderMail.Kind.HANDED_OVER)
    elif order.status in {Order.Status.AWAITING_PAYMENT, Order.Status.PAID} and demand.is_all_there(order):
        if order.status == Order.Status.AWAITING_PAYMENT:
            prolong(order)
        emails.enqueue(order, OrderMail.Kind.READY)


def _is_all_out(order: Order) -> bool:
    is_any_out = order.fulfilments.filter(handed_over_at__isnull=False).exists()
    return is_any_out and not order.fulfilments.wanted().filter(handed_over_at=None).exists()


def prolong(order: Order) -> None:
    """Gives whoever pays on pickup the whole time from now on: the pieces came, or are late. Call with it locked."""
    payment = Payment.objects.locked_of(order).open().filter(provider__in=providers.codes_paid_on_pickup()).last()
    if payment is None:
        return
    until = providers.provider(payment.provider).pay_until(order, timezone.now())
    if until <= payment.expires_at:
        return
    # Where the time ran out and somebody else has the piece, the order is about to expire, and stays so.
    with suppress(stock.OutOfStock):
        if order.bag is not None:
            stock.hold_for(order, order.bag, until=until)
        payment.expires_at = until
        payment.remind_at = providers.provider(payment.provider).remind_at(payment)
        payment.save(update_fields=["expires_at", "remind_at"])
