"""Payments: how an order is paid, whoever the provider is.

Providers are in ``orders/providers``. None is called inside a transaction: the intent is written and committed,
the provider is called with a key made from that row, the answer is written.
Money that came is booked, whatever became of its order: it buys the pieces, or goes back as a whole.
Locks: Order → Payment → Stock → InvoiceSeries. The ledger is written in the same transaction, and locks nothing.
Raises: ``ProviderUnavailable`` and ``ProviderRefused`` from calls to a provider; ``NotPayable`` where the
order does not wait for money; ``stock.OutOfStock`` where a piece is gone; ``GoesBack`` once money is booked that
buys nothing; ``locks.Busy`` where a row stays locked for too long.
After commit: mails and refunds go out by tasks that were enqueued in the same transaction; see ``orders/refunds.py``.
Retry: ``apply_status`` may come any number of times, in any order, from a webhook, a person or a task.
"""

import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from dostshop import money
from dostshop.accounts.models import User
from dostshop.background.retrying import FOR_AN_HOUR
from dostshop.locks import Busy, short_transaction
from orders import books, emails, invoices, promises, providers, refunds, stock
from orders.models import Order, OrderEvent, OrderMail, Payment, Refund
from orders.models.payment import PaymentQuerySet
from orders.providers import ProviderFailed, ProviderRefused, ProviderState, ProviderStatus, RefundState

logger = logging.getLogger(__name__)

# How long an order may wait for an online payment in all, over every attempt.
LONGEST_ONLINE_WAIT = timedelta(hours=6)
# Before the buyer hears of a sum that staff typed: a slip of the hand is found out at once.
TIME_TO_CORRECT = timedelta(minutes=10)
# From the till to the pieces in the buyer's hands.
TIME_AT_COUNTER = timedelta(minutes=5)
SMALLEST_SUM = Decimal("0.01")
# Money that buys nothing: why it goes back, and what the order's events say of it.
FOR_NOTHING = {
    Refund.Reason.PIECE_GONE: OrderEvent.Kind.PAID_TOO_LATE,
    Refund.Reason.PAID_CANCELLED: OrderEvent.Kind.PAID_CANCELLED,
    Refund.Reason.PAID_TWICE: OrderEvent.Kind.PAID_TWICE,
}


class NotPayable(Exception):
    """The order does not wait for this payment."""


class WrongAmount(NotPayable):
    """Another sum came than the order costs. The message says so, for staff."""


class BookedMeanwhile(NotPayable):
    """Somebody else was quicker. The message says so, for staff."""


class GoesBack(Exception):
    """The money is booked, and it, or a part of it, buys nothing. The message says why, for staff, who give that back

    by hand.
    """


def write_intent(order: Order, *, provider: str) -> Payment:
    """The row of a payment that is about to be started. Call inside the transaction that decides it."""
    takes_it = providers.provider(provider)
    now = timezone.now()
    payment = Payment(
        order=order,
        provider=provider,
        # What is paid by hand needs no opening.
        status=Payment.Status.STARTED if takes_it.is_online else Payment.Status.OPEN,
        amount=order.total,
        currency=order.currency,
        created_at=now,
        expires_at=takes_it.pay_until(order, now),
    )
    payment.remind_at = takes_it.remind_at(payment)
    payment.save()
    order.record(OrderEvent.Kind.PAYMENT_STARTED, payment=payment.pk, provider=provider)
    return payment


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
        started = providers.provider(payment.provider).start(payment)
    except ProviderFailed:
        still_started.update(idempotency_key=uuid.uuid4())
        raise
    except ProviderRefused as refusal:
        still_started.update(
            status=Payment.Status.FAILED, failure=Payment.Failure.REFUSED, failure_detail=str(refusal)[:250]
        )
        raise
    opened = {
        "status": Payment.Status.OPEN,
        "provider_reference": started.reference,
        "redirect_url": started.redirect_url,
    }
    still_started.update(**opened)
    payment.refresh_from_db()
    return payment


