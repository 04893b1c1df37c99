"""Money back to the buyer: decided here, sent by the provider, and what the provider says of it.

Locks: Order → Payment → InvoiceSeries; lines and delivery are counted under the order's lock.
``decide`` comes last in a longer transaction: its credit note locks the series of invoices.
Raises: ``NothingToRefund``, ``MoreThanBought``, ``MoreThanPaid``, ``NotWaiting``, and ``Unexplained`` for a
refund of the provider's that cannot be; nothing is written then. ``providers.ProviderUnavailable`` from ``send``,
which then runs again.
After commit: the provider is asked by a task; the mail goes when the money does.
Retry: a refund is one row with one key, sent along to the provider; asked again, it is the same refund. After a
failure on the provider's side the provider is first asked what it did. A provider that would pay a repeated request
twice is asked once: the row says so before, and where the answer is lost a person looks.
Restocking is a decision of its own: ``stock.take_back``.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from dostshop import money
from dostshop.accounts.models import User
from dostshop.locks import short_transaction
from orders import emails, invoices, providers
from orders.models import LineItem, Order, OrderEvent, OrderMail, Payment, Refund, RefundLine
from orders.providers import (
    OutcomeUnknown,
    PaymentProvider,
    ProviderFailed,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    RefundState,
)

logger = logging.getLogger(__name__)

# Longer than any provider is waited for.
ANSWER_TIME = timedelta(minutes=2)


class NothingToRefund(Exception):
    """The sum is zero, or the order has no money to give back."""


class MoreThanBought(Exception):
    """More units of a line, or more of the delivery, than are left to refund; units asked back are the return's."""


class NotWaiting(Exception):
    """The refund waits for nobody: it is done, or its provider is at it."""


class MoreThanPaid(Exception):
    """More than was captured and not refunded yet."""


class Unexplained(Exception):
    """The provider reports a refund that does not fit what is known here; a person has to look."""


@dataclass(frozen=True)
class Sum:
    """What goes back, in manat: units by the line's primary key, of the delivery, and for goodwill.

    ``deduction`` is kept back: for wear, or because it was given for goodwill before.
    """

    lines: Mapping[int, int] = field(default_factory=dict)
    delivery: Decimal = money.ZERO
    goodwill: Decimal = money.ZERO
    deduction: Decimal = money.ZERO


def everything_left(order: Order) -> Sum:
    """What an order that is called off gives back: every unit, and all the money that is still here."""
    left = [(line, line.left_quantity) for line in order.lines.all()]
    delivery = order.delivery_total - order.delivery_refunded
    price = sum((line.unit_price * units for line, units in left), delivery)
    here = sum((payment.captured_amount - payment.refunded_amount for payment in order.payments.all()), money.ZERO)
    units = {line.pk: units for line, units in left if units}
    return Sum(units, delivery, deduction=max(price - here, money.ZERO))


@short_transaction()
def decide(order_pk: int, *, what: Sum, reason: str, note: str = "", actor: User | None = None) -> Refund:
    """Writes the refund of these units; the provider is asked after the commit.

    Raises NothingToRefund, MoreThanBought, MoreThanPaid, ValueError for a negative number.
    """
    order = Order.objects.locked(order_pk)
    lines = {line.pk: line for line in order.lines.filter(pk__in=what.lines)}
    sums = (what.delivery, what.goodwill, what.deduction)
    is_negative = any(units < 0 for units in what.lines.values()) or min(sums) < 0
    if is_negative or set(lines) != set(what.lines):
        raise ValueError("units and sums of a refund are of this order and not negative")
    wanted = {pk: units for pk, units in what.lines.items() if units}
    if any(units > lines[pk].left_quantity for pk, units in wanted.items()):
        raise MoreThanBought
    if what.delivery > order.delivery_total - order.delivery_refunded:
        raise MoreThanBought
    price = sum((lines[pk].unit_price * units for pk, units in wanted.items()), what.delivery + what.goodwill)
    amount = price - what.deduction
    if amount <= 0:
        raise NothingToRefund
    refund = Refund(amount=amount, reason=reason, note=note[:250], decided_by=actor)
    refund.delivery_amount = min(what.delivery, amount)
    _write(refund, _payment_with(order, amount))
    for pk, units in wanted.items():
        RefundLine.objects.create(refund=refund, line=lines[pk], quantity=units, amount=lines[pk].unit_price * units)
        LineItem.objects.filter(pk=pk).update(refunded_quantity=F("refunded_quantity") + units)
    if what.delivery:
        Order.objects.filter(pk=order.pk).update(delivery_refunded=F("delivery_refunded") + what.delivery)
    invoices.credit(refund)
    return refund


