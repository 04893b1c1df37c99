"""What follows for an order once one of its parts moved on, or is no longer wanted.

Locks: Payment → Stock, of an order that waits to be paid where it is picked up; call with the order locked.
After commit: the mail that everything lies at the pickup branch, that all was handed over, or that the order is
cancelled, by tasks.
Retry: no mail goes twice, and an order is completed or cancelled once.
"""

from contextlib import suppress

from django.utils import timezone

from dostshop.accounts.models import User
from orders import demand, emails, providers, stock
from orders.models import Order, OrderMail, Payment, Refund


def follow_up(order: Order, *, actor: User | None, refund: Refund | None = None) -> None:
    """Completes the order whose every wanted part is with the buyer, else tells the buyer when all can be fetched.

    Whoever pays then has the whole time from now on. Where ``refund`` gave back the last of it before anything was
    handed over, the order is cancelled.
    """
    if order.status == Order.Status.PAID and _is_nothing_to_come(order):
        if order.fulfilments.filter(handed_over_at__isnull=False).exists():
            order.move_to(Order.Status.COMPLETED, actor=actor)
            if order.delivery == Order.Delivery.PICKUP:
                emails.enqueue(order, OrderMail.Kind.HANDED_OVER)
        elif refund is not None:
            order.move_to(Order.Status.CANCELLED, actor=actor, reason=refund.reason, note=refund.note)
            emails.enqueue(order, OrderMail.Kind.CANCELLED, about=f"refund-{refund.pk}")
    elif order.status in {Order.Status.AWAITING_PAYMENT, Order.Status.PAID} and demand.is_all_there(order):
        if order.status == Order.Status.AWAITING_PAYMENT:
            prolong(order)
        emails.enqueue(order, OrderMail.Kind.READY)


def _is_nothing_to_come(order: Order) -> bool:
    return not order.fulfilments.wanted().filter(handed_over_at=None).exists()


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
