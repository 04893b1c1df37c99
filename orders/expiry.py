"""Ends what ran out: unpaid orders and the holds of bags.

Nothing depends on this running in time: an expired hold is worth nothing by itself. It tells the shopper,
closes the payment page and keeps the tables small.
Locks: Order → Payment, one order at a time.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from orders import emails, payments, stock
from orders.models import Hold, Order, OrderMail, Payment
from orders.providers import ProviderRefused, ProviderUnavailable

# A payment made in the last second is heard of a little later.
GRACE = timedelta(minutes=2)


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire", queueing_lock="orders.expire", pass_context=False)
def expire(timestamp: int) -> None:
    """Every minute."""
    for order_pk in overdue_orders():
        expire_order(order_pk)
    Hold.objects.filter(released_at=None, order=None, expires_at__lt=timezone.now()).update(released_at=timezone.now())


def overdue_orders() -> list[int]:
    """Orders that wait for a payment whose time is over."""
    waiting = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)
    in_time = Payment.objects.filter(expires_at__gt=timezone.now() - GRACE)
    return list(waiting.exclude(payments__in=in_time).order_by("pk").values_list("pk", flat=True))


def expire_order(order_pk: int) -> None:
    """Asks the provider once more, then lets the order go."""
    for payment in Payment.objects.open().filter(order=order_pk).exclude(provider_reference=""):
        try:
            payments.check(payment)
        except (ProviderUnavailable, ProviderRefused):
            # A payment that comes to light later is sold or refunded then.
            continue
    with transaction.atomic():
        order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_pk)
        if order.status != Order.Status.AWAITING_PAYMENT:
            return
        payments.close_open(order)
        order.move_to(Order.Status.EXPIRED)
        stock.release_order(order)
        emails.enqueue(order, OrderMail.Kind.EXPIRED)
