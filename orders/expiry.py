"""Ends what ran out: unpaid orders and the holds of bags; and reminds once of an order before it does.

Who pays at the branch is neither reminded nor runs out of time while the shop's own pieces are late.

Nothing depends on this running in time: an expired hold is worth nothing by itself. It tells the shopper,
closes the payment page and keeps the tables small.
Locks: Order → Payment, one order at a time.
"""

from contextlib import suppress
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone
from procrastinate.contrib.django import app

from dostshop.background.models import Job
from dostshop.background.retrying import FOR_AN_HOUR
from dostshop.locks import Busy, short_transaction
from orders import demand, emails, payments, progress, promises, refunds, stock, typed
from orders.models import Bag, Hold, Order, OrderMail, Payment
from orders.models.payment import PaymentQuerySet
from orders.providers import ProviderRefused, ProviderUnavailable

# A payment made in the last second is heard of a little later.
GRACE = timedelta(minutes=2)
# Before the time of an order whose pieces are late is over, so that nobody else buys them meanwhile.
AHEAD = timedelta(hours=1)
BAG_LIFETIME = timedelta(days=90)


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire", queueing_lock="orders.expire", pass_context=False)
def expire(timestamp: int) -> None:
    """Every minute. Each order is a task of its own, so that none waits for another's trouble."""
    for order_pk in orders_to_wait_for():
        with suppress(Busy):
            wait_longer(order_pk)
    under_way = Job.objects.filter(task_name=expire_order.name, status__in=("todo", "doing"))
    for order_pk in {*overdue_orders()} - {*under_way.values_list("args__order_pk", flat=True)}:
        expire_order.defer(order_pk=order_pk)
    for order_pk in orders_to_remind():
        # Whoever is busy with the order is done by the next minute.
        with suppress(Busy):
            remind(order_pk)
    Hold.objects.filter(released_at=None, order=None, expires_at__lt=timezone.now()).update(released_at=timezone.now())
    typed.forget_expired()


@app.periodic(cron="17 3 * * *")
@app.task(name="orders.forget_bags", queueing_lock="orders.forget_bags", pass_context=False)
def forget_bags(timestamp: int) -> None:
    """Every night: guests' bags that nobody came back for."""
    Bag.objects.open().filter(user=None, created_at__lt=timezone.now() - BAG_LIFETIME).delete()


def orders_to_remind() -> list[int]:
    """Orders whose payment still waits, and that were not reminded of any."""
    reminded = OrderMail.objects.filter(order=OuterRef("order"), kind=OrderMail.Kind.REMINDER)
    waiting = _to_remind().filter(~Exists(reminded), order__status=Order.Status.AWAITING_PAYMENT)
    return list(waiting.order_by("pk").values_list("order", flat=True))


@short_transaction()
def remind(order_pk: int) -> None:
    """One mail, however often this is called and however often the shopper began to pay."""
    order = Order.objects.locked(order_pk)
    if order.status == Order.Status.AWAITING_PAYMENT and _to_remind().filter(order=order).exists():
        emails.enqueue(order, OrderMail.Kind.REMINDER)


def _to_remind() -> PaymentQuerySet:
    return Payment.objects.to_remind().exclude(demand.is_before_its_pieces())


def orders_to_wait_for() -> list[int]:
    """Orders to be paid at the branch whose time is about to be over, and whose pieces are not all there."""
    waiting = _late().filter(order__status=Order.Status.AWAITING_PAYMENT, expires_at__lt=timezone.now() + AHEAD)
    return list(waiting.order_by("pk").values_list("order", flat=True))


@short_transaction()
def wait_longer(order_pk: int) -> None:
    """Gives the buyer the whole time from now on."""
    _give_time(Order.objects.locked(order_pk))


def _give_time(order: Order) -> None:
    if order.status == Order.Status.AWAITING_PAYMENT and _late().filter(order=order).exists():
        progress.prolong(order)


def _late() -> PaymentQuerySet:
    return Payment.objects.open().filter(demand.is_before_its_pieces())


def overdue_orders() -> list[int]:
    """Orders that wait for a payment whose time is over."""
    waiting = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)
    return list(waiting.exclude(payments__in=_in_time()).order_by("pk").values_list("pk", flat=True))


def _in_time() -> PaymentQuerySet:
    return Payment.objects.filter(expires_at__gt=timezone.now() - GRACE)


@app.task(name="orders.expire_order", retry=FOR_AN_HOUR)
def expire_order(order_pk: int) -> None:
    """Asks the provider once more, then lets the order go. Raises Busy, after which it may run again."""
    for payment in Payment.objects.open().filter(order=order_pk).exclude(provider_reference=""):
        try:
            payments.check(payment)
        except (ProviderUnavailable, ProviderRefused, refunds.Unexplained):
            # A payment that comes to light later is sold or refunded then, and the reconciler asks again.
            continue
    with short_transaction():
        order = Order.objects.locked(order_pk)
        # Where the worker was down before; nothing comes of it where others have the pieces by now.
        _give_time(order)
        # The shopper may have begun to pay anew while the provider was asked.
        if order.status != Order.Status.AWAITING_PAYMENT or _in_time().filter(order=order).exists():
            return
        closed = payments.close_open(order)
        order.move_to(Order.Status.EXPIRED)
        refund = payments.give_back_part(order, closed)
        promises.forget(order)
        stock.release_order(order)
        emails.enqueue(order, OrderMail.Kind.EXPIRED, about=f"refund-{refund.pk}" if refund else "")
