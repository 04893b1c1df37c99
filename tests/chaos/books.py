"""What there is when a chaos run has come to rest, as plain rows."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from artisans.models import LedgerEntry
from catalog.models import Variant
from dostshop import money
from orders import refunds
from orders.models import (
    Hold,
    Invoice,
    InvoiceSeries,
    LineItem,
    Order,
    OrderEvent,
    OrderMail,
    Payment,
    ProviderEvent,
    Refund,
    RefundLine,
)
from tests.chaos.stand_ins import Charge

_MESSAGE = re.compile(rb"^Message-ID:\s*<(order-[^@>]+)@", re.MULTILINE)


# What ran out while the books were closed is not missed yet.
JUST_OVER = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    code: str
    status: str
    total: Decimal
    delivery_refunded: Decimal
    # What the refunds say that name the delivery.
    delivery_in_refunds: Decimal
    # The states that its events tell of, in their order.
    moves: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PaymentRow:
    pk: int
    order: str
    provider: str
    charge: str
    captured: Decimal
    refunded: Decimal
    is_in_time: bool


@dataclass(frozen=True, kw_only=True)
class RefundRow:
    payment: int
    amount: Decimal
    is_done: bool
    failure: str
    # Of what came beyond the price, which no invoice was for.
    is_excess: bool = False
    # The credit note's sum; None where there is none.
    credited: Decimal | None
    # The mail that tells the buyer of it.
    message: str


@dataclass(frozen=True, kw_only=True)
class LineRow:
    order: str
    sold: int
    refunded: int
    # What the refunds say that name this line.
    in_refunds: int


@dataclass(frozen=True, kw_only=True)
class PieceRow:
    sku: str
    received: int
    on_hand: int
    sold: int
    restocked: int
    held: int
    # Paid, still wanted, and not handed over.
    owed: int


@dataclass(frozen=True, kw_only=True)
class MailRow:
    message: str
    kind: str
    is_sent: bool


@dataclass(frozen=True, kw_only=True)
class JobRow:
    pk: int
    task: str
    status: str
    # What is regular comes again by itself, under this name.
    again_by: str = ""
    # The mail that it sends.
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class EventRow:
    name: str
    is_handled: bool
    error: str


@dataclass(frozen=True, kw_only=True)
class InvoiceRow:
    year: int
    number: int
    order: str
    payment: int
    total: Decimal
    is_credit_note: bool
    is_printed: bool


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """What the ledger has of an order: a debit is positive."""

    order: str
    account: str
    amount: Decimal


@dataclass(kw_only=True)
class Books:
    orders: list[OrderRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    lines: list[LineRow] = field(default_factory=list)
    pieces: list[PieceRow] = field(default_factory=list)
    mails: list[MailRow] = field(default_factory=list)
    # Message ids as they lie in the mail folder, one for each time.
    mails_found: list[str] = field(default_factory=list)
    jobs: list[JobRow] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    # The last number by year.
    series: dict[int, int] = field(default_factory=dict)
    ledger: list[LedgerRow] = field(default_factory=list)
    # The providers' own books.
    charges: list[Charge] = field(default_factory=list)
    # Codes of orders that shoppers saw.
    seen: set[str] = field(default_factory=set)


def read(*, received: dict[int, int], charges: list[Charge], seen: set[str]) -> Books:
    """From the database and the mail folder, and beside them what only others know."""
    mails = {mail.pk: mail for mail in OrderMail.objects.select_related("order")}
    messages = {pk: message(mail) for pk, mail in mails.items()}
    return Books(
        orders=list(_orders()),
        payments=list(_payments()),
        refunds=list(_refunds()),
        lines=list(_lines()),
        pieces=list(_pieces(received)),
        mails=[
            MailRow(message=messages[pk], kind=mail.kind, is_sent=mail.sent_at is not None)
            for pk, mail in mails.items()
        ],
        mails_found=list(mails_found(Path(settings.MAIL_FOLDER))),
        jobs=list(_jobs(messages)),
        events=[
            EventRow(name=str(event), is_handled=event.handled_at is not None, error=event.error)
            for event in ProviderEvent.objects.all()
        ],
        invoices=list(_invoices()),
        series=dict(InvoiceSeries.objects.values_list("year", "last_number")),
        ledger=list(_ledger()),
        charges=charges,
        seen=seen,
    )


def _orders() -> Iterator[OrderRow]:
    moves: dict[int, list[str]] = defaultdict(list)
    events = OrderEvent.objects.filter(kind__in=Order.Status.values).order_by("pk")
    for order_pk, kind in events.values_list("order_id", "kind"):
        moves[order_pk].append(kind)
    named = dict(Refund.objects.order_by().values_list("payment__order").annotate(Sum("delivery_amount")))
    for order in Order.objects.all():
        yield OrderRow(
            code=order.code,
            status=order.status,
            total=order.total,
            delivery_refunded=order.delivery_refunded,
            delivery_in_refunds=named.get(order.pk, money.ZERO),
            moves=tuple(moves[order.pk]),
        )


def _payments() -> Iterator[PaymentRow]:
    for payment in Payment.objects.select_related("order"):
        yield PaymentRow(
            pk=payment.pk,
            order=payment.order.code,
            provider=payment.provider,
            charge=payment.provider_charge,
            captured=payment.captured_amount,
            refunded=payment.refunded_amount,
            is_in_time=payment.expires_at > timezone.now() - JUST_OVER,
        )


def _refunds() -> Iterator[RefundRow]:
    credited = dict(Invoice.objects.exclude(refund=None).values_list("refund", "total"))
    for refund in Refund.objects.select_related("payment__order"):
        kind = OrderMail.Kind.PAID_TOO_LATE if refund.reason in refunds.TOLD_AT_ONCE else OrderMail.Kind.REFUNDED
        mail = OrderMail(order=refund.payment.order, kind=kind, about=f"refund-{refund.pk}")
        yield RefundRow(
            payment=refund.payment_id,
            amount=refund.amount,
            is_done=refund.done_at is not None,
            failure=refund.failure,
            is_excess=refund.reason == Refund.Reason.TOO_MUCH,
            credited=credited.get(refund.pk),
            message=message(mail),
        )


def _lines() -> Iterator[LineRow]:
    named = dict(RefundLine.objects.order_by().values_list("line").annotate(Sum("quantity")))
    for line in LineItem.objects.select_related("order"):
        yield LineRow(
            order=line.order.code,
            sold=line.quantity,
            refunded=line.refunded_quantity,
            in_refunds=named.get(line.pk, 0),
        )


def _pieces(received: dict[int, int]) -> Iterator[PieceRow]:
    paid = OrderEvent.objects.filter(kind=OrderEvent.Kind.PAID).values_list("order", flat=True)
    times = Counter(paid)
    sold: Counter[int] = Counter()
    restocked: Counter[int] = Counter()
    owed: Counter[int] = Counter()
    for line in LineItem.objects.select_related("order", "fulfilment"):
        sold[line.variant_id] += line.quantity * times[line.order_id]
        restocked[line.variant_id] += line.restocked_quantity
        if line.order.status == Order.Status.PAID and line.fulfilment.handed_over_at is None:
            owed[line.variant_id] += line.units_wanted
    held = dict(Hold.objects.live().order_by().values_list("variant").annotate(Sum("quantity")))
    for variant in Variant.objects.select_related("stock", "product"):
        if variant.product.is_counted:
            yield PieceRow(
                sku=variant.sku,
                received=received[variant.pk],
                on_hand=variant.stock.on_hand,
                sold=sold[variant.pk],
                restocked=restocked[variant.pk],
                held=held.get(variant.pk, 0),
                owed=owed[variant.pk],
            )


def message(mail: OrderMail) -> str:
    return f"order-{mail.order.code}-{mail.kind}{mail.about}"


def mails_found(folder: Path) -> Iterator[str]:
    for file in folder.glob("*.log"):
        yield from (found.decode() for found in _MESSAGE.findall(file.read_bytes()))


def _jobs(messages: dict[int, str]) -> Iterator[JobRow]:
    for job in ProcrastinateJob.objects.all():
        yield JobRow(
            pk=job.pk,
            task=job.task_name,
            status=str(job.status),
            again_by=job.queueing_lock or "",
            message=messages.get(job.args.get("mail_pk", 0), ""),
        )


def _invoices() -> Iterator[InvoiceRow]:
    for invoice in Invoice.objects.select_related("order"):
        yield InvoiceRow(
            year=invoice.year,
            number=invoice.number_in_year,
            order=invoice.order.code,
            payment=invoice.payment_id,
            total=invoice.total,
            is_credit_note=invoice.is_credit_note,
            is_printed=bool(invoice.file),
        )


def _ledger() -> Iterator[LedgerRow]:
    rows = LedgerEntry.objects.order_by().values_list("booking__order_code", "account")
    for code, account, amount in rows.annotate(Sum("amount")):
        yield LedgerRow(order=code, account=account, amount=amount)
