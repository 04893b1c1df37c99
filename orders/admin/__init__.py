from orders.admin import (
    bags,
    delivery,
    holidays,
    invoices,
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
    "invoices",
    "orders",
    "provider_events",
    "reconciliations",
    "refunds",
    "returns",
    "stock",
]
