"""Payments: how an order is paid, whoever the provider is.

A provider is a module of ``orders/providers`` with a class that keeps to ``PaymentProvider``; ``PROVIDERS``
names it. No provider is called inside a transaction: the intent is written and committed, the provider is
called with a key made from that row, the answer is written.
Locks: Order → Payment → Stock.
Raises: ``ProviderUnavailable`` and ``ProviderRefused`` from calls to a provider; ``NotPayable`` where the
order does not wait for money; ``stock.OutOfStock`` where a piece is gone;
``locks.Busy`` where a row stays locked for too long.
After commit: mails and refunds go out by tasks that were enqueued in the same transaction.
Retry: ``apply_status`` may come any number of times, in any order, from a webhook, a person or a task.
"""

import logging
import uuid
from contextlib import suppress
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, stock
from orders.models import Order, OrderEvent, OrderMail, Payment, Refund
from orders.models.payment import PaymentQuerySet
from orders.providers import PaymentProvider, ProviderFailed, ProviderRefused, ProviderState, ProviderStatus
from orders.providers.branch import PayAtBranch
from orders.providers.stripe_checkout import StripeCheckout

logger = logging.getLogger(__name__)

PROVIDERS: dict[str, PaymentProvider] = {
    Payment.Provider.STRIPE: StripeCheckout(),
    Payment.Provider.BRANCH: PayAtBranch(),
}

# Stripe closes a Checkout Session no sooner than 30 minutes after it was made (API reference, expires_at).
CARD_TIME = timedelta(minutes=35)
SHORTEST_CARD_TIME = timedelta(minutes=31)
BRANCH_TIME = timedelta(days=3)
# Those days end when a branch is still open, not at the hour at which the order happened to come in.
BRANCH_CLOSES = time(18, 0)
# How long an order may wait for a card payment in all, over every attempt.
LONGEST_CARD_WAIT = timedelta(hours=6)


class NotPayable(Exception):
    """The order does not wait for this payment."""


def write_intent(order: Order, *, provider: str) -> Payment:
    """The row of a payment that is about to be started. Call inside the transaction that decides it."""
    is_at_branch = provider == Payment.Provider.BRANCH
    payment = Payment.objects.create(
        order=order,
        provider=provider,
        # The branch's till is open by itself.
        status=Payment.Status.OPEN if is_at_branch else Payment.Status.STARTED,
        amount=order.total,
        currency=order.currency,
        expires_at=_end_of_branch_time() if is_at_branch else timezone.now() + CARD_TIME,
    )
    order.record(OrderEvent.Kind.PAYMENT_STARTED, payment=payment.pk, provider=provider)
    return payment


def _end_of_branch_time() -> datetime:
    earliest = timezone.localtime() + BRANCH_TIME
    end = timezone.make_aware(datetime.combine(earliest.date(), BRANCH_CLOSES))
    return end if end >= earliest else end + timedelta(days=1)


def start(payment: Payment) -> Payment:
    """Opens the payment at its provider and notes where the shopper pays.

    Raises ProviderUnavailable, after which the same payment may be started again, or ProviderRefused, after
    which a new one may be.
    """
    if payment.status != Payment.Status.STARTED:
        return payment
    # A webhook may be quicker than the answer; what it wrote stands.
    still_started = Payment.objects.filter(pk=payment.pk, status=Payment.Status.STARTED)
    try:
        started = PROVIDERS[payment.provider].start(payment)
    except ProviderFailed:
        still_started.update(idempotency_key=uuid.uuid4())
        raise
    except ProviderRefused as refusal:
        still_started.update(status=Payment.Status.FAILED, failure=str(refusal)[:250])
        raise
    opened = {
        "status": Payment.Status.OPEN,
        "provider_reference": started.reference,
        "redirect_url": started.redirect_url,
    }
    still_started.update(**opened)
    payment.refresh_from_db()
    return payment


