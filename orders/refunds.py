"""Money back to the buyer: decided here, sent by the provider, and what the provider says of it.

Locks: Order → Payment → Stock → InvoiceSeries; lines and delivery are counted under the order's lock. The ledger is
written in the same transaction, and locks nothing.
``decide`` comes last in a longer transaction: its credit note locks the series of invoices.
Raises: ``NothingToRefund``, ``NoWordToBuyer``, ``MoreThanBought``, ``MoreThanPaid``, ``Outdated``, ``NotWaiting``,
``LookFirst``, ``stock.MoreThanSold`` and ``stock.StillOwed``, and ``Unexplained`` for a refund of the provider's that
cannot be; nothing is written then.
``providers.ProviderUnavailable`` from ``send``, which then runs again.
After commit: the provider is asked by a task; a mail goes when the money does, and when it comes back.
Retry: a refund is one row with one key, sent along to the provider. Whenever the provider may have heard of it, it is
first asked what it did, for keys are forgotten; a refusal is compared with what it did, too. A provider that would
pay a repeated request twice is asked once: the row says so before, and where the answer is lost a person looks.
The money and the shelf are two decisions, in one go where ``Sum`` names both.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext
from procrastinate.contrib.django import app

from dostshop import money
from dostshop.accounts.models import User
from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.locks import short_transaction
from orders import books, emails, invoices, progress, providers, stock
from orders.models import LineItem, Order, OrderEvent, OrderMail, Payment, Refund, RefundLine
from orders.providers import (
    OutcomeUnknown,
    ProviderFailed,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    RefundState,
)

logger = logging.getLogger(__name__)

# Longer than any provider is waited for.
ANSWER_TIME = timedelta(minutes=2)
# Their mail goes when the money is booked, and tells that it is on its way.
TOLD_AT_ONCE = frozenset({Refund.Reason.PIECE_GONE, Refund.Reason.PAID_CANCELLED})


class NothingToRefund(Exception):
    """The sum is zero, or the order has no money to give back."""


class NoWordToBuyer(Exception):
    """Something is kept back, and nothing tells the buyer why."""


class MoreThanBought(Exception):
    """More units of a line, or more of the delivery, than are left to refund; units asked back are the return's."""


class NotWaiting(Exception):
    """The refund waits for nobody: it is done, or its provider is at it."""


class MoreThanPaid(Exception):
    """More than was captured and not refunded yet."""


class Outdated(Exception):
    """Something of the order was refunded since this person looked."""


class LookFirst(Exception):
    """Whether the money went is not known, and asking again could send it twice."""


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
    # In the order's language; where something is kept back it says why.
    to_buyer: str = ""
    # Units, by the line's primary key, that go back on the shelf with it.
    shelf: Mapping[int, int] = field(default_factory=dict)
    # What was ``refunded`` when a person decided this, so that a second click, or a second person, does not give the
    # same again; None where nobody looked.
    seen: Decimal | None = None


def everything_left(order: Order) -> Sum:
    """What an order that is called off gives back: every unit, and all the money that is still here."""
    units_left = [(line, line.left_quantity) for line in order.lines.all()]
    price = sum((line.unit_price * units for line, units in units_left), order.delivery_left)
    here = left(order)
    units = {line.pk: units for line, units in units_left if units}
    # What was kept back before goes back too; what was given for goodwill does not go twice.
    goodwill, deduction = max(here - price, money.ZERO), max(price - here, money.ZERO)
    return Sum(units, order.delivery_left, goodwill, deduction, to_buyer=_had_before(order) if deduction else "")


def _had_before(order: Order) -> str:
    with translation.override(order.language):
        return gettext("We gave you a part of the money before; it is taken off here.")


def refunded(order: Order) -> Decimal:
    """What of the order's money is decided to go back so far, gone or not."""
    return sum(order.payments.values_list("refunded_amount", flat=True), money.ZERO)


def left(order: Order) -> Decimal:
    """What of the order's money is still here, and can be decided to go back."""
    return sum((payment.left for payment in order.payments.all()), money.ZERO)


