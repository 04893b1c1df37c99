"""Payment providers for tests; the settings name them as they name real ones."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from pytest_django import Settings

from orders.models import Payment, Refund
from orders.providers import (
    BadSignature,
    Callback,
    ProviderRefund,
    ProviderRefused,
    ProviderState,
    ProviderStatus,
    RefundState,
    Report,
    Started,
)
from orders.providers.by_hand import ByHand
from orders.providers.online import Online


class Toy(Online, ByHand):
    """Takes everything, on a page of its own."""

    title = choice = pay_now = choice_note = "toy"

    def is_configured(self) -> bool:
        return True

    def instructions(self, payment: Payment) -> list[str]:
        return ["Throw a coin."]

    def start(self, payment: Payment) -> Started:
        return Started(reference=f"toy-{payment.pk}", redirect_url="/bag/")

    def parse_callback(self, body: bytes, headers: Mapping[str, str]) -> Callback:
        if headers.get("X-Toy") != "signed":
            raise BadSignature
        told = json.loads(body)
        return Callback(event_id=told["id"], type="toy", payload=told)

    def read(self, payload: dict[str, Any]) -> Report | None:
        status = ProviderStatus(ProviderState.PAID, Decimal(payload["amount"]), "AZN", charge=payload["id"])
        return Report(reference=payload["reference"], status=status)

    def refund(self, refund: Refund) -> ProviderRefund:
        return ProviderRefund(f"back-{refund.pk}", RefundState.DONE, refund.amount, str(refund.idempotency_key))


class Refuses(Toy):
    asked: ClassVar[list[int]] = []

    def refund(self, refund: Refund) -> ProviderRefund:
        self.asked.append(refund.pk)
        raise ProviderRefused("the account is closed")


def use(settings: Settings, toy: type[Toy], *, code: str = "stripe") -> None:
    path = f"{toy.__module__}.{toy.__qualname__}"
    settings.PAYMENT_PROVIDERS = {**settings.PAYMENT_PROVIDERS, code: path}
