"""Invoices and credit notes, issued in the transaction that takes the money or decides to give it back.

Locks: the row of the year's ``InvoiceSeries``, the last of all rows: call as the last step that locks anything.
So numbers have no gap: what is rolled back gives its number back.
Raises: nothing of its own; ``locks.Busy`` where the series stays locked for too long.
After commit: a task prints the document, see ``orders/invoice_documents.py``.
Retry: an order has one invoice and a refund one credit note; the database refuses a second.
A payment that bought nothing and goes back as a whole has neither, and what came beyond the price no credit note.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NotRequired, TypedDict

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dostshop import money
from dostshop.locks import short_transaction
from orders import emails, invoice_documents, providers, vat
from orders.models import Invoice, InvoiceSeries, LineItem, Order, OrderMail, Payment, Refund, RefundLine
from orders.models.invoice import is_fiscal_id
from orders.vat import Portion, Vat


class Seller(TypedDict):
    name: str
    address: str
    voen: str


class Buyer(TypedDict):
    name: str
    address: list[str]


class Row(TypedDict):
    """One line; sums are text, for JSON has no decimals. What is no piece has no unit price."""

    kind: str
    total: str
    vat: NotRequired[str]
    name: NotRequired[str]
    sku: NotRequired[str]
    quantity: NotRequired[int]
    unit_price: NotRequired[str]


class Tax(TypedDict):
    vat: str
    gross: str
    tax: str


class Content(TypedDict):
    """All that a document says, but for its words."""

    seller: Seller
    buyer: Buyer
    order: str
    placed_on: str
    paid_by: str
    rows: list[Row]
    taxes: list[Tax]
    reason: NotRequired[str]
    to_buyer: NotRequired[str]
    corrects: NotRequired[str]


def issue(order: Order, payment: Payment) -> Invoice:
    """The invoice of an order that this payment has just paid."""
    lines = list(order.lines.all())
    rows = [_row(line, line.quantity) for line in lines]
    if order.delivery_total:
        rows.append(_delivery_row(order, order.delivery_total))
    invoice = Invoice(kind=Invoice.Kind.INVOICE, order=order, payment=payment, total=order.total)
    return _number(invoice, _content(order, payment, rows, vat.summed(taxed(order, lines))))


def credit(refund: Refund) -> Invoice | None:
    """The credit note of a refund with its lines; none of what no invoice was for."""
    payment = refund.payment
    invoice = payment.invoices.filter(kind=Invoice.Kind.INVOICE).select_related("order").first()
    if invoice is None or refund.reason == Refund.Reason.TOO_MUCH:
        return None
    parts = list(refund.lines.select_related("line"))
    rows = [_row(part.line, part.quantity) for part in parts]
    wanted = wanted_back(invoice.order, refund, parts)
    if refund.delivery_amount:
        rows.append(_delivery_row(invoice.order, refund.delivery_amount))
    rest = refund.amount - sum(one.gross for one in wanted)
    if rest:
        rows.append(Row(kind="goodwill" if rest > 0 else "kept_back", total=str(rest)))
    before = [one for note in payment.invoices.filter(kind=Invoice.Kind.CREDIT_NOTE) for one in taxes(note)]
    credited = vat.credited(taxes(invoice), before=before, wanted=wanted, amount=refund.amount)
    content = _content(invoice.order, payment, rows, credited)
    with translation.override(invoice.language):
        content["reason"] = refund.get_reason_display()
    if refund.to_buyer:
        content["to_buyer"] = refund.to_buyer
    content["corrects"] = invoice.number
    note = Invoice(
        kind=Invoice.Kind.CREDIT_NOTE, order=invoice.order, payment=payment, refund=refund, total=refund.amount
    )
    return _number(note, content)


@short_transaction()
def set_fiscal_id(invoice_pk: int, *, fiscal_id: str) -> None:
    """The till's number of the sale, as staff read it off the receipt; the document is printed again with it.

    The buyer gets a mail. Raises ValidationError, also where another invoice has the number.
    """
    is_fiscal_id(fiscal_id)
    order = Order.objects.locked(Invoice.objects.values_list("order_id", flat=True).get(pk=invoice_pk))
    if Invoice.objects.filter(fiscal_id=fiscal_id).exclude(pk=invoice_pk).exists():
        raise ValidationError(_("Another invoice has this fiscal number."))
    invoice = Invoice.objects.select_for_update(of=("self",), no_key=True).get(pk=invoice_pk)
    if invoice.fiscal_id == fiscal_id:
        return
    invoice_documents.print_out.defer(invoice_pk=invoice_pk, former=str(invoice.file))
    invoice.fiscal_id, invoice.file = fiscal_id, ""
    invoice.save(update_fields=["fiscal_id", "file"])
    if invoice.gives_tax_back:
        emails.enqueue(order, OrderMail.Kind.RECEIPT, about=f"receipt-{fiscal_id}")


def taxed(order: Order, lines: Iterable[LineItem]) -> list[Portion]:
    """What the order's invoice is made of, line by line."""
    portions = [Portion(Vat(line.vat), line.total, line.tax) for line in lines]
    if order.delivery_total:
        portions.append(Portion(Vat(order.delivery_vat), order.delivery_total, order.delivery_tax))
    return portions


