"""Paid orders that lie at the pickup branch and that nobody fetches: their buyers are reminded once.

Locks: Order, one at a time.
After commit: the mail, by a task. Retry: no order is reminded twice.
"""

from contextlib import suppress
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from dostshop.locks import Busy, short_transaction
from orders import demand, emails
from orders.models import Fulfilment, Order, OrderMail

LONGEST_WAIT = timedelta(days=7)


@app.periodic(cron="25 6 * * *")
@app.task(name="orders.remind_unclaimed", queueing_lock="orders.remind_unclaimed", pass_context=False)
def remind_all(timestamp: int) -> None:
    """Every morning, in Baku at 10:25."""
    reminded = OrderMail.objects.filter(order=OuterRef("pk"), kind=OrderMail.Kind.UNCLAIMED)
    for pk in unclaimed_orders().exclude(Exists(reminded)).order_by("pk").values_list("pk", flat=True):
        # Whoever is busy with the order may be handing it over.
        with suppress(Busy):
            remind(pk)


def unclaimed_orders() -> QuerySet[Order]:
    """Paid orders of which all that the buyer still gets has waited for long."""
    left = Fulfilment.objects.wanted().filter(order=OuterRef("pk"), handed_over_at=None)
    long_ago = timezone.now() - LONGEST_WAIT
    not_here_for_long = left.filter(Q(arrived_at=None) | Q(arrived_at__gte=long_ago))
    orders = Order.objects.filter(demand.is_wanted(), status=Order.Status.PAID, delivery=Order.Delivery.PICKUP)
    return orders.filter(Exists(left), ~Exists(not_here_for_long))


@short_transaction()
def remind(order_pk: int) -> None:
    """One mail, however often this is called."""
    order = Order.objects.locked(order_pk)
    if unclaimed_orders().filter(pk=order_pk).exists():
        emails.enqueue(order, OrderMail.Kind.UNCLAIMED)