def can_pay_by_card(order: Order) -> bool:
    """Whether ``try_again`` has a chance: the order waits, not for the branch's till, and not for too long."""
    return (
        order.status == Order.Status.AWAITING_PAYMENT
        and timezone.now() <= order.placed_at + LONGEST_CARD_WAIT
        and not order.payments.open().exclude(provider=Payment.Provider.STRIPE).exists()
    )


def try_again(order_pk: int) -> Payment:
    """A payment by card that the shopper can go on with now: the one that is open, or a new one.

    Raises NotPayable, OutOfStock, ProviderUnavailable, ProviderRefused.
    """
    with short_transaction():
        order = Order.objects.locked(order_pk)
        if not can_pay_by_card(order):
            raise NotPayable(order.code)
        current = _locked_payments(order).open().first()
        if current and not _can_go_on(current):
            _give_up(current)
            current = None
        if current is None:
            current = write_intent(order, provider=Payment.Provider.STRIPE)
            if order.bag is not None:
                stock.hold(order.bag, order=order, until=current.expires_at)
    return start(current)


def _can_go_on(payment: Payment) -> bool:
    left = payment.expires_at - timezone.now()
    needed = SHORTEST_CARD_TIME if payment.status == Payment.Status.STARTED else timedelta(minutes=1)
    return left > needed


def check(payment: Payment) -> None:
    """Asks the provider how the payment stands, and does what follows from the answer."""
    apply_status(payment.pk, PROVIDERS[payment.provider].fetch_status(payment))


@short_transaction()
def apply_status(payment_pk: int, status: ProviderStatus) -> None:
    """Does what follows from the provider's word. Harmless when repeated."""
    order = Order.objects.locked(Payment.objects.values_list("order_id", flat=True).get(pk=payment_pk))
    payment = _locked_payments(order).get(pk=payment_pk)
    match status.state:
        case ProviderState.PAID:
            _apply_paid(order, payment, status)
        case ProviderState.FAILED if payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}:
            _close(payment, Payment.Status.FAILED)
            order.record(OrderEvent.Kind.PAYMENT_FAILED, payment=payment.pk)
        case ProviderState.EXPIRED if payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}:
            _close(payment, Payment.Status.EXPIRED)


def can_be_paid_at_branch(order: Order) -> bool:
    """Whether ``mark_paid_at_branch`` has a chance."""
    return _due_at_branch(order, Payment.objects.filter(order=order)) is not None


@short_transaction()
def mark_paid_at_branch(order_pk: int, *, actor: User) -> None:
    """Staff took the money over the counter.

    Raises NotPayable where the order does not wait for that, OutOfStock where a piece was sold meanwhile.
    """
    order = Order.objects.locked(order_pk)
    payment = _due_at_branch(order, _locked_payments(order))
    if payment is None:
        raise NotPayable(order.code)
    stock.sell(order)
    _capture(payment, payment.amount)
    _paid(order, payment, actor=actor)


def _due_at_branch(order: Order, payments: PaymentQuerySet) -> Payment | None:
    """What the branch's till may still take for this order, in time or late."""
    if Order.Status.PAID not in Order.TRANSITIONS[order.status]:
        return None
    payment = payments.filter(provider=Payment.Provider.BRANCH).order_by("pk").last()
    return None if payment is None or payment.captured_amount else payment


def close_open(order: Order) -> None:
    """Ends the order's open payments, at the provider too. Call with the order locked."""
    for payment in _locked_payments(order).open():
        _give_up(payment)


def _give_up(payment: Payment) -> None:
    _close(payment, Payment.Status.EXPIRED)
    if payment.provider_reference:
        expire_at_provider.defer(payment_pk=payment.pk)


@app.task(name="orders.expire_at_provider", retry=RetryStrategy(max_attempts=5, exponential_wait=3))
def expire_at_provider(payment_pk: int) -> None:
    """Closes the provider's page of a payment that is no longer wanted."""
    payment = Payment.objects.get(pk=payment_pk)
    # Refused: it is paid or closed already, and a webhook tells which.
    with suppress(ProviderRefused):
        PROVIDERS[payment.provider].expire(payment)


