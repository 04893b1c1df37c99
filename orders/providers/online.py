"""What providers with a page of their own have in common."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from orders.models import Payment


def halfway(payment: Payment) -> datetime:
    """Between the payment's beginning and its end."""
    return payment.created_at + (payment.expires_at - payment.created_at) / 2


def online_instructions(payment: Payment) -> str:
    time = time_format(timezone.localtime(payment.expires_at), "H:i")
    return _("The order is not paid yet. We keep the pieces for you until %(time)s; you can pay on its page.") % {
        "time": time
    }
