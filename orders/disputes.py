"""Buyers whose bank asks the provider for the money back.

Locks: Order → Payment → InvoiceSeries. Raises: ``locks.Busy``. After commit: nothing. Retry: a dispute's beginning and
end are noted once each, and what the bank took is booked once.
"""

from contextlib import suppress
from enum import StrEnum

from dostshop.locks import short_transaction
from orders import refunds
from orders.models import Order, OrderEvent, Payment
from orders.providers import Dispute

# In Stripe's word; any other end leaves the money here.
LOST = "lost"


class State(StrEnum):
    OPEN = "open"
    LOST = "lost"
    WON = "won"


def state_of(order: Order) -> State | None:
    """How the disputes about the order's money stand, as far as the shop has heard: the worst that there is."""
    told = order.events.filter(kind__in=[OrderEvent.Kind.DISPUTED, OrderEvent.Kind.DISPUTE_CLOSED])
    outcomes: dict[str, str] = {}
    for dispute, outcome in told.values_list("data__dispute", "data__outcome"):
        outcomes[dispute] = outcomes.get(dispute) or outcome
    if not outcomes:
        return None
    if "" in outcomes.values():
        return State.OPEN
    return State.LOST if LOST in outcomes.values() else State.WON


@short_transaction()
def note(payment_pk: int, told: Dispute) -> None:
    """The buyer's bank asks the provider for the money: a person answers. Where it was lost, the bank has the money

    back, and nobody is to give it once more.
    """
    order = Order.objects.locked(Payment.objects.values_list("order_id", flat=True).get(pk=payment_pk))
    ended = OrderEvent.Kind.DISPUTE_CLOSED
    kind = ended if told.outcome else OrderEvent.Kind.DISPUTED
    if order.events.filter(kind__in={kind, ended}, data__dispute=told.reference).exists():
        return
    payment = Payment.objects.locked_of(order).get(pk=payment_pk)
    order.record(
        kind,
        payment=payment.pk,
        provider=payment.provider,
        dispute=told.reference,
        amount=str(told.amount),
        currency=told.currency,
        outcome=told.outcome,
    )
    if told.outcome == LOST and told.currency == payment.currency:
        # What does not fit the refunds that wait here is left to the person who is told how the dispute ended.
        with suppress(refunds.Unexplained):
            refunds.taken_by_bank(order, payment, reference=told.reference, amount=told.amount)
