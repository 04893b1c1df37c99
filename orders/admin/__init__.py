from orders.admin import bags, delivery, orders, provider_events, stock

__all__ = ["bags", "delivery", "orders", "provider_events", "stock"]