def whole(payment: Payment, *, reason: str) -> Refund:
    """Sends back a payment that buys nothing. Call with the order and the payment locked."""
    return _write(Refund(amount=payment.captured_amount - payment.refunded_amount, reason=reason), payment)


def _payment_with(order: Order, amount: Decimal) -> Payment:
    payments = Payment.objects.select_for_update(of=("self",), no_key=True).filter(order=order).order_by("pk")
    left = {payment: payment.captured_amount - payment.refunded_amount for payment in payments}
    if not any(left.values()):
        raise NothingToRefund
    enough = [payment for payment, rest in left.items() if rest >= amount]
    if not enough:
        raise MoreThanPaid
    return enough[0]


def _write(refund: Refund, payment: Payment) -> Refund:
    refund.payment = payment
    refund.save()
    _count(payment, refund.amount)
    payment.order.record(
        OrderEvent.Kind.REFUND_DECIDED,
        actor=refund.decided_by,
        refund=refund.pk,
        amount=str(refund.amount),
        reason=refund.reason,
        note=refund.note,
    )
    send.defer(refund_pk=refund.pk)
    return refund


def _count(payment: Payment, amount: Decimal) -> None:
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=F("refunded_amount") + amount)
    payment.refresh_from_db(fields=["refunded_amount"])


@app.task(name="orders.send_refund", retry=RetryStrategy(max_attempts=20, exponential_wait=2))
def send(refund_pk: int) -> None:
    """Asks the provider for the money back. Raises ProviderUnavailable, after which it may run again.

    A refusal is final: it is noted in the refund's row, for staff.
    """
    refund = Refund.objects.select_related("payment__order").get(pk=refund_pk)
    if refund.is_settled:
        return
    provider = providers.provider(refund.payment.provider)
    try:
        # A failure on the provider's side does not tell whether the money went.
        answer = _found_at_provider(refund) if refund.failed_tries else None
        answer = answer or _asked(provider, refund)
    except ProviderFailed:
        Refund.objects.filter(pk=refund_pk).update(failed_tries=F("failed_tries") + 1)
        raise
    except ProviderRefused as refusal:
        logger.warning("refund %s of order %s is refused: %s", refund.pk, refund.payment.order, refusal)
        answer = ProviderRefund(reference="", state=RefundState.FAILED, amount=refund.amount)
        _settle(refund.pk, answer, failure=str(refusal))
        return
    _settle(refund.pk, answer)


def _asked(provider: PaymentProvider, refund: Refund) -> ProviderRefund:
    """The provider's answer. Where a repeated request would be a second refund, it is asked once."""
    if provider.is_refund_repeatable:
        return provider.refund(refund)
    row = Refund.objects.filter(pk=refund.pk)
    if not row.filter(asked_at=None).update(asked_at=timezone.now()):
        if row.filter(asked_at__gt=timezone.now() - ANSWER_TIME).exists():
            raise ProviderUnavailable("is being asked at this moment")
        raise OutcomeUnknown("was asked for, and the answer is lost; see at the provider whether the money went")
    try:
        return provider.refund(refund)
    except ProviderUnavailable:
        # Nobody heard the question.
        row.update(asked_at=None)
        raise


def _found_at_provider(refund: Refund) -> ProviderRefund | None:
    told = providers.provider(refund.payment.provider).fetch_status(refund.payment).refunds or ()
    mine = (one for one in told if one.key == str(refund.idempotency_key) and one.state != RefundState.FAILED)
    return next(mine, None)


@short_transaction()
def apply(payment_pk: int, told: ProviderRefund) -> bool:
    """Does what follows from the provider's word on one refund, made here or in its own dashboard.

    Harmless when repeated; returns whether it changed something. Raises Unexplained.
    """
    order = Order.objects.locked(Payment.objects.values_list("order_id", flat=True).get(pk=payment_pk))
    payment = Payment.objects.select_for_update(of=("self",), no_key=True).get(pk=payment_pk)
    refund = _row_of(payment, told)
    if refund is None and told.state != RefundState.FAILED:
        if told.amount > payment.captured_amount - payment.refunded_amount:
            raise Unexplained(f"{told.reference}: {told.amount} back, more than is left of the payment")
        refund = Refund.objects.create(payment=payment, amount=told.amount, reason=Refund.Reason.AT_PROVIDER)
        _count(payment, told.amount)
        order.record(OrderEvent.Kind.REFUND_DECIDED, refund=refund.pk, amount=str(told.amount), reason=refund.reason)
        invoices.credit(refund)
    return refund is not None and _settle(refund.pk, told)