@short_transaction()
def decide(order_pk: int, *, what: Sum, reason: str, note: str = "", actor: User | None = None) -> Refund:
    """Writes the refund of these units; the provider is asked after the commit.

    Raises NothingToRefund, NoWordToBuyer, MoreThanBought, MoreThanPaid, Outdated, MoreThanSold, StillOwed, ValueError
    for a negative number.
    """
    order = Order.objects.locked(order_pk)
    if what.seen is not None and what.seen != refunded(order):
        raise Outdated
    lines = _lines_of(order, what)
    price = sum((line.unit_price * units for line, units in lines.items()), what.delivery + what.goodwill)
    amount = price - what.deduction
    if amount <= 0:
        raise NothingToRefund
    if what.deduction and not what.to_buyer.strip():
        raise NoWordToBuyer
    payment = _payment_with(order, amount)
    refund = Refund(amount=amount, delivery_amount=what.delivery, reason=reason, note=note[:250], decided_by=actor)
    refund.to_buyer = what.to_buyer.strip()
    _write(refund, payment)
    for line, units in lines.items():
        RefundLine.objects.create(refund=refund, line=line, quantity=units, amount=line.unit_price * units)
        LineItem.objects.filter(pk=line.pk).update(refunded_quantity=F("refunded_quantity") + units)
    if what.delivery:
        Order.objects.filter(pk=order.pk).update(delivery_refunded=F("delivery_refunded") + what.delivery)
    # Nobody waits for these units any more: what is refunded here may go on the shelf.
    stock.take_back(order, units=what.shelf, actor=actor)
    progress.follow_up(order, actor=actor, refund=refund)
    invoices.credit(refund)
    books.refund_decided(order, refund)
    return refund


def _lines_of(order: Order, what: Sum) -> dict[LineItem, int]:
    """The units of each line, where they and the delivery are still the order's to give back."""
    lines = {line.pk: line for line in order.lines.filter(pk__in=what.lines)}
    sums = (what.delivery, what.goodwill, what.deduction)
    is_negative = any(units < 0 for units in what.lines.values()) or min(sums) < 0
    if is_negative or set(lines) != set(what.lines):
        raise ValueError("units and sums of a refund are of this order and not negative")
    wanted = {lines[pk]: units for pk, units in what.lines.items() if units}
    if any(units > line.left_quantity for line, units in wanted.items()):
        raise MoreThanBought
    if what.delivery > order.delivery_left:
        raise MoreThanBought
    return wanted


def whole(payment: Payment, *, reason: str) -> Refund:
    """Sends back a payment that buys nothing. Call with the order and the payment locked."""
    return _write(Refund(amount=payment.left, reason=reason), payment)


def excess(payment: Payment, *, actor: User) -> Refund:
    """Sends back what came beyond the price that this payment has paid. Call with the order and the payment locked."""
    amount = payment.captured_amount - payment.amount
    return _write(Refund(amount=amount, reason=Refund.Reason.TOO_MUCH, decided_by=actor), payment)


def _payment_with(order: Order, amount: Decimal) -> Payment:
    payments = list(Payment.objects.locked_of(order))
    if not any(payment.left for payment in payments):
        raise NothingToRefund
    enough = [payment for payment in payments if payment.left >= amount]
    if not enough:
        raise MoreThanPaid
    return enough[0]


def _write(refund: Refund, payment: Payment) -> Refund:
    refund.payment = payment
    refund.save()
    _count(payment, refund.amount)
    why = {"reason": refund.reason, "note": refund.note}
    _record(payment.order, OrderEvent.Kind.REFUND_DECIDED, refund, actor=refund.decided_by, **why)
    send.defer(refund_pk=refund.pk)
    return refund


def _count(payment: Payment, amount: Decimal) -> None:
    Payment.objects.filter(pk=payment.pk).update(refunded_amount=F("refunded_amount") + amount)
    payment.refresh_from_db(fields=["refunded_amount"])