def can_pay_online(order: Order) -> bool:
    """Whether ``try_again`` has a chance: the order waits, for nothing that is paid by hand, and not for too long."""
    return (
        order.status == Order.Status.AWAITING_PAYMENT
        and timezone.now() <= order.placed_at + LONGEST_ONLINE_WAIT
        and not order.payments.open().filter(provider__in=providers.codes_by_hand()).exists()
    )


def try_again(order_pk: int, *, provider: str) -> Payment:
    """A payment that the shopper can go on with now: the one that is open at this provider, or a new one.

    Raises NotPayable, OutOfStock, ProviderUnavailable, ProviderRefused.
    """
    takes_it = providers.configured().get(provider)
    if takes_it is None or not takes_it.is_online:
        raise NotPayable(provider)
    with short_transaction():
        order = Order.objects.locked(order_pk)
        if not can_pay_online(order):
            raise NotPayable(order.code)
        current = Payment.objects.locked_of(order).open().first()
        if current and not (current.provider == provider and takes_it.can_resume(current, timezone.now())):
            _give_up(current)
            current = None
        if current is None:
            current = write_intent(order, provider=provider)
            if order.bag is not None:
                stock.hold_for(order, order.bag, until=current.expires_at)
    return start(current)


def check(payment: Payment) -> None:
    """Asks the provider how the payment stands, and does what follows from the answer."""
    status = providers.provider(payment.provider).fetch_status(payment)
    apply_status(payment.pk, status)
    for told in status.refunds or ():
        refunds.apply(payment.pk, told)


def take_in(order_pk: int, *, provider: str, reference: str) -> Payment:
    """The row of a payment that came about without one, as before a backup was restored; its status is not applied.

    The order is the one that the provider names. Called again, it is the same row.
    """
    with short_transaction():
        order = Order.objects.locked(order_pk)
        payment, _is_new = Payment.objects.get_or_create(
            provider=provider,
            provider_reference=reference,
            defaults={
                "order": order,
                "status": Payment.Status.EXPIRED,
                "amount": order.total,
                "currency": order.currency,
                "expires_at": timezone.now(),
            },
        )
    return payment


@short_transaction()
def apply_status(payment_pk: int, status: ProviderStatus) -> None:
    """Does what follows from the provider's word. Harmless when repeated."""
    order = Order.objects.locked(Payment.objects.values_list("order_id", flat=True).get(pk=payment_pk))
    payment = Payment.objects.locked_of(order).get(pk=payment_pk)
    match status.state:
        case ProviderState.PAID:
            _apply_paid(order, payment, status)
        case ProviderState.FAILED if payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}:
            _close(payment, Payment.Status.FAILED)
            order.record(OrderEvent.Kind.PAYMENT_FAILED, payment=payment.pk)
        case ProviderState.EXPIRED if payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}:
            _close(payment, Payment.Status.EXPIRED)
    if status.state != ProviderState.OPEN and payment.ask_after:
        payment.ask_after = None
        payment.save(update_fields=["ask_after"])


def has_money(order: Order) -> bool:
    """Whether something of what came for this order has not been given back."""
    return order.payments.with_money().exists()


def can_be_marked_paid(order: Order) -> bool:
    """Whether ``mark_paid`` has a chance."""
    return _due_by_hand(order, Payment.objects.filter(order=order)) is not None


def is_amount_typed(order: Order) -> bool:
    """Whether ``mark_paid`` asks what came: a bank statement says it, while a till is told by whoever stands there."""
    payment = _due_by_hand(order, Payment.objects.filter(order=order))
    return payment is not None and not providers.provider(payment.provider).is_paid_on_pickup


def mark_paid(order_pk: int, *, actor: User, amount: Decimal | None = None) -> None:
    """Staff have the money: over the counter, or on the bank account, where ``amount`` is what came.

    Raises NotPayable where the order does not wait for that; WrongAmount where less came, which the order's events then
    tell; GoesBack where more came, which pays the order. Where a piece was sold meanwhile: OutOfStock at the counter,
    where nobody takes the money then, and GoesBack for money that is on the account already.
    """
    if problem := _take_by_hand(order_pk, actor=actor, amount=amount):
        raise problem


