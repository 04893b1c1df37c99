"""Whether the ledger knows all of the orders' money, and books what it does not: what was sold before there was one.

Locks: Order, one at a time. Raises: ``locks.Busy``; what was booked of other orders until then stays.
After commit: nothing. Retry: a second run books nothing where the first went through.
"""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import CharField, Exists, F, Model, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat

from artisans import payouts
from artisans.earnings import Account
from artisans.models import Booking, LedgerEntry
from dostshop import money
from dostshop.locks import short_transaction
from orders import books
from orders.models import Order, OrderEvent, Payment, Refund

# Of no order.
OF_MAKERS = (Booking.Kind.PAYOUT, Booking.Kind.REVERSAL)

type Sums = dict[str, Decimal]


def not_booked() -> list[Order]:
    """Orders with money that came, bought, went back or is to go back, of which the ledger knows nothing."""
    unbooked = Payment.objects.filter(captured_amount__gt=0).exclude(_is_booked("payment-"))
    paid = OrderEvent.objects.filter(kind=OrderEvent.Kind.PAID)
    unsold = paid.exclude(_is_booked("sale-", key="data__payment"))
    refunds = Refund.objects.alias(is_of_sale=_is_booked("sale-", key="payment_id"))
    of_sales = refunds.filter(is_of_sale=True).exclude(reason=Refund.Reason.TOO_MUCH)
    undecided = of_sales.exclude(_is_booked("refund-"))
    unmoved = Refund.objects.exclude(done_at=None).exclude(_is_booked("refund-", end="-1"))
    found = (
        Q(pk__in=unbooked.values("order"))
        | Q(pk__in=unsold.values("order"))
        | Q(pk__in=undecided.values("payment__order"))
        | Q(pk__in=unmoved.values("payment__order"))
    )
    return list(Order.objects.filter(found).order_by("pk"))


def _is_booked(start: str, *, key: str = "pk", end: str = "") -> Exists:
    cause = Concat(Value(start), Cast(OuterRef(key), CharField()), Value(end), output_field=CharField())
    return Exists(Booking.objects.filter(cause=cause))


@short_transaction()
def book(order_pk: int) -> None:
    """Everything of the order that the ledger lacks, on the days when it happened."""
    order = Order.objects.locked(order_pk)
    booked = set(Booking.objects.filter(order_code=order.code).values_list("cause", flat=True))
    for payment in order.payments.filter(captured_amount__gt=0).order_by("pk"):
        if f"payment-{payment.pk}" not in booked:
            books.money_came(order, payment)
    for paid in order.events.filter(kind=OrderEvent.Kind.PAID):
        payment = order.payments.get(pk=paid.data["payment"])
        if f"sale-{payment.pk}" not in booked:
            books.sold(order, payment)
    for refund in Refund.objects.filter(payment__order=order).select_related("payment").order_by("pk"):
        if f"refund-{refund.pk}" not in booked:
            books.refund_decided(order, refund)
        books.refund_moved(order, refund)


def disagreements() -> Iterator[str]:
    """Orders whose money in the ledger is not the money of their payments, and payouts that are not as they are
    booked: a sentence for each.
    """
    came = _by_order(Payment.objects.all(), order=F("order__code"), amount=F("captured_amount"))
    went = _by_order(Refund.objects.exclude(done_at=None), order=F("payment__order__code"), amount=F("amount"))
    in_ledger = _by_order(
        LedgerEntry.objects.filter(account=Account.MONEY).exclude(booking__kind__in=OF_MAKERS),
        order=F("booking__order_code"),
        amount=F("amount"),
    )
    for code in sorted({*came, *in_ledger}):
        here = came.get(code, money.ZERO) - went.get(code, money.ZERO)
        said = in_ledger.get(code, money.ZERO)
        if here != said:
            yield f"{code}: {here} of its money is here, and the ledger says {said}"
    yield from payouts.disagreements()


def _by_order[Row: Model](rows: QuerySet[Row], *, order: F, amount: F) -> Sums:
    totals = rows.order_by().values_list(order).annotate(total=Coalesce(Sum(amount), money.ZERO))
    return dict(totals)
