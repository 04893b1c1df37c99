"""Stripe Checkout."""

from orders.models import Payment, Refund
from orders.providers import ProviderStatus, ProviderUnavailable, Started


class StripeCheckout:
    def start(self, payment: Payment) -> Started:
        raise ProviderUnavailable

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        raise ProviderUnavailable

    def expire(self, payment: Payment) -> None:
        raise ProviderUnavailable

    def refund(self, refund: Refund) -> str:
        raise ProviderUnavailable