@short_transaction()
def _take_by_hand(order_pk: int, *, actor: User, amount: Decimal | None) -> Exception | None:
    """Returns what is to be raised after the commit."""
    order = Order.objects.locked(order_pk)
    payment = _due_by_hand(order, Payment.objects.locked_of(order))
    if payment is None:
        raise NotPayable(order.code)
    is_at_till = providers.provider(payment.provider).is_paid_on_pickup
    if amount is None and not is_at_till:
        raise WrongAmount(_("Open the order and type the sum that came to the bank account."))
    came = payment.amount if amount is None else amount
    if came < SMALLEST_SUM:
        raise WrongAmount(_("Type the sum that came; it is more than nothing."))
    if came < payment.amount:
        return _note_short(order, payment, came=came, actor=actor)
    _capture(order, payment, came)
    if is_at_till:
        # Nobody hands over money for what is gone.
        stock.sell(order)
        _paid(order, payment, actor=actor)
    elif _spend(order, payment, actor=actor):
        return GoesBack(_("A piece was sold meanwhile. The money is booked: send it back, and say so at its refund."))
    if came == payment.amount:
        return None
    refunds.excess(payment, actor=actor)
    too_much = _(
        "The order is paid. It costs %(due)s, and %(came)s came: %(difference)s are booked, to be sent back. "
        "Send them, and say so at their refund."
    )
    return GoesBack(too_much % _sums(due=payment.amount, came=came))


def _note_short(order: Order, payment: Payment, *, came: Decimal, actor: User) -> WrongAmount:
    sums = {"payment": payment.pk, "amount": str(came), "due": str(payment.amount)}
    typed = order.record(OrderEvent.Kind.OTHER_SUM, actor=actor, **sums)
    if order.status == Order.Status.AWAITING_PAYMENT:
        emails.enqueue(order, OrderMail.Kind.PAID_SHORT, about=f"event-{typed.pk}", wait=TIME_TO_CORRECT)
    else:
        give_back_part(order, payment)
    return WrongAmount(_sentence(order, due=payment.amount, came=came))


def typed_sum(order: Order) -> Decimal | None:
    """What ``take_back_sum`` can take back: a part of the price that staff typed, and that is not booked yet."""
    payment = _due_by_hand(order, order.payments.all())
    return payment.other_sum if payment else None


@short_transaction()
def take_back_sum(order_pk: int, *, amount: Decimal, actor: User) -> None:
    """The sum that was typed did not come for this order, which waits for its whole price again.

    ``amount`` is what the person who says so saw as typed. Raises NotPayable where there is none; BookedMeanwhile.
    After the commit: a mail, where the buyer was asked for the rest.
    """
    order = Order.objects.locked(order_pk)
    payment = _due_by_hand(order, Payment.objects.locked_of(order))
    if payment is None or payment.other_sum is None:
        raise NotPayable(order.code)
    if payment.other_sum != amount:
        raise BookedMeanwhile(_("Somebody has typed another sum meanwhile. Look at it again."))
    event = order.record(OrderEvent.Kind.SUM_TAKEN_BACK, actor=actor, payment=payment.pk, amount=str(-amount))
    if order.mails.filter(kind=OrderMail.Kind.PAID_SHORT).exists():
        emails.enqueue(order, OrderMail.Kind.SUM_TAKEN_BACK, about=f"event-{event.pk}")


def can_take_in_transfer(order: Order) -> bool:
    """Whether ``take_in_transfer`` has a chance: the order was to be paid so, and waits for no such money any more."""
    by_transfer = order.payments.filter(provider__in=providers.codes_by_transfer())
    return by_transfer.exists() and not can_be_marked_paid(order)


def booked(order: Order) -> Decimal:
    """What came for the order in all, whatever went back since."""
    return sum((payment.captured_amount for payment in order.payments.all()), money.ZERO)


