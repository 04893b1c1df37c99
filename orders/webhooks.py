"""What payment providers report, kept as it came and done once.

Receives a body and its headers; nothing else about the request matters.
Locks: ProviderEvent → Order → Payment → Stock, the last three in ``payments.apply_status`` and ``refunds.apply``.
Raises: ``providers.BadSignature`` for what the provider did not sign, ``UnknownProvider``; ``locks.Busy`` where a row
stays locked for too long; ``UnknownMoney`` for a payment of no order here. Whatever else goes wrong while an event is
done is noted in its row and raised again, so that the provider hears of it and sends it anew.
After commit: what those two enqueued.
Retry: an event that is done is left alone; one that failed is done again. Events may come in any order.
"""

from collections.abc import Mapping

from django.db.models import Q
from django.utils import timezone

from dostshop.locks import Busy, short_transaction
from orders import disputes, payments, providers, refunds
from orders.models import Order, Payment, ProviderEvent
from orders.providers import ProviderState, Report

# Of a primary key.
MOST_DIGITS = 18


class UnknownProvider(Exception):
    """No provider of this code takes payments here."""


class UnknownMoney(Exception):
    """Paid or disputed, and no payment nor order here is named. The message says what came; a person has to look."""


def receive(provider: str, *, body: bytes, headers: Mapping[str, str]) -> None:
    """Keeps the event under its id and does what it says, unless that is done already."""
    takes_it = providers.configured().get(provider)
    if takes_it is None:
        raise UnknownProvider(provider)
    told = takes_it.parse_callback(body, headers)
    ProviderEvent.objects.bulk_create(
        [ProviderEvent(provider=provider, event_id=told.event_id, type=told.type, payload=told.payload)],
        ignore_conflicts=True,
    )
    handle(ProviderEvent.objects.values_list("pk", flat=True).get(provider=provider, event_id=told.event_id))


def handle(event_pk: int) -> None:
    """Does what a kept event says. Raises whatever hinders it, having noted that in the row."""
    try:
        with short_transaction():
            event = ProviderEvent.objects.select_for_update(of=("self",), no_key=True).get(pk=event_pk)
            if event.handled_at is not None:
                return
            report = providers.provider(event.provider).read(event.payload)
            event.error = apply(event.provider, report) if report else ""
            event.handled_at = timezone.now()
            event.save(update_fields=["error", "handled_at"])
    except Busy:
        # Nothing is wrong with the event, and whoever is at it may hold its row.
        raise
    except Exception as error:
        ProviderEvent.objects.filter(pk=event_pk, handled_at=None).update(error=repr(error))
        raise


def set_aside(event_pk: int) -> None:
    """Leaves a kept event to the person who was told of it; what hinders it stays in its row."""
    ProviderEvent.objects.filter(pk=event_pk).update(handled_at=timezone.now())


def replay(event_pk: int) -> None:
    """Does a kept event again, on a person's word. Harmless: what it says is applied as if it had come twice."""
    ProviderEvent.objects.filter(pk=event_pk).update(handled_at=None)
    handle(event_pk)


def apply(provider: str, report: Report) -> str:
    """Does what a report says; returns what staff should know of one that changed nothing.

    Raises UnknownMoney, refunds.Unexplained, locks.Busy.
    """
    payment = payment_of(provider, report) or taken_in(provider, report)
    if payment is None:
        return f"no payment here belongs to {report.reference or report.charge}"
    if report.status is not None:
        payments.apply_status(payment.pk, report.status)
        # Written after the locks of apply_status. The shop may have died before it heard the payment's name.
        Payment.objects.filter(pk=payment.pk, provider_reference="").update(provider_reference=report.reference)
    if report.refund is not None:
        refunds.apply(payment.pk, report.refund)
    if report.dispute is not None:
        disputes.note(payment.pk, report.dispute)
    return ""


def taken_in(provider: str, report: Report) -> Payment | None:
    """A row for money that has none, where the report names an order of ours; None where it tells of no money.

    Raises UnknownMoney for money of no order here, and for a dispute about it.
    """
    if told := report.dispute:
        name = " ".join(filter(None, [report.charge, told.reference]))
        raise UnknownMoney(f"{provider} {name}: {told.amount} {told.currency}")
    if report.status is None or report.status.state != ProviderState.PAID:
        return None
    order = Order.objects.filter(code=report.order_code).first()
    if order is None or not report.reference:
        name = report.reference or report.charge
        raise UnknownMoney(f"{provider} {name}: {report.status.amount} {report.status.currency}")
    return payments.take_in(order.pk, provider=provider, reference=report.reference)


def payment_of(provider: str, report: Report) -> Payment | None:
    """By the provider's name for it, or, where the shop never got to write that down, by what it told the provider."""
    here = Payment.objects.filter(provider=provider)
    named = here.filter(provider_reference=report.reference) if report.reference else here.none()
    if found := named.first():
        return found
    if report.charge and (found := here.filter(provider_charge=report.charge).first()):
        return found
    key = report.payment_key
    if not key.isascii() or not key.isdigit() or len(key) > MOST_DIGITS:
        return None
    is_unnamed = Q(provider_reference="") if report.reference else Q()
    told = here.filter(is_unnamed, pk=key, order__code=report.order_code)
    # Asked again: between the two questions the name may have been written down.
    return told.first() or named.first()