@app.task(name="orders.send_refund", retry=OVER_THE_WEEKEND)
def send(refund_pk: int) -> None:
    """Asks the provider for the money back. Raises ProviderUnavailable, after which it may run again.

    A refusal is final: it is noted in the refund's row, for staff.
    """
    refund = Refund.objects.select_related("payment__order").get(pk=refund_pk)
    if refund.is_settled:
        return
    try:
        answer = _answer(refund)
    except ProviderFailed:
        Refund.objects.filter(pk=refund_pk).update(failed_tries=F("failed_tries") + 1)
        raise
    except OutcomeUnknown as unknown:
        _fail(refund, Refund.Failure.UNKNOWN, unknown)
    except ProviderRefused as refusal:
        # Money that went back in the provider's own dashboard is a reason to refuse.
        _take_in_what_went_back(refund.payment)
        _fail(refund, Refund.Failure.REFUSED, refusal)
    else:
        _settle(refund.pk, answer)


def _answer(refund: Refund) -> ProviderRefund:
    """What the provider says of this refund: of what it did when it was asked before, or now that it is asked."""
    provider = providers.provider(refund.payment.provider)
    row = Refund.objects.filter(pk=refund.pk)
    is_first = bool(row.filter(asked_at=None).update(asked_at=timezone.now()))
    if provider.is_refund_repeatable:
        is_heard_of = not is_first or refund.failed_tries
        return (_found_at_provider(refund) if is_heard_of else None) or provider.refund(refund)
    if not is_first:
        if row.filter(asked_at__gt=timezone.now() - ANSWER_TIME).exists():
            raise ProviderUnavailable("is being asked at this moment")
        raise OutcomeUnknown
    try:
        return provider.refund(refund)
    except ProviderUnavailable:
        # Nobody heard the question.
        row.update(asked_at=None)
        raise


def _found_at_provider(refund: Refund) -> ProviderRefund | None:
    mine = (one for one in _told_of(refund.payment) if one.key == str(refund.idempotency_key))
    return next((one for one in mine if one.state != RefundState.FAILED), None)


def _told_of(payment: Payment) -> tuple[ProviderRefund, ...]:
    """Every refund of the payment that the provider knows; none of one that tells of none."""
    return providers.provider(payment.provider).fetch_status(payment).refunds or ()


def _take_in_what_went_back(payment: Payment) -> None:
    # What is asked once is refused once: it does not run again after a silence.
    if not providers.provider(payment.provider).is_refund_repeatable:
        return
    with suppress(ProviderRefused):
        for told in _told_of(payment):
            try:
                apply(payment.pk, told)
            except Unexplained as odd:
                logger.warning("order %s: %s", payment.order, odd)


def _fail(refund: Refund, failure: Refund.Failure, problem: ProviderRefused) -> None:
    logger.warning("refund %s of order %s: %s, %s", refund.pk, refund.payment.order, failure.value, problem)
    answer = ProviderRefund(reference="", state=RefundState.FAILED, amount=refund.amount)
    _settle(refund.pk, answer, failure=failure, detail=str(problem))


@short_transaction()
def apply(payment_pk: int, told: ProviderRefund) -> bool:
    """Does what follows from the provider's word on one refund, made here or in its own dashboard.

    Harmless when repeated; returns whether it changed something. Raises Unexplained.
    """
    order = Order.objects.locked(Payment.objects.values_list("order_id", flat=True).get(pk=payment_pk))
    payment = Payment.objects.locked_of(order).get(pk=payment_pk)
    refund = _row_of(payment, told)
    if refund is None and told.state != RefundState.FAILED:
        refund = _made_elsewhere(order, payment, told)
    return refund is not None and _settle(refund.pk, told)


def _row_of(payment: Payment, told: ProviderRefund) -> Refund | None:
    refunds = list(payment.refunds.all())
    by_reference = (
        refund for refund in refunds if told.reference in {refund.provider_reference, *refund.failed_references} - {""}
    )
    by_key = (refund for refund in refunds if told.key == str(refund.idempotency_key))
    return next(by_reference, None) or next(by_key, None)


def _waiting(payment: Payment) -> list[Refund]:
    """Decided, and nobody has begun to send it."""
    return [one for one in payment.refunds.order_by("pk") if not (one.done_at or one.is_known_at_provider)]


