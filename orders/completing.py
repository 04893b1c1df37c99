"""What a paid order lacks because it could not be made when the money was booked: its date, its documents.

Locks: Order → InvoiceSeries. Raises: whatever hinders it, and ``locks.Busy``. After commit: the documents are printed.
Retry: what is there is left as it is.
"""

from django.db.models import Exists, OuterRef, Q

from dostshop.locks import short_transaction
from orders import invoices, promises
from orders.models import Invoice, Order, OrderEvent
from orders.models.order import OrderQuerySet

# Paid, and not called off: its buyer is promised a date.
WITH_DATE = frozenset({Order.Status.PAID, Order.Status.COMPLETED})


def lacking() -> OrderQuerySet:
    """However long ago they were paid; the documents also of what was called off since."""
    is_undated = Q(promised_on=None, status__in=WITH_DATE)
    paid = OrderEvent.objects.filter(order=OuterRef("pk"), kind=OrderEvent.Kind.PAID)
    invoice = Invoice.objects.filter(order=OuterRef("pk"), kind=Invoice.Kind.INVOICE)
    return Order.objects.filter(is_undated | (Exists(paid) & ~Exists(invoice))).order_by("pk")


def complete(order_pk: int) -> None:
    """Gives an order that was paid the date and the documents that it lacks: neither waits for the other.

    Raises whatever hinders them.
    """
    try:
        _complete_date(order_pk)
    finally:
        _complete_invoice(order_pk)


@short_transaction()
def _complete_date(order_pk: int) -> None:
    order = Order.objects.locked(order_pk)
    if order.status in WITH_DATE:
        promises.make(order)


@short_transaction()
def _complete_invoice(order_pk: int) -> None:
    """With the credit notes of what went back before there was an invoice."""
    order = Order.objects.locked(order_pk)
    if order.invoices.filter(kind=Invoice.Kind.INVOICE).exists():
        return
    paid = order.events.filter(kind=OrderEvent.Kind.PAID).latest("pk")
    payment = order.payments.get(pk=paid.data["payment"])
    invoices.issue(order, payment)
    for refund in payment.refunds.filter(credit_note=None).order_by("pk"):
        invoices.credit(refund)