@short_transaction()
def take_in_transfer(order_pk: int, *, amount: Decimal, booked_before: Decimal, actor: User) -> Refund:
    """Money on the bank account for an order that does not wait for it: it is booked, and to be given back by hand.

    ``booked_before`` is what the person who typed the sum saw as booked, so that one transfer is not booked by two.
    Raises NotPayable where the order waits for money, or never did for a transfer; BookedMeanwhile; ValueError.
    """
    order = Order.objects.locked(order_pk)
    if amount < SMALLEST_SUM:
        raise ValueError("a transfer brings more than nothing")
    if not can_take_in_transfer(order):
        raise NotPayable(order.code)
    if booked(order) != booked_before:
        raise BookedMeanwhile(_("Somebody has booked money for this order meanwhile. See whether it is this transfer."))
    attempt = order.payments.filter(provider__in=providers.codes_by_transfer()).latest("pk")
    payment = Payment.objects.create(
        order=order,
        provider=attempt.provider,
        status=Payment.Status.EXPIRED,
        amount=amount,
        currency=order.currency,
        expires_at=timezone.now(),
    )
    _capture(order, payment, amount)
    return _give_back(order, payment, reason=_why_not(order) or _why_late(order), actor=actor)


def _sums(*, due: Decimal, came: Decimal) -> dict[str, str]:
    return {"due": money.text(due), "came": money.text(came), "difference": money.text(abs(due - came))}


def _sentence(order: Order, *, due: Decimal, came: Decimal) -> str:
    missing = _(
        "The order costs %(due)s, and %(came)s came: %(difference)s are missing. In ten minutes a mail asks the buyer "
        "for the rest; if you mistyped, type the right sum before, or say that this sum did not come. Type the whole "
        "sum once it is there, or cancel the order and send back what came."
    )
    missing_late = _(
        "The order costs %(due)s, and %(came)s came: %(difference)s are missing, and its time is over. What came is "
        "booked: send it back, and say so at its refund."
    )
    sentence = missing if order.status == Order.Status.AWAITING_PAYMENT else missing_late
    return sentence % _sums(due=due, came=came)


def _due_by_hand(order: Order, payments: PaymentQuerySet) -> Payment | None:
    """What staff may still take for this order, in time or late."""
    if Order.Status.PAID not in Order.TRANSITIONS[order.status]:
        return None
    payment = payments.filter(provider__in=providers.codes_by_hand()).order_by("pk").last()
    return None if payment is None or payment.captured_amount else payment


def close_open(order: Order) -> Payment | None:
    """Ends the order's open payment, at the provider too; ``give_back_part`` follows. Call with the order locked."""
    payment = Payment.objects.locked_of(order).open().first()
    if payment is not None:
        _give_up(payment)
    return payment


def give_back_part(order: Order, payment: Payment | None) -> Refund | None:
    """What came to the bank account and was less than the price: where no rest is waited for any more, it goes back."""
    if payment is None or not payment.other_sum:
        return None
    came = ProviderStatus(ProviderState.PAID, payment.other_sum, payment.currency, charge="")
    return _take_wrong_amount(order, payment, came)


def _give_up(payment: Payment) -> None:
    _close(payment, Payment.Status.EXPIRED)
    if payment.provider_reference:
        # Refused or lost, the page may still be paid.
        payment.ask_after = timezone.now()
        payment.save(update_fields=["ask_after"])
        expire_at_provider.defer(payment_pk=payment.pk)


@app.task(name="orders.expire_at_provider", retry=FOR_AN_HOUR)
def expire_at_provider(payment_pk: int) -> None:
    """Closes the provider's page of a payment that is no longer wanted."""
    payment = Payment.objects.get(pk=payment_pk)
    # Refused: it is paid or closed already, and a webhook tells which.
    with suppress(ProviderRefused):
        providers.provider(payment.provider).expire(payment)


def _apply_paid(order: Order, payment: Payment, status: ProviderStatus) -> None:
    is_known = payment.failure and payment.provider_charge == status.charge
    if payment.captured_amount or is_known:
        return
    if status.currency.upper() != payment.currency or status.amount != payment.amount:
        _take_wrong_amount(order, payment, status)
        return
    _capture(order, payment, status.amount, charge=status.charge)
    if _went_back(status):
        order.record(OrderEvent.Kind.PAID_AND_BACK, payment=payment.pk, amount=str(status.amount))
        return
    _spend(order, payment)


def _went_back(status: ProviderStatus) -> bool:
    """Whether all of it was given back at the provider before the shop heard that it had come."""
    back = (told.amount for told in status.refunds or () if told.state != RefundState.FAILED)
    return sum(back, money.ZERO) >= status.amount


