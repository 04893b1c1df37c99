"""What the shop asks of a payment provider, and the words it answers with.

A provider is a class in a module of this package that keeps to ``PaymentProvider``; ``PAYMENT_PROVIDERS`` of the
settings gives it a code, which is written into the rows of its payments. Nothing else knows it by name.

A provider is called outside of transactions, with a row that is already committed; the row's key makes a
repeated call the same call. Inside of one, ``locks.InsideTransaction`` is raised and nothing is sent. It changes
nothing in the database: ``orders/payments.py`` does, from what it answers.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from dostshop.locks import outside_transactions, refuse_inside_transaction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from orders.models import Order, Payment, Refund


class ProviderUnavailable(Exception):
    """Not reached, too slow, or failing on its side. The same call may be made again with the same row."""


class ProviderFailed(ProviderUnavailable):
    """Answered that it failed. The row's key is spent: Stripe keeps the first answer to a key, failures included,

    for at least a day (API reference, idempotent requests), so trying again needs a new key.
    """


class ProviderRefused(Exception):
    """Understood, and said no. The same call would be refused again."""


class OutcomeUnknown(ProviderRefused):
    """Asked, and no answer tells whether it was done. Asking again could do it twice, so a person has to look."""


class BadSignature(Exception):
    """A callback that the provider did not sign, or signed too long ago to tell."""


@dataclass(frozen=True)
class Purchase:
    """What is to be paid for, as far as it decides who can take the money."""

    # None while the buyer has not chosen.
    is_pickup: bool | None
    # Something of it is made once it is ordered.
    is_made_to_order: bool


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


class RefundState(StrEnum):
    UNDER_WAY = "under_way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class ProviderRefund:
    """The provider's word on money that went back."""

    reference: str
    state: RefundState
    amount: Decimal
    # ``Refund.idempotency_key``, where the provider gives back what it was sent; empty for a refund made elsewhere.
    key: str = ""


@dataclass(frozen=True)
class ProviderStatus:
    """The provider's word on one payment: the only thing that decides whether it is paid."""

    state: ProviderState
    amount: Decimal
    currency: str
    # What a refund is asked of; Stripe: the PaymentIntent. Empty until there is one.
    charge: str
    # All that went back so far; None where the provider did not say.
    refunds: tuple[ProviderRefund, ...] | None = None


@dataclass(frozen=True)
class Dispute:
    """The buyer's bank wants the money back: a chargeback."""

    reference: str
    amount: Decimal
    currency: str
    # The provider's word on how it ended; empty as long as it has not.
    outcome: str = ""


@dataclass(frozen=True)
class Report:
    """One payment as the provider reports it by itself: in a callback, or in its list of the last days."""

    # The provider's own name of the payment, empty where it told only the charge.
    reference: str
    charge: str = ""
    # What the shop sent along with the payment, as far as it came back: ``Payment.pk`` and ``Order.code``.
    payment_key: str = ""
    order_code: str = ""
    status: ProviderStatus | None = None
    # A single refund that this report is about.
    refund: ProviderRefund | None = None
    dispute: Dispute | None = None


@dataclass(frozen=True)
class Callback:
    """A callback whose signature was verified. ``event_id`` is the same when it comes again."""

    event_id: str
    type: str
    payload: dict[str, Any]


type Recent = Callable[[datetime], Iterator[Report]]