def _locked_payments(order: Order) -> PaymentQuerySet:
    return Payment.objects.select_for_update(of=("self",), no_key=True).filter(order=order).order_by("pk")


def _apply_paid(order: Order, payment: Payment, status: ProviderStatus) -> None:
    is_known = payment.failure and payment.provider_charge == status.charge
    if payment.captured_amount or is_known:
        return
    if status.currency.upper() != payment.currency or status.amount != payment.amount:
        _take_wrong_amount(order, payment, status)
        return
    _capture(payment, status.amount, charge=status.charge)
    if Order.Status.PAID not in Order.TRANSITIONS[order.status]:
        _refund_whole(payment, Refund.Reason.PAID_TWICE)
        return
    try:
        stock.sell(order)
    except stock.OutOfStock:
        order.record(OrderEvent.Kind.PAID_TOO_LATE, payment=payment.pk)
        close_open(order)
        if order.status == Order.Status.AWAITING_PAYMENT:
            order.move_to(Order.Status.EXPIRED)
        stock.release_order(order)
        _refund_whole(payment, Refund.Reason.PIECE_GONE)
        emails.enqueue(order, OrderMail.Kind.PAID_TOO_LATE)
        return
    _paid(order, payment)


def _paid(order: Order, payment: Payment, *, actor: User | None = None) -> None:
    close_open(order)
    order.move_to(Order.Status.PAID, actor=actor, payment=payment.pk, amount=str(payment.captured_amount))
    emails.enqueue(order, OrderMail.Kind.PAID)


def _take_wrong_amount(order: Order, payment: Payment, status: ProviderStatus) -> None:
    """Money that is not the order's price pays for nothing: it goes back, and staff can see why."""
    order.record(
        OrderEvent.Kind.WRONG_AMOUNT, payment=payment.pk, amount=str(status.amount), currency=status.currency.upper()
    )
    if status.currency.upper() == payment.currency and status.amount > 0:
        _capture(payment, status.amount, charge=status.charge)
        _refund_whole(payment, Refund.Reason.WRONG_AMOUNT)
    payment.provider_charge = status.charge
    _close(payment, Payment.Status.FAILED, failure="another amount was paid")


def _capture(payment: Payment, amount: Decimal, *, charge: str = "") -> None:
    payment.status = Payment.Status.PAID
    payment.captured_amount = amount
    payment.provider_charge = charge
    payment.paid_at = timezone.now()
    payment.save(update_fields=["status", "captured_amount", "provider_charge", "paid_at"])


def _close(payment: Payment, status: str, *, failure: str = "") -> None:
    payment.status = status
    payment.failure = failure[:250]
    payment.save(update_fields=["status", "failure", "provider_charge"])


def _refund_whole(payment: Payment, reason: str) -> None:
    """Writes the refund; the task that it enqueues asks the provider after the commit."""
    refund = Refund.objects.create(payment=payment, amount=payment.captured_amount, reason=reason)
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=F("refunded_amount") + refund.amount)
    send_refund.defer(refund_pk=refund.pk)


@app.task(name="orders.send_refund", retry=RetryStrategy(max_attempts=20, exponential_wait=2))
def send_refund(refund_pk: int) -> None:
    """Asks the provider for the money back, once. Raises ProviderUnavailable, after which it may run again.

    A refusal is final: it is noted in the refund's row, for staff.
    """
    refund = Refund.objects.select_related("payment__order").get(pk=refund_pk)
    if refund.done_at is not None or refund.failure:
        return
    try:
        reference = PROVIDERS[refund.payment.provider].refund(refund)
    except ProviderRefused as refusal:
        logger.exception("refund %s of order %s is refused", refund.pk, refund.payment.order)
        Refund.objects.filter(pk=refund_pk).update(failure=str(refusal)[:250])
        return
    with transaction.atomic():
        done = Refund.objects.filter(pk=refund_pk, done_at=None).update(
            provider_reference=reference, done_at=timezone.now()
        )
        if done:
            refund.payment.order.record(
                OrderEvent.Kind.REFUNDED, refund=refund.pk, amount=str(refund.amount), reason=refund.reason
            )
