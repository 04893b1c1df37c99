"""Paying at the branch on pickup: nothing leaves the shop; staff say when the money is in the till."""

from orders.models import Payment, Refund
from orders.providers import ProviderState, ProviderStatus, Started


class PayAtBranch:
    def start(self, payment: Payment) -> Started:
        return Started(reference="", redirect_url="")

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        state = ProviderState.PAID if payment.status == Payment.Status.PAID else ProviderState.OPEN
        return ProviderStatus(state, payment.captured_amount, payment.currency, charge="")

    def expire(self, payment: Payment) -> None:
        return None

    def refund(self, refund: Refund) -> str:
        """The money goes back over the counter."""
        return ""