def taken_by_bank(order: Order, payment: Payment, *, reference: str, amount: Decimal) -> None:
    """The buyer's bank took this back: what waits to go back has gone so, and what else it took is a refund, done.

    Call with the order and the payment locked. Raises Unexplained, having written nothing.
    """
    # A bank may ask for what has gone back before, too.
    taken = min(amount, payment.left + sum(one.amount for one in _waiting(payment)))
    if taken:
        told = ProviderRefund(reference, RefundState.DONE, taken)
        refund = _made_elsewhere(order, payment, told, reason=Refund.Reason.AT_BANK)
        _settle(refund.pk, told)


def _made_elsewhere(
    order: Order, payment: Payment, told: ProviderRefund, *, reason: str = Refund.Reason.AT_PROVIDER
) -> Refund:
    """The row of a refund made in the provider's dashboard: of one that is still to go back, or one more.

    Where all that the provider had left went back at once, it is everything that waits here, and the rest.
    """
    waiting = _waiting(payment)
    # What has failed is what staff mend in the dashboard.
    waiting.sort(key=lambda one: not one.failure)
    same = [one for one in waiting if one.amount == told.amount]
    if same and not told.key:
        return same[0]
    amount = told.amount
    if waiting and amount == payment.left + sum(one.amount for one in waiting):
        # Its name is one row's alone.
        named = [] if payment.left else waiting[:1]
        for one in waiting[len(named) :]:
            _settle(one.pk, replace(told, reference=""))
        if named:
            return named[0]
        amount = payment.left
    if amount > payment.left:
        raise Unexplained(f"{told.reference}: {told.amount} back, more than is left of the payment")
    refund = Refund.objects.create(payment=payment, amount=amount, reason=reason)
    _count(payment, amount)
    _record(order, OrderEvent.Kind.REFUND_DECIDED, refund, reason=refund.reason)
    invoices.credit(refund)
    books.refund_decided(order, refund)
    return refund


@short_transaction()
def _settle(refund_pk: int, told: ProviderRefund, *, failure: str = Refund.Failure.CAME_BACK, detail: str = "") -> bool:
    """Writes what the provider answered. A refund that went through can still come back as failed."""
    order, refund = _locked(refund_pk)
    # An older word on what has failed since, or a refusal of what has gone another way.
    if told.reference in refund.failed_references or (refund.done_at and failure != Refund.Failure.CAME_BACK):
        return False
    before = (refund.done_at, refund.failure)
    refund.provider_reference = told.reference or refund.provider_reference
    if told.state == RefundState.DONE and refund.done_at is None:
        refund.done_at, refund.failure, refund.failure_detail = timezone.now(), "", ""
        _record(order, OrderEvent.Kind.REFUNDED, refund, reason=refund.reason)
        _tell(order, refund)
    elif told.state == RefundState.FAILED:
        if told.amount != refund.amount:
            raise Unexplained(f"{told.reference}: {told.amount} came back, and {refund.amount} of it is one row here")
        refund.done_at, refund.failure, refund.failure_detail = None, failure, detail[:250]
        refund.failed_references += [told.reference] if told.reference else []
        event = _record(order, OrderEvent.Kind.REFUND_FAILED, refund, failure=failure)
        # Before, its buyer was told that it had gone.
        if before[0]:
            emails.enqueue(order, OrderMail.Kind.CAME_BACK, about=f"refund-{refund.pk}-{event.pk}")
    elif refund.failure and told.reference:
        # Sent anew in the provider's dashboard.
        refund.failure, refund.failure_detail = "", ""
    refund.save(update_fields=["provider_reference", "done_at", "failure", "failure_detail", "failed_references"])
    books.refund_moved(order, refund)
    return before != (refund.done_at, refund.failure)


def _record(order: Order, kind: str, refund: Refund, *, actor: User | None = None, **data: Any) -> OrderEvent:
    return order.record(kind, actor=actor, refund=refund.pk, amount=str(refund.amount), **data)


def _tell(order: Order, refund: Refund) -> None:
    # What a buyer's bank took, it tells.
    if refund.reason == Refund.Reason.AT_BANK or _went_as_told(order, refund):
        return
    came_back = order.mails.filter(kind=OrderMail.Kind.CAME_BACK, about__startswith=f"refund-{refund.pk}-").count()
    again = f"-{came_back}" if came_back else ""
    emails.enqueue(order, OrderMail.Kind.REFUNDED, about=f"refund-{refund.pk}{again}")


