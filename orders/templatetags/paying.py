"""What a mail says of paying: it asks by a filter, for ``orders/payments.py`` sends mails and is not asked by them."""

from django import template

from orders import payments
from orders.models import Order

register = template.Library()


@register.filter
def can_be_paid_online(order: Order) -> bool:
    return payments.can_pay_online(order)
