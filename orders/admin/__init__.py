from orders.admin import bags, delivery, holidays, orders, provider_events, stock

__all__ = ["bags", "delivery", "holidays", "orders", "provider_events", "stock"]