def _went_as_told(order: Order, refund: Refund) -> bool:
    """Whether the buyer was told at once of this refund, and it went so: by the provider, at the first go."""
    is_by_provider = refund.payment.provider in providers.codes_online() and not refund.is_by_hand
    failures = order.events.filter(kind=OrderEvent.Kind.REFUND_FAILED, data__refund=refund.pk)
    return refund.reason in TOLD_AT_ONCE and is_by_provider and not failures.exists()


def for_a_person() -> QuerySet[Refund]:
    """What no provider sends: it was refused or came to nothing, or the money came by hand."""
    return Refund.objects.filter(done_at=None).filter(
        ~Q(failure="") | ~Q(payment__provider__in=providers.codes_online())
    )


def state_of(refund: Refund) -> Refund.State:
    """How it stands, for staff."""
    if refund.done_at:
        return Refund.State.DONE
    if refund.failure:
        return Refund.State.UNKNOWN if refund.failure == Refund.Failure.UNKNOWN else Refund.State.FAILED
    is_by_hand = refund.payment.provider not in providers.codes_online()
    return Refund.State.BY_HAND if is_by_hand else Refund.State.UNDER_WAY


@short_transaction()
def mark_given_back(refund_pk: int, *, actor: User) -> None:
    """Staff gave the money back by hand, from where it came in. Also where the provider could not.

    Raises NotWaiting where it was given back already, or the provider is at it; LookFirst where it may have gone.
    """
    order, refund = _locked(refund_pk)
    _refuse_unknown(refund)
    if not for_a_person().filter(pk=refund_pk).exists():
        raise NotWaiting
    _mark_done(order, refund, actor=actor, is_by_hand=True)


@short_transaction()
def try_again(refund_pk: int, *, actor: User | None = None) -> None:
    """Asks the provider anew for a refund that it could not make.

    Raises NotWaiting where there is none to ask for, LookFirst where it may have gone.
    """
    order, refund = _locked(refund_pk)
    _refuse_unknown(refund)
    if not refund.failure or refund.payment.provider not in providers.codes_online():
        raise NotWaiting
    _ask_anew(order, refund, actor=actor)


@short_transaction()
def say_whether_it_went(refund_pk: int, *, has_gone: bool, actor: User) -> None:
    """A person has looked at the provider, whose answer was lost: the money went, or it is asked for anew.

    Raises NotWaiting where the outcome is known.
    """
    order, refund = _locked(refund_pk)
    if state_of(refund) != Refund.State.UNKNOWN:
        raise NotWaiting
    if has_gone:
        _mark_done(order, refund, actor=actor, is_by_hand=False)
    else:
        _ask_anew(order, refund, actor=actor)


def _locked(refund_pk: int) -> tuple[Order, Refund]:
    """A refund is read under the lock of its order."""
    order = Order.objects.locked(Refund.objects.values_list("payment__order_id", flat=True).get(pk=refund_pk))
    return order, Refund.objects.select_related("payment").get(pk=refund_pk)


def _refuse_unknown(refund: Refund) -> None:
    if state_of(refund) == Refund.State.UNKNOWN:
        raise LookFirst


def _mark_done(order: Order, refund: Refund, *, actor: User, is_by_hand: bool) -> None:
    refund.done_at, refund.is_by_hand = timezone.now(), is_by_hand
    refund.failure = refund.failure_detail = ""
    refund.save(update_fields=["done_at", "is_by_hand", "failure", "failure_detail"])
    books.refund_moved(order, refund)
    how = {"by_hand": True} if is_by_hand else {}
    _record(order, OrderEvent.Kind.REFUNDED, refund, actor=actor, reason=refund.reason, **how)
    _tell(order, refund)


def _ask_anew(order: Order, refund: Refund, *, actor: User | None) -> None:
    # The key's answer was the failure, so the next question needs another.
    refund.failed_tries += 1
    refund.asked_at = None
    refund.failure = refund.failure_detail = ""
    refund.save(update_fields=["failed_tries", "asked_at", "failure", "failure_detail"])
    _record(order, OrderEvent.Kind.REFUND_TRIED, refund, actor=actor)
    send.defer(refund_pk=refund.pk)
