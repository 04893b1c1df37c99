"""Finds where the shop and a payment provider disagree, and repairs it.

What it looks at: events that were kept and not handled, payments whose opening was never answered, payments left
open, or closed here before their provider ended them, refunds that are not settled, everything that the provider itself
lists of the last days, orders that were paid and lack what follows from their money, money that the ledger lacks, and
money and disputes that wait for a person.
Locks: those of ``payments`` and ``refunds``, one payment at a time; none while a provider is asked.
Raises: nothing that a row or a provider causes: what cannot be repaired now is a finding too, and the rest goes on.
After commit: what those functions enqueue. Each finding is saved as it comes.
Retry: a second run finds nothing where the first repaired everything.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.fields.json import KT
from django.utils import timezone
from procrastinate.contrib.django import app

from dostshop.locks import Busy
from orders import completing, disputes, ledger_checks, payments, providers, refunds, webhooks
from orders.models import Order, OrderEvent, Payment, ProviderEvent, Reconciliation, Refund
from orders.providers import ProviderRefused, ProviderState, ProviderUnavailable, Report

logger = logging.getLogger(__name__)

Kind = Reconciliation.Finding

# What happened just now may still be under way by itself.
SETTLING_TIME = timedelta(minutes=3)
# Stripe tries a webhook again for up to three days (documentation, “Process undelivered webhook events”).
LOOKS_BACK = timedelta(days=3)
# A provider that never says that a payment has ended is asked this often, and for this long.
ASKS_EVERY = timedelta(days=1)
LONGEST_PAYMENT = timedelta(days=30)
KEPT = timedelta(days=90)
# What only a person can mend is told once.
TOLD_ONCE = frozenset({Kind.UNKNOWN_PAYMENT, Kind.OTHER_CURRENCY, Kind.DISPUTED, Kind.DISPUTE_CLOSED})

# Anything else is a mistake in the shop, and its traceback is wanted.
_EXPECTED = (ProviderUnavailable, ProviderRefused, refunds.Unexplained, Busy)


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
    former = Reconciliation.objects.first()
    run = Reconciliation.objects.create()
    try:
        for finding in _findings(
            since=since or timezone.now() - LOOKS_BACK, before=settled_before or timezone.now() - SETTLING_TIME
        ):
            if not _is_known(finding):
                _tell(run, _since(former, finding))
    finally:
        run.finished_at = timezone.now()
        run.save(update_fields=["finished_at"])
    return run


def _tell(run: Reconciliation, finding: Finding) -> None:
    logger.warning("reconciling: %s", finding)
    run.findings.append(asdict(finding))
    run.save(update_fields=["findings"])


def _is_known(finding: Finding) -> bool:
    told = Reconciliation.objects.filter(findings__contains=[asdict(finding)])
    return finding.kind in TOLD_ONCE and told.exists()


def _since(former: Reconciliation | None, finding: Finding) -> Finding:
    """Trouble that the run before had as well is told each time, and as such."""
    still = replace(finding, kind=Kind.STILL_NOT_REPAIRED)
    if finding.kind != Kind.NOT_REPAIRED or former is None:
        return finding
    return still if asdict(finding) in former.findings or asdict(still) in former.findings else finding


def _findings(*, since: datetime, before: datetime) -> Iterator[Finding]:
    begun = Payment.objects.select_related("order").filter(created_at__lt=before)
    steps: dict[str, Callable[[], Iterable[Finding]]] = {
        "events": lambda: _each(ProviderEvent.objects.filter(handled_at=None, received_at__lt=before), _handled),
        "unanswered": lambda: _each(begun.filter(status=Payment.Status.STARTED), _opened),
        "open": lambda: _each(begun.open().exclude(provider_reference=""), _asked_about),
        "refunds": lambda: _each(_unsettled(before), _settled),
        "lists": lambda: _each(providers.configured(), lambda code: _listed(code, since)),
        "closed": lambda: _each(begun.to_ask_about(before), _asked_again),
        "paid orders": lambda: _each(completing.lacking(), _completed),
        "ledger": lambda: _each(ledger_checks.not_booked(), _booked),
        "for a person": _for_a_person,
    }
    yield from _each(steps, lambda name: steps[name]())


def _each[Row](rows: Iterable[Row], look: Callable[[Row], Iterable[Finding]]) -> Iterator[Finding]:
    """What is the matter with one row must not keep the others from being looked at."""
    for row in rows:
        try:
            yield from look(row)
        except _EXPECTED as error:
            yield Finding(Kind.NOT_REPAIRED, _order_of(row), f"{_name(row)}: {error!r}")
        except Exception as error:
            logger.exception("reconciling %r", row)
            yield Finding(Kind.NOT_REPAIRED, _order_of(row), f"{_name(row)}: {error!r}")


def _order_of(row: object) -> str:
    match row:
        case Order():
            return row.code
        case Payment():
            return row.order.code
        case Refund():
            return row.payment.order.code
        case Report():
            return row.order_code
    return ""


def _name(row: object) -> str:
    match row:
        case Refund():
            return f"refund of {row}"
        case Report():
            return row.reference or row.charge
    return str(row)


def _handled(event: ProviderEvent) -> Iterator[Finding]:
    try:
        webhooks.handle(event.pk)
    except webhooks.UnknownMoney as unknown:
        yield Finding(Kind.UNKNOWN_PAYMENT, "", str(unknown))
        webhooks.set_aside(event.pk)
    else:
        yield Finding(Kind.EVENT_HANDLED, "", str(event))


def _opened(payment: Payment) -> Iterable[Finding]:
    """The shop died, or gave up, between writing the intent and hearing the answer."""
    if payment.order.status != Order.Status.AWAITING_PAYMENT:
        return []
    if not providers.provider(payment.provider).can_resume(payment, timezone.now()):
        return []
    return _changed(payment, payments.start, Kind.PAYMENT_OPENED)


def _asked_about(payment: Payment) -> Iterator[Finding]:
    return _changed(payment, payments.check, Kind.PAYMENT_MISSED)


def _asked_again(payment: Payment) -> Iterator[Finding]:
    """Closed here, as its order expired, and perhaps paid since. Written before it is asked, so that it is not asked

    at every look.
    """
    now = timezone.now()
    is_long_ago = payment.created_at < now - LONGEST_PAYMENT
    Payment.objects.filter(pk=payment.pk).update(ask_after=None if is_long_ago else now + ASKS_EVERY)
    return _asked_about(payment)


def _changed(payment: Payment, repair: Callable[[Payment], object], kind: Kind) -> Iterator[Finding]:
    status = payment.status
    repair(payment)
    payment.refresh_from_db(fields=["status"])
    if payment.status != status:
        yield Finding(kind, payment.order.code, f"{payment}: {status} → {payment.status}")


def _unsettled(before: datetime) -> Iterable[Refund]:
    asked_of = Refund.objects.filter(payment__provider__in=providers.codes_online()).select_related("payment__order")
    return asked_of.unsettled().filter(created_at__lt=before)


def _settled(refund: Refund) -> Iterator[Finding]:
    # What the provider has taken on, it tells about; what it has not heard of is asked for.
    payments.check(refund.payment) if refund.provider_reference else refunds.send(refund_pk=refund.pk)
    refund.refresh_from_db()
    if refund.is_settled:
        yield Finding(Kind.REFUND_SETTLED, refund.payment.order.code, f"refund of {refund}")


def _listed(code: str, since: datetime) -> Iterator[Finding]:
    return _each(providers.provider(code).recent(since), lambda report: _compared(code, report))


def _compared(code: str, report: Report) -> Iterator[Finding]:
    name = f"{code} {report.reference or report.charge}"
    try:
        payment = webhooks.payment_of(code, report) or webhooks.taken_in(code, report)
    except webhooks.UnknownMoney as unknown:
        yield Finding(Kind.UNKNOWN_PAYMENT, "", str(unknown))
        return
    if payment is None:
        return
    if _is_news(payment, report):
        Payment.objects.filter(pk=payment.pk, provider_reference="").update(provider_reference=report.reference)
        payment.refresh_from_db()
        # Asked about by itself, it is told with what went back of it.
        payments.check(payment)
        yield Finding(Kind.PAYMENT_MISSED, payment.order.code, name)
    elif report.dispute:
        # Told from what is written down of it.
        disputes.note(payment.pk, report.dispute)
    elif report.refund and refunds.apply(payment.pk, report.refund):
        yield Finding(Kind.REFUND_MISSED, payment.order.code, f"{name}: {report.refund.amount}")


def _is_news(payment: Payment, report: Report) -> bool:
    if report.status is None or report.status.state == ProviderState.OPEN:
        return False
    if report.status.state == ProviderState.PAID:
        return not payment.captured_amount and payment.provider_charge != report.status.charge
    return payment.status in {Payment.Status.STARTED, Payment.Status.OPEN}


def _completed(order: Order) -> Iterator[Finding]:
    completing.complete(order.pk)
    yield Finding(Kind.LEFT_OVER, order.code, "")


def _booked(order: Order) -> Iterator[Finding]:
    ledger_checks.book(order.pk)
    yield Finding(Kind.NOT_BOOKED, order.code, "")


def _for_a_person() -> Iterator[Finding]:
    """What the shop has written down and cannot decide."""
    events = OrderEvent.objects.filter(at__gte=timezone.now() - KEPT).select_related("order").order_by("pk")
    kinds = {OrderEvent.Kind.DISPUTED: Kind.DISPUTED, OrderEvent.Kind.DISPUTE_CLOSED: Kind.DISPUTE_CLOSED}
    for event in events.filter(kind__in=kinds):
        told = (event.data["dispute"], event.data["amount"], event.data["currency"], event.data["outcome"])
        yield Finding(kinds[OrderEvent.Kind(event.kind)], event.order.code, " ".join(filter(None, told)))
    wrong = events.filter(kind=OrderEvent.Kind.WRONG_AMOUNT).annotate(currency=KT("data__currency"))
    for event in wrong.exclude(currency=F("order__currency")):
        sums = f"{event.data['amount']} {event.data['currency']}"
        yield Finding(Kind.OTHER_CURRENCY, event.order.code, f"payment {event.data['payment']}: {sums}")
