"""Finds where the shop and a payment provider disagree, and repairs it.

What it looks at: events that were kept and not handled, payments whose opening was never answered, payments left
open, refunds that are not settled, and everything that the provider itself lists of the last days.
Locks: those of ``payments.apply_status`` and ``refunds.apply``, one payment at a time; none while a provider is asked.
Raises: nothing that a provider or a locked row causes: what cannot be repaired now is a finding too.
After commit: what those functions enqueue.
Retry: a second run finds nothing where the first repaired everything.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from dostshop.locks import Busy, short_transaction
from orders import payments, providers, refunds, webhooks
from orders.models import Order, Payment, ProviderEvent, Reconciliation, Refund
from orders.providers import ProviderRefused, ProviderState, ProviderUnavailable, Report

logger = logging.getLogger(__name__)

Kind = Reconciliation.Finding

# What happened just now may still be under way by itself.
SETTLING_TIME = timedelta(minutes=3)
# Stripe tries a webhook again for up to three days (documentation, “Process undelivered webhook events”).
LOOKS_BACK = timedelta(days=3)
KEPT = timedelta(days=90)

_PASSING = (ProviderUnavailable, ProviderRefused, refunds.Unexplained, Busy)


@dataclass(frozen=True)
class Finding:
    kind: Kind
    order: str
    detail: str


@app.periodic(cron="*/10 * * * *")
@app.task(name="orders.reconcile", queueing_lock="orders.reconcile", pass_context=False)
def reconcile_regularly(timestamp: int) -> None:
    """Every ten minutes."""
    reconcile()
    Reconciliation.objects.filter(started_at__lt=timezone.now() - KEPT).delete()


def reconcile(*, since: datetime | None = None, settled_before: datetime | None = None) -> Reconciliation:
    """Compares and repairs; the row says what was found. By default looks back three days."""
    run = Reconciliation.objects.create()
    before = settled_before or timezone.now() - SETTLING_TIME
    findings = [
        *_events(before),
        *_unanswered(before),
        *_open(before),
        *_unsettled(before),
        *_lists(since or timezone.now() - LOOKS_BACK),
    ]
    run.findings = [asdict(finding) for finding in findings if not _is_known(finding)]
    run.finished_at = timezone.now()
    run.save(update_fields=["findings", "finished_at"])
    for found in run.findings:
        logger.warning("reconciling: %s", found)
    return run


def _is_known(finding: Finding) -> bool:
    """What only a person can mend is told once."""
    told = Reconciliation.objects.filter(findings__contains=[asdict(finding)])
    return finding.kind in {Kind.UNKNOWN_PAYMENT, Kind.NOT_REPAIRED} and told.exists()


def _events(before: datetime) -> Iterator[Finding]:
    for event in ProviderEvent.objects.filter(handled_at=None, received_at__lt=before).order_by("pk"):
        try:
            webhooks.handle(event.pk)
        # Whatever it was: it is noted in the event's row, and must not keep the others from being handled.
        except Exception as error:
            logger.exception("event %s", event)
            yield Finding(Kind.NOT_REPAIRED, "", f"{event}: {error!r}")
        else:
            yield Finding(Kind.EVENT_HANDLED, "", str(event))


def _unanswered(before: datetime) -> Iterator[Finding]:
    """The shop died, or gave up, between writing the intent and hearing the answer."""
    begun = Payment.objects.filter(status=Payment.Status.STARTED, created_at__lt=before)
    for payment in begun.filter(order__status=Order.Status.AWAITING_PAYMENT).select_related("order"):
        if providers.provider(payment.provider).can_resume(payment, timezone.now()):
            yield from _repaired(payment, payments.start, Kind.PAYMENT_OPENED)


def _open(before: datetime) -> Iterator[Finding]:
    waiting = Payment.objects.open().filter(created_at__lt=before).exclude(provider_reference="")
    for payment in waiting.select_related("order"):
        yield from _repaired(payment, payments.check, Kind.PAYMENT_MISSED)


def _repaired(payment: Payment, repair: Callable[[Payment], object], kind: Kind) -> Iterator[Finding]:
    status = payment.status
    try:
        repair(payment)
    except _PASSING as error:
        yield Finding(Kind.NOT_REPAIRED, payment.order.code, f"{payment}: {error!r}")
        return
    payment.refresh_from_db(fields=["status"])
    if payment.status != status:
        yield Finding(kind, payment.order.code, f"{payment}: {status} → {payment.status}")


def _unsettled(before: datetime) -> Iterator[Finding]:
    waiting = Refund.objects.unsettled().filter(created_at__lt=before, payment__provider__in=providers.codes_online())
    for refund in waiting.select_related("payment__order"):
        order = refund.payment.order.code
        try:
            # What the provider has taken on, it tells about; what it has not heard of is asked for.
            payments.check(refund.payment) if refund.provider_reference else refunds.send(refund_pk=refund.pk)
        except _PASSING as error:
            yield Finding(Kind.NOT_REPAIRED, order, f"refund of {refund}: {error!r}")
            continue
        refund.refresh_from_db()
        if refund.is_settled:
            yield Finding(Kind.REFUND_SETTLED, order, f"refund of {refund}")


def _lists(since: datetime) -> Iterator[Finding]:
    for code, provider in providers.configured().items():
        try:
            for report in provider.recent(since):
                yield from _compared(code, report)
        except (ProviderUnavailable, ProviderRefused) as error:
            yield Finding(Kind.NOT_REPAIRED, "", f"{code} does not list its payments: {error!r}")


def _compared(code: str, report: Report) -> Iterator[Finding]:
    payment = webhooks.payment_of(code, report)
    name = f"{code} {report.reference or report.charge}"
    try:
        if payment is None:
            if report.status and report.status.state == ProviderState.PAID:
                yield _taken_in(code, report)
            return
        if _changes(payment, report):
            webhooks.apply(code, report)
            yield Finding(Kind.PAYMENT_MISSED, payment.order.code, name)
        elif report.refund and refunds.apply(payment.pk, report.refund):
            yield Finding(Kind.REFUND_MISSED, payment.order.code, f"{name}: {report.refund.amount}")
    except _PASSING as error:
        yield Finding(Kind.NOT_REPAIRED, report.order_code, f"{name}: {error!r}")


def _changes(payment: Payment, report: Report) -> bool:
    if report.status is None or report.status.state == ProviderState.OPEN:
        return False
    if report.status.state == ProviderState.PAID:
        return not payment.captured_amount and payment.provider_charge != report.status.charge
    return payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}


def _taken_in(code: str, report: Report) -> Finding:
    """Money that no row here knows of: where it names an order of ours, it is that order's; else a person looks."""
    name = f"{code} {report.reference}"
    order = Order.objects.filter(code=report.order_code).first()
    if order is None or report.status is None:
        amount = f"{report.status.amount} {report.status.currency}" if report.status else ""
        return Finding(Kind.UNKNOWN_PAYMENT, "", f"{name}: {amount}")
    with short_transaction():
        Order.objects.locked(order.pk)
        payment = Payment.objects.create(
            order=order,
            provider=code,
            status=Payment.Status.EXPIRED,
            amount=order.total,
            currency=order.currency,
            provider_reference=report.reference,
            expires_at=timezone.now(),
        )
        payments.apply_status(payment.pk, report.status)
    return Finding(Kind.PAYMENT_MISSED, order.code, name)
