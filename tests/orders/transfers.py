"""What the tests of transfers share."""

from datetime import timedelta

from django.utils import timezone

from orders import expiry
from orders.models import Order, Payment


def expire(order: Order) -> None:
    Payment.objects.update(expires_at=timezone.now() - timedelta(minutes=5))
    expiry.expire_order(order_pk=order.pk)
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
