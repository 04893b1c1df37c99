from orders.admin import bags, delivery, orders, stock, stripe_events

__all__ = ["bags", "delivery", "orders", "stock", "stripe_events"]
