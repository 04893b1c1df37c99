"""What holds of an order, its units and its money after whatever happened to them."""

from dostshop import money
from orders.models import Invoice, InvoiceSeries, LineItem, Order, OrderEvent, Payment
from tests.orders.bank import Books


def was_paid(order: Order) -> bool:
    return any(event.kind == OrderEvent.Kind.PAID for event in order.events.all())


def is_to_come(order: Order, line: LineItem) -> bool:
    """Whether the buyer paid for it and has not got it yet."""
    return order.status == Order.Status.PAID and line.fulfilment.handed_over_at is None


def moves_by_the_table(order: Order) -> None:
    status: str = Order.Status.AWAITING_PAYMENT
    for event in sorted(order.events.all(), key=lambda event: event.pk):
        if event.kind in Order.Status.values:
            assert event.kind in Order.TRANSITIONS[status]
            status = event.kind
    assert status == order.status


def units_are_counted_once(order: Order) -> None:
    for line in order.lines.all():
        assert line.refunded_quantity == sum(part.quantity for part in line.refund_lines.all())
        assert line.refunded_quantity + line.asked_back_quantity <= line.quantity
        assert line.restocked_quantity <= line.quantity * was_paid(order)


def money_adds_up(order: Order, books: Books) -> None:
    """Among payments, the bank and the invoices. One payment is open at most."""
    found = list(order.payments.all())
    assert sum(payment.status in {Payment.Status.STARTED, Payment.Status.OPEN} for payment in found) <= 1
    for payment in found:
        assert payment.refunded_amount == sum(refund.amount for refund in payment.refunds.all())
        assert money.ZERO <= payment.refunded_amount <= payment.captured_amount
        page = books.pages.get(payment.provider_reference)
        if page is not None:
            assert payment.captured_amount in {money.ZERO, page.paid}
    refunded = [refund for payment in found for refund in payment.refunds.all()]
    assert order.delivery_refunded == sum(refund.delivery_amount for refund in refunded)
    issued = [invoice.total for invoice in order.invoices.all() if invoice.kind == Invoice.Kind.INVOICE]
    assert issued == [order.total] * was_paid(order)


def invoice_numbers_have_no_gap() -> None:
    numbers = list(Invoice.objects.order_by("number_in_year").values_list("number_in_year", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(InvoiceSeries.objects.values_list("last_number", flat=True)) == len(numbers)