class PaymentProvider(Protocol):
    """Calls raise ProviderUnavailable or ProviderRefused where they cannot do what they say."""

    # For staff and in mails: “card”. At checkout: “By card, now”. On the order's page: “Pay by card”.
    title: "StrOrPromise"
    choice: "StrOrPromise"
    pay_now: "StrOrPromise"
    choice_note: "StrOrPromise"
    # Paid on the provider's own page. Otherwise staff say when the money is there, and give it back by hand.
    is_online: bool
    # Paid when the pieces are picked up, so they are prepared before there is money.
    is_paid_on_pickup: bool
    # A refund that is asked for again with the same row is made once.
    is_refund_repeatable: bool

    def is_configured(self) -> bool:
        """Whether the settings have what it needs."""

    def why_not(self, purchase: Purchase) -> str:
        """A sentence for the shopper where this cannot be paid here; empty where it can."""

    def instructions(self, payment: "Payment") -> list[str]:
        """What the shopper is told of an open payment, on the order's page and in the mail: a paragraph each."""

    def details(self, payment: "Payment") -> list[tuple[str, str]]:
        """What the shopper copies elsewhere to pay, such as into their bank's form: names and values."""

    def pay_until(self, order: "Order", now: datetime) -> datetime:
        """How long the buyer may take to pay this order from now on; the pieces are held as long."""

    def remind_at(self, payment: "Payment") -> datetime | None:
        """When to tell the shopper that a payment, begun and open until then, still waits; None for never."""

    def start(self, payment: "Payment") -> Started:
        """Opens the payment until ``payment.expires_at``."""

    def can_resume(self, payment: "Payment", now: datetime) -> bool:
        """Whether the time that is left is enough to open, or to go on with, this payment."""

    def fetch_status(self, payment: "Payment") -> ProviderStatus: ...

    def expire(self, payment: "Payment") -> None:
        """Closes an open payment, so that it can no longer be paid. Refused once it is paid or closed."""

    def refund(self, refund: "Refund") -> ProviderRefund:
        """Sends the money back. Where that cannot be repeated: ProviderUnavailable only if nobody heard of it."""

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        """What the provider reports over HTTP. Raises BadSignature."""

    def read(self, payload: dict[str, Any]) -> Report | None:
        """What a kept callback says of a payment; None where it is about nothing that matters here."""

    def recent(self, since: datetime) -> Iterator[Report]:
        """Every payment that the provider opened or took since then, with its status."""


# What stands in for a provider whose code is in old rows and no longer in the settings.
RETIRED = "orders.providers.retired.Retired"


def provider(code: str) -> PaymentProvider:
    return _loaded(settings.PAYMENT_PROVIDERS.get(code, RETIRED))


def every() -> dict[str, PaymentProvider]:
    """In the order of the settings."""
    return {code: provider(code) for code in settings.PAYMENT_PROVIDERS}


def configured() -> dict[str, PaymentProvider]:
    return {code: one for code, one in every().items() if one.is_configured()}


def codes_online() -> list[str]:
    return [code for code, one in every().items() if one.is_online]


def codes_by_hand() -> list[str]:
    return [code for code, one in every().items() if not one.is_online]


def codes_paid_on_pickup() -> list[str]:
    return [code for code, one in every().items() if one.is_paid_on_pickup]


def codes_by_transfer() -> list[str]:
    """By hand, and not over the counter."""
    return [code for code in codes_by_hand() if code not in codes_paid_on_pickup()]


def codes_of(one: object) -> list[str]:
    """The codes that the settings give to its kind."""
    return [code for code, other in every().items() if type(other) is type(one)]


def title(code: str) -> str:
    """For staff; the code itself of a provider that is no longer there."""
    return str(provider(code).title) if code in settings.PAYMENT_PROVIDERS else code


@cache
def _loaded(path: str) -> PaymentProvider:
    """Every call to a provider passes here, so that none leaves the machine inside a transaction."""
    one: PaymentProvider = import_string(path)()
    calls = {name: outside_transactions(getattr(one, name)) for name in ("start", "fetch_status", "expire", "refund")}
    for name, call in {**calls, "recent": _read_outside_transactions(one.recent)}.items():
        setattr(one, name, call)
    return one


def _read_outside_transactions(
    recent: Callable[[datetime], Iterator[Report]],
) -> Callable[[datetime], Iterator[Report]]:
    """Each report may need another question, so nor is there a transaction open when the next is asked for."""

    def checked(since: datetime) -> Iterator[Report]:
        refuse_inside_transaction()
        for report in recent(since):
            yield report
            refuse_inside_transaction()

    return checked
