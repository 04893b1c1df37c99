"""Ways of paying that no machine reports on: nothing leaves the shop, and staff say when the money is there."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from orders.models import Payment, Refund
from orders.providers import (
    BadSignature,
    Callback,
    ProviderRefund,
    ProviderState,
    ProviderStatus,
    RefundState,
    Report,
    Started,
)


class ByHand:
    is_online = False
    is_paid_on_pickup = False
    is_refund_repeatable = True

    def details(self, payment: Payment) -> list[tuple[str, str]]:
        return []

    def remind_at(self, payment: Payment) -> datetime | None:
        """The day before its time is over, where it has a longer one."""
        day_before = payment.expires_at - timedelta(days=1)
        return day_before if day_before > payment.created_at else None

    def start(self, payment: Payment) -> Started:
        return Started(reference="", redirect_url="")

    def can_resume(self, payment: Payment, now: datetime) -> bool:
        return payment.expires_at > now

    def fetch_status(self, payment: Payment) -> ProviderStatus:
        state = ProviderState.PAID if payment.status == Payment.Status.PAID else ProviderState.OPEN
        return ProviderStatus(state, payment.captured_amount, payment.currency, charge="")

    def expire(self, payment: Payment) -> None:
        return None

    def refund(self, refund: Refund) -> ProviderRefund:
        """A person gives the money back, and says so with ``refunds.mark_given_back``."""
        return ProviderRefund(reference="", state=RefundState.UNDER_WAY, amount=refund.amount)

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        raise BadSignature

    def read(self, payload: dict[str, Any]) -> Report | None:
        return None

    def recent(self, since: datetime) -> Iterator[Report]:
        return iter(())
