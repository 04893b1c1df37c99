from orders.admin import (
    bags,
    delivery,
    holidays,
    orders,
    provider_events,
    reconciliations,
    refunds,
    returns,
    stock,
)

__all__ = [
    "bags",
    "delivery",
    "holidays",
    "orders",
    "provider_events",
    "reconciliations",
    "refunds",
    "returns",
    "stock",
]
