"""What the shop asks of a payment provider, and the words it answers with.

A provider is called outside of transactions, with a row that is already committed; the row's key makes a
repeated call the same call. It changes nothing in the database: ``orders/payments.py`` does, from what it
answers.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from orders.models import Payment, Refund


class ProviderUnavailable(Exception):
    """Not reached, too slow, or failing on its side. The same call may be made again with the same row."""


class ProviderFailed(ProviderUnavailable):
    """Answered that it failed. The row's key is spent: Stripe keeps the first answer to a key, failures included,

    for at least a day (API reference, idempotent requests), so trying again needs a new key.
    """


class ProviderRefused(Exception):
    """Understood, and said no. The same call would be refused again."""


@dataclass(frozen=True)
class Started:
    """Where the buyer goes on to pay."""

    reference: str
    redirect_url: str


class ProviderState(StrEnum):
    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True)
class ProviderStatus:
    """The provider's word on one payment: the only thing that decides whether it is paid."""

    state: ProviderState
    amount: Decimal
    currency: str
    # What a refund is asked of; Stripe: the PaymentIntent. Empty until there is one.
    charge: str


class PaymentProvider(Protocol):
    """Every method raises ProviderUnavailable or ProviderRefused where it cannot do what it says."""

    def start(self, payment: Payment) -> Started:
        """Opens the payment until ``payment.expires_at``."""

    def fetch_status(self, payment: Payment) -> ProviderStatus: ...

    def expire(self, payment: Payment) -> None:
        """Closes an open payment, so that it can no longer be paid. Refused once it is paid or closed."""

    def refund(self, refund: Refund) -> str:
        """Sends the money back; the provider's reference of the refund."""
