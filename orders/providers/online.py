"""What providers with a page of their own have in common."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from dostshop import clock
from orders.models import Order, Payment
from orders.providers import ProviderFailed, ProviderRefused, ProviderUnavailable, Purchase

PAGE_TIME = timedelta(minutes=35)
# With less it is not worth going on with a page that is open.
SHORTEST_REST = timedelta(minutes=1)

# What a provider understood and will not do; any other failure may pass.
_REFUSALS = frozenset({400, 401, 402, 403, 404})


def meaning_of(status: int | None) -> type[Exception]:
    """What to raise for an answer with this HTTP status; None where there was no answer."""
    if status in _REFUSALS:
        return ProviderRefused
    return ProviderFailed if status is not None and status >= 500 else ProviderUnavailable


class Online:
    is_online = True
    is_paid_on_pickup = False

    def why_not(self, purchase: Purchase) -> str:
        return ""

    def instructions(self, payment: Payment) -> list[str]:
        time = {"time": clock.baku_time(payment.expires_at, "H:i")}
        # A reason in the row is staff's business: then something else than the card was the matter.
        if payment.status != Payment.Status.FAILED or payment.failure:
            return [_("The order is not paid yet. We keep the pieces for you until %(time)s.") % time]
        sentence = _(
            "The payment did not go through, and nothing was taken. We keep the pieces for you until %(time)s; you "
            "can try again, or with another card."
        )
        return [sentence % time]

    def details(self, payment: Payment) -> list[tuple[str, str]]:
        return []

    def pay_until(self, order: Order, now: datetime) -> datetime:
        return now + PAGE_TIME

    def remind_at(self, payment: Payment) -> datetime | None:
        """Between the payment's beginning and its end."""
        return payment.created_at + (payment.expires_at - payment.created_at) / 2

    def can_resume(self, payment: Payment, now: datetime) -> bool:
        return payment.expires_at - now > SHORTEST_REST