def _spend(order: Order, payment: Payment, *, actor: User | None = None) -> Refund | None:
    """Buys the order's pieces with money that was captured; or sends it back, and returns the refund."""
    if reason := _why_not(order):
        return _give_back(order, payment, reason=reason, actor=actor)
    try:
        stock.sell(order)
    except stock.OutOfStock:
        give_back_part(order, close_open(order))
        if order.status == Order.Status.AWAITING_PAYMENT:
            order.move_to(Order.Status.EXPIRED)
        stock.release_order(order)
        return _give_back(order, payment, reason=Refund.Reason.PIECE_GONE, actor=actor)
    _paid(order, payment, actor=actor)
    return None


def _why_not(order: Order) -> Refund.Reason | None:
    """Why money that comes for the order buys nothing; whether its pieces are still there is another question."""
    if order.status == Order.Status.CANCELLED:
        return Refund.Reason.PAID_CANCELLED
    return None if Order.Status.PAID in Order.TRANSITIONS[order.status] else Refund.Reason.PAID_TWICE


def _why_late(order: Order) -> Refund.Reason:
    """Why a further transfer buys nothing where one that came before it for the same order went back."""
    return Refund.Reason.PAID_TWICE if stock.could_be_sold(order) else Refund.Reason.PIECE_GONE


def _give_back(order: Order, payment: Payment, *, reason: Refund.Reason, actor: User | None = None) -> Refund:
    order.record(FOR_NOTHING[reason], actor=actor, payment=payment.pk, amount=str(payment.captured_amount))
    refund = refunds.whole(payment, reason=reason)
    if reason in refunds.TOLD_AT_ONCE:
        emails.enqueue(order, OrderMail.Kind.PAID_TOO_LATE, about=f"refund-{refund.pk}")
    return refund


def _paid(order: Order, payment: Payment, *, actor: User | None = None) -> None:
    give_back_part(order, close_open(order))
    order.move_to(Order.Status.PAID, actor=actor, payment=payment.pk, amount=str(payment.captured_amount))
    books.sold(order, payment)
    # Whoever pays at the counter mostly has the pieces next: one mail tells both.
    is_at_counter = payment.provider in providers.codes_paid_on_pickup()
    emails.enqueue(order, OrderMail.Kind.PAID, wait=TIME_AT_COUNTER if is_at_counter else None)
    _derive(order, lambda: promises.make(order))
    _derive(order, lambda: invoices.issue(order, payment))


def _derive(order: Order, what: Callable[[], object]) -> None:
    """What follows from money must not keep it from being booked; ``completing`` makes up for it later."""
    try:
        with transaction.atomic():
            what()
    except Busy:
        raise
    except Exception:
        logger.exception("order %s is paid, and lacks what follows from that", order)


def _take_wrong_amount(order: Order, payment: Payment, status: ProviderStatus) -> Refund | None:
    """Money that is not the order's price pays for nothing: it goes back, and staff can see why."""
    order.record(
        OrderEvent.Kind.WRONG_AMOUNT, payment=payment.pk, amount=str(status.amount), currency=status.currency.upper()
    )
    refund = None
    if status.currency.upper() == payment.currency and status.amount > 0:
        _capture(order, payment, status.amount, charge=status.charge)
        refund = refunds.whole(payment, reason=Refund.Reason.WRONG_AMOUNT)
    payment.provider_charge = status.charge
    _close(payment, Payment.Status.FAILED, failure=Payment.Failure.WRONG_AMOUNT)
    return refund


def _capture(order: Order, payment: Payment, amount: Decimal, *, charge: str = "") -> None:
    payment.status = Payment.Status.PAID
    payment.captured_amount = amount
    payment.provider_charge = charge
    payment.paid_at = timezone.now()
    payment.save(update_fields=["status", "captured_amount", "provider_charge", "paid_at"])
    books.money_came(order, payment)


def _close(payment: Payment, status: str, *, failure: str = "") -> None:
    payment.status = status
    payment.failure = failure
    payment.save(update_fields=["status", "failure", "provider_charge"])