def wanted_back(order: Order, refund: Refund, parts: Iterable[RefundLine]) -> list[Portion]:
    """What a refund is of, by its lines and the delivery, whatever sum goes back."""
    portions = [Portion.of(Vat(part.line.vat), part.amount) for part in parts]
    if refund.delivery_amount:
        portions.append(Portion.of(Vat(order.delivery_vat), refund.delivery_amount))
    return portions


def taxes(invoice: Invoice) -> list[Portion]:
    """The sums of each kind and the tax in them."""
    return [Portion(Vat(one["vat"]), Decimal(one["gross"]), Decimal(one["tax"])) for one in invoice.content["taxes"]]


@short_transaction()
def _number(invoice: Invoice, content: Content) -> Invoice:
    """Gives the next number of the year and keeps the series locked until the commit."""
    series, invoice.issued_at = _locked_series()
    series.last_number += 1
    series.save(update_fields=["last_number"])
    invoice.year, invoice.number_in_year = series.year, series.last_number
    invoice.language, invoice.currency, invoice.content = invoice.order.language, invoice.order.currency, content
    invoice.tax = sum((one.tax for one in taxes(invoice)), money.ZERO)
    invoice.save(force_insert=True)
    invoice_documents.print_out.defer(invoice_pk=invoice.pk)
    return invoice


def _locked_series() -> tuple[InvoiceSeries, datetime]:
    """The year's series, and a moment of that year at which it was locked: a later number has no earlier time."""
    year = timezone.localdate().year
    while True:
        rows = InvoiceSeries.objects.select_for_update(of=("self",), no_key=True).filter(pk=year)
        series = rows.first()
        if series is None:
            # The year's first; somebody else's first is waited for.
            InvoiceSeries.objects.bulk_create([InvoiceSeries(year=year)], ignore_conflicts=True)
            series = rows.get()
        now = timezone.now()
        if timezone.localdate(now).year == year:
            return series, now
        # The year ended while the lock was waited for.
        year = timezone.localdate(now).year


def _content(order: Order, payment: Payment, rows: list[Row], taxed: Iterable[Portion]) -> Content:
    with translation.override(order.language):
        town = f"{order.postcode} {order.city}".strip()
        return Content(
            seller=Seller(
                name=settings.SELLER_NAME,
                address=settings.SELLER_ADDRESS,
                voen=settings.SELLER_VOEN,
            ),
            buyer=Buyer(
                name=order.name,
                address=[] if order.pickup_branch_id else [order.address, town, order.country_name],
            ),
            order=order.code,
            placed_on=timezone.localdate(order.placed_at).isoformat(),
            paid_by=providers.title(payment.provider),
            rows=rows,
            taxes=[Tax(vat=one.vat, gross=str(one.gross), tax=str(one.tax)) for one in taxed],
        )


def _row(line: LineItem, quantity: int) -> Row:
    return Row(
        kind="piece",
        name=line.name,
        sku=line.sku,
        quantity=quantity,
        unit_price=str(line.unit_price),
        total=str(line.unit_price * quantity),
        vat=line.vat,
    )


def _delivery_row(order: Order, amount: Decimal) -> Row:
    return Row(kind="delivery", name=order.delivery_name, total=str(amount), vat=order.delivery_vat)