def _row_of(payment: Payment, told: ProviderRefund) -> Refund | None:
    refunds = list(payment.refunds.all())
    by_reference = (
        refund for refund in refunds if told.reference in {refund.provider_reference, *refund.failed_references} - {""}
    )
    by_key = (refund for refund in refunds if told.key == str(refund.idempotency_key))
    return next(by_reference, None) or next(by_key, None)


@short_transaction()
def _settle(refund_pk: int, told: ProviderRefund, *, failure: str = "") -> bool:
    """Writes what the provider answered. A refund that went through can still come back as failed."""
    order = Order.objects.locked(
        Refund.objects.values_list("payment__order_id", flat=True).get(pk=refund_pk),
    )
    refund = Refund.objects.get(pk=refund_pk)
    # An older word on what has failed since.
    if told.reference in refund.failed_references:
        return False
    before = (refund.done_at, refund.failure)
    refund.provider_reference = told.reference or refund.provider_reference
    if told.state == RefundState.DONE and refund.done_at is None:
        refund.done_at, refund.failure = timezone.now(), ""
        order.record(OrderEvent.Kind.REFUNDED, refund=refund.pk, amount=str(refund.amount), reason=refund.reason)
        _tell(order, refund)
    elif told.state == RefundState.FAILED:
        refund.done_at, refund.failure = None, (failure or "the provider could not send the money back")[:250]
        refund.failed_references += [told.reference] if told.reference else []
        order.record(OrderEvent.Kind.REFUND_FAILED, refund=refund.pk, amount=str(refund.amount))
    refund.save(update_fields=["provider_reference", "done_at", "failure", "failed_references"])
    return before != (refund.done_at, refund.failure)


def _tell(order: Order, refund: Refund) -> None:
    # Who paid too late has a mail that tells of the refund.
    if refund.reason != Refund.Reason.PIECE_GONE:
        emails.enqueue(order, OrderMail.Kind.REFUNDED, about=f"refund-{refund.pk}")


def for_a_person() -> QuerySet[Refund]:
    """What no provider sends: it was refused or came to nothing, or the money came by hand."""
    return Refund.objects.filter(done_at=None).filter(
        ~Q(failure="") | Q(payment__provider__in=providers.codes_by_hand())
    )


@short_transaction()
def mark_given_back(refund_pk: int, *, actor: User) -> None:
    """Staff gave the money back by hand: over the counter, or by a transfer. Also where the provider could not.

    Raises NotWaiting where it was given back already, or the provider is at it.
    """
    order = Order.objects.locked(Refund.objects.values_list("payment__order_id", flat=True).get(pk=refund_pk))
    if not for_a_person().filter(pk=refund_pk).update(done_at=timezone.now(), failure=""):
        raise NotWaiting
    refund = Refund.objects.get(pk=refund_pk)
    order.record(
        OrderEvent.Kind.REFUNDED,
        actor=actor,
        refund=refund.pk,
        amount=str(refund.amount),
        reason=refund.reason,
        by_hand=True,
    )
    _tell(order, refund)


@short_transaction()
def try_again(refund_pk: int, *, actor: User | None = None) -> None:
    """Asks the provider anew for a refund that it could not make. Raises NotWaiting where there is none to ask for."""
    order = Order.objects.locked(Refund.objects.values_list("payment__order_id", flat=True).get(pk=refund_pk))
    failed = Refund.objects.filter(pk=refund_pk, done_at=None, payment__provider__in=providers.codes_online())
    # The key's answer was the failure, so the next question needs another.
    if not failed.exclude(failure="").update(failure="", asked_at=None, failed_tries=F("failed_tries") + 1):
        raise NotWaiting
    refund = Refund.objects.get(pk=refund_pk)
    order.record(OrderEvent.Kind.REFUND_TRIED, actor=actor, refund=refund.pk, amount=str(refund.amount))
    send.defer(refund_pk=refund_pk)
