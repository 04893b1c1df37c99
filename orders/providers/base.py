"""What a payment provider is to the shop."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from orders.models import Payment, Refund


class ProviderUnavailable(Exception):
    """The provider did not answer in time or answered 5xx; the same request may be sent again."""


class ProviderRefused(Exception):
    """The provider understood the request and said no."""


@dataclass(frozen=True)
class Started:
    reference: str
    # Where the shopper pays; empty where no page is needed.
    redirect_url: str


class ProviderState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ProviderStatus:
    state: ProviderState
    # What was paid, as the provider says it; zero where nothing was.
    amount: Decimal
    currency: str
    # The provider's id of the charge, which a refund names.
    charge: str = ""


class PaymentProvider(Protocol):
    """Every method may raise ProviderUnavailable or ProviderRefused; none is called inside a transaction."""

    def start(self, payment: Payment) -> Started:
        """Opens the payment. Sending it again for the same row gives the same answer."""

    def fetch_status(self, payment: Payment) -> ProviderStatus: ...

    def expire(self, payment: Payment) -> None:
        """Closes an open payment, so that it can no longer be paid. One that is closed already stays so."""

    def refund(self, refund: Refund) -> str:
        """Pays back and returns the provider's reference. Sending it again for the same row pays once."""
