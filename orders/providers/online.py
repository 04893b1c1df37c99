"""What providers with a page of their own have in common."""

from datetime import datetime

from django.utils.translation import gettext as _

from dostshop import clock
from orders.models import Payment
from orders.providers import ProviderFailed, ProviderRefused, ProviderUnavailable

# What a provider understood and will not do; any other failure may pass.
_REFUSALS = frozenset({400, 401, 402, 403, 404})


def meaning_of(status: int | None) -> type[Exception]:
    """What to raise for an answer with this HTTP status; None where there was no answer."""
    if status in _REFUSALS:
        return ProviderRefused
    return ProviderFailed if status is not None and status >= 500 else ProviderUnavailable


def halfway(payment: Payment) -> datetime:
    """Between the payment's beginning and its end."""
    return payment.created_at + (payment.expires_at - payment.created_at) / 2


def online_instructions(payment: Payment) -> str:
    time = clock.baku_time(payment.expires_at, "H:i")
    # A reason in the row is staff's business: then something else than the card was the matter.
    if payment.status == Payment.Status.FAILED and not payment.failure:
        return _(
            "The payment did not go through, and nothing was taken. We keep the pieces for you until %(time)s; you "
            "can try again, or with another card."
        ) % {"time": time}
    return _("The order is not paid yet. We keep the pieces for you until %(time)s; you can pay on its page.") % {
        "time": time
    }
