"""Buyers whose bank asks the provider for the money back.

Locks: Order. Raises: ``locks.Busy``. After commit: nothing. Retry: a dispute's beginning and end are noted once each.
"""

from dostshop.locks import short_transaction
from orders.models import Order, OrderEvent, Payment
from orders.providers import Dispute


@short_transaction()
def note(payment_pk: int, told: Dispute) -> None:
    """The buyer's bank asks the provider for the money. Nothing is booked: a person answers, and sees how it ends."""
    payment = Payment.objects.get(pk=payment_pk)
    order = Order.objects.locked(payment.order_id)
    ended = OrderEvent.Kind.DISPUTE_CLOSED
    kind = ended if told.outcome else OrderEvent.Kind.DISPUTED
    if order.events.filter(kind__in={kind, ended}, data__dispute=told.reference).exists():
        return
    order.record(
        kind,
        payment=payment.pk,
        provider=payment.provider,
        dispute=told.reference,
        amount=str(told.amount),
        currency=told.currency,
        outcome=told.outcome,
    )
