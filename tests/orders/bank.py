"""A payment provider with books of its own: what it took, what it gave back, and every event that it ever sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

from dostshop import money
from orders.models import Payment, Refund
from orders.providers import (
    Callback,
    OutcomeUnknown,
    ProviderFailed,
    ProviderRefund,
    ProviderRefused,
    ProviderState,
    ProviderStatus,
    ProviderUnavailable,
    RefundState,
    Report,
    Started,
)
from tests.orders import toys

type Event = dict[str, Any]

TROUBLES: dict[str, Exception] = {
    "unavailable": ProviderUnavailable(),
    "failed": ProviderFailed(),
    "unknown": OutcomeUnknown("no answer"),
}

# Of events and refunds; no two banks use the same, for the shop is one.
NUMBERS = count(1)


@dataclass
class Page:
    """Where one payment is paid, and what became of it."""

    reference: str
    amount: Decimal
    is_closed: bool = False
    paid: Decimal = money.ZERO
    # By the shop's key, or by a name of the bank's where somebody gave money back at the bank itself.
    refunds: dict[str, ProviderRefund] = field(default_factory=dict)

    @property
    def given_back(self) -> Decimal:
        return sum((refund.amount for refund in self.refunds.values()), money.ZERO)

    @property
    def charge(self) -> str:
        return f"charge-{self.reference}" if self.paid else ""


@dataclass
class Books:
    pages: dict[str, Page] = field(default_factory=dict)
    sent: list[Event] = field(default_factory=list)
    # What the next request meets: nothing, "unavailable" before or "failed" after it is done, or "unknown": done, and
    # the answer is lost for good.
    trouble: str = ""

    def meet_trouble(self, when: str) -> None:
        if self.trouble == when:
            self.trouble = ""
            raise TROUBLES[when]

    def tell(self, page: Page, state: str, *, refund: ProviderRefund | None = None) -> None:
        told = {"id": f"event-{next(NUMBERS)}", "reference": page.reference, "charge": page.charge, "state": state}
        back = {"back": refund.reference, "amount": str(refund.amount), "key": refund.key} if refund else {}
        self.sent.append({**told, "paid": str(page.paid), **back})

    def pay(self, page: Page, amount: Decimal) -> None:
        """As the buyer does on the page; nothing happens on one that is closed or paid."""
        if not page.paid and not page.is_closed:
            page.paid = amount
            self.tell(page, "paid")

    def give_back(self, page: Page, amount: Decimal, *, key: str = "") -> ProviderRefund:
        """Raises ProviderRefused for more than is there; the same key is the same refund."""
        if key in page.refunds:
            return page.refunds[key]
        if amount <= 0 or amount > page.paid - page.given_back:
            raise ProviderRefused("more than there is")
        name = f"back-{next(NUMBERS)}"
        made = ProviderRefund(name, RefundState.DONE, amount, key=key)
        page.refunds[key or name] = made
        self.tell(page, "refund", refund=made)
        return made


class Bank(toys.Toy):
    books: ClassVar[Books] = Books()

    def start(self, payment: Payment) -> Started:
        self.books.meet_trouble("unavailable")
        reference = f"page-{payment.pk}"
        self.books.pages.setdefault(reference, Page(reference, payment.amount))
        self.books.meet_trouble("failed")
        return Started(reference=reference, redirect_url="/bag/")

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        self.books.meet_trouble("unavailable")
        return _status(self.books.pages[payment.provider_reference])

    def expire(self, payment: Payment) -> None:
        page = self.books.pages[payment.provider_reference]
        if page.paid or page.is_closed:
            raise ProviderRefused("paid or closed")
        page.is_closed = True
        self.books.tell(page, "expired")

    def refund(self, refund: Refund) -> ProviderRefund:
        self.books.meet_trouble("unavailable")
        page = self.books.pages[refund.payment.provider_reference]
        made = self.books.give_back(page, refund.amount, key=str(refund.idempotency_key))
        self.books.meet_trouble("failed")
        self.books.meet_trouble("unknown")
        return made

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        told: Event = json.loads(body)
        return Callback(event_id=told["id"], type=told["state"], payload=told)

    def read(self, payload: Event) -> Report | None:
        key = payload["reference"].removeprefix("page-")
        order_code = Payment.objects.get(pk=key).order.code
        named = Report(payload["reference"], charge=payload["charge"], payment_key=key, order_code=order_code)
        if payload["state"] == "refund":
            refund = ProviderRefund(payload["back"], RefundState.DONE, Decimal(payload["amount"]), key=payload["key"])
            return Report(**{**vars(named), "refund": refund})
        state = ProviderState(payload["state"])
        status = ProviderStatus(state, Decimal(payload["paid"]), "AZN", charge=payload["charge"])
        return Report(**{**vars(named), "status": status})


def _status(page: Page) -> ProviderStatus:
    state = ProviderState.EXPIRED if page.is_closed else ProviderState.OPEN
    if page.paid:
        state = ProviderState.PAID
    return ProviderStatus(state, page.paid, "AZN", charge=page.charge, refunds=tuple(page.refunds.values()))
