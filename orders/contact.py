"""Whom a buyer asks."""

from artisans.models import Branch
from orders.models import Fulfilment, Order


def branch_to_ask(order: Order, *, part: Fulfilment) -> Branch | None:
    """Where it is picked up, or where this part of it comes from; the Centre where that is not told."""
    return order.pickup_branch or part.shown_branch or Branch.objects.first()
