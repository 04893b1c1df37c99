"""The payment providers at their worst: webhooks dropped, late, repeated and out of order, an API that fails or hangs.

They run in the chaos run's own process, which nobody kills: their books are what the shop's are compared with.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from dostshop import money
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from dostshop.demo.stand_in.faults import Faults
from dostshop.demo.stand_in.server import StandInServer
from dostshop.demo.stripe_stand_in.parameters import Refused
from dostshop.demo.stripe_stand_in.server import StandIn
from tests.chaos.shop import PROVIDER_PATIENCE_SECONDS


class Mischief(Faults):
    """Decides anew each time it is asked."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.is_calm = False
        self.failed = self.hung = self.dropped = self.repeated = self.delayed = 0

    def takes_failure(self) -> bool:
        fails = not self.is_calm and self.chance.random() < 0.04
        self.failed += fails
        return fails

    def __getattribute__(self, name: str) -> Any:
        chosen = {"copies": "_copies", "delay_seconds": "_delay", "hang_seconds": "_hang"}.get(name)
        return super().__getattribute__(chosen)() if chosen else super().__getattribute__(name)

    def _copies(self) -> int:
        copies = 1 if self.is_calm else self.chance.choice([0, 0, 1, 1, 1, 1, 1, 2, 2, 3])
        self.dropped += copies == 0
        self.repeated += copies > 1
        return copies

    def _delay(self) -> float:
        if self.is_calm or self.chance.random() < 0.6:
            return 0
        self.delayed += 1
        return self.chance.uniform(0.05, 8)

    def _hang(self) -> float:
        """Longer than the shop waits: what was asked is done, and the shop does not hear of it."""
        if self.is_calm or self.chance.random() < 0.97:
            return 0
        self.hung += 1
        return PROVIDER_PATIENCE_SECONDS + 0.5


@dataclass(frozen=True)
class Charge:
    """Money that a provider took for the shop, and what of it went back."""

    provider: str
    charge: str
    order: str
    received: Decimal
    returned: Decimal


class Providers:
    def __init__(self, seed: str) -> None:
        self.stripe = StandIn(
            secret_key=settings.STRIPE_SECRET_KEY,
            webhook_secret=settings.STRIPE_WEBHOOK_SECRET,
            webhook_url=_webhook("stripe"),
            port=int(settings.STRIPE_API_URL.rpartition(":")[2]),
        )
        self.epoint = EpointStandIn(
            public_key=settings.EPOINT_PUBLIC_KEY,
            private_key=settings.EPOINT_PRIVATE_KEY,
            callback_url=_webhook("epoint"),
            port=int(settings.EPOINT_PAGE_ORIGINS[0].rpartition(":")[2]),
        )
        self.mischief = Mischief(random.Random(f"{seed} providers"))
        for server in self.servers:
            server.post.faults = self.mischief
            server.faults = self.mischief

    @property
    def servers(self) -> tuple[StandIn, EpointStandIn]:
        return self.stripe, self.epoint

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=_serve, args=[server], daemon=True) for server in self.servers]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for server in self.servers:
                server.shutdown()
                server.server_close()

    def calm_down(self) -> None:
        """From now on they work; what they had not delivered yet is lost."""
        self.mischief.is_calm = True
        for server in self.servers:
            server.post.close()

    def order_page(self, payment_page: str) -> str:
        """The link to the order that the buyer of this payment page has."""
        key = payment_page.rpartition("/")[2]
        with suppress(KeyError):
            return str(self.stripe.account.sessions[key]["cancel_url"])
        return str(self.epoint.account.payments[key]["error_redirect_url"])

    def close_pages(self, chance: random.Random) -> None:
        """Some pages of Stripe's run out of time now."""
        with self.stripe.account.lock:
            for session in self.stripe.account.sessions.values():
                if session["status"] == "open" and chance.random() < 0.1:
                    session["expires_at"] = 0

    def refund_in_dashboard(self, charge: str, amount: Decimal) -> None:
        with suppress(Refused), self.stripe.account.lock:
            self.stripe.account.refund({"payment_intent": charge, "amount": money.to_minor_units(amount)})

    def fail_a_refund(self, chance: random.Random) -> None:
        """A card was closed meanwhile: money that had gone comes back to the shop's account."""
        with self.stripe.account.lock:
            made = [one["id"] for one in self.stripe.account.refunds.values() if one["status"] == "succeeded"]
        if made:
            self.stripe.account.fail_refund(chance.choice(made))

    def went_back(self, transaction: str) -> Decimal:
        """What Epoint's panel shows of a payment."""
        account = self.epoint.account
        with account.lock:
            return account.back(account.payments[transaction])

    def charges(self) -> list[Charge]:
        return [*self._stripe_charges(), *self._epoint_charges()]

    def _stripe_charges(self) -> Iterator[Charge]:
        account = self.stripe.account
        back: dict[str, int] = {}
        for refund in account.refunds.values():
            if refund["status"] != "failed":
                back[refund["payment_intent"]] = back.get(refund["payment_intent"], 0) + refund["amount"]
        for intent in account.intents.values():
            if intent["amount_received"]:
                received, returned = intent["amount_received"], back.get(intent["id"], 0)
                sums = [money.from_minor_units(sum_) for sum_ in (received, returned)]
                yield Charge("stripe", intent["id"], intent["metadata"].get("order", ""), *sums)

    def _epoint_charges(self) -> Iterator[Charge]:
        account = self.epoint.account
        for payment in account.payments.values():
            if payment["status"] in {"success", "returned"}:
                order = payment["order_id"].partition("-")[0]
                received = Decimal(payment["amount"])
                yield Charge("epoint", payment["transaction"], order, received, account.back(payment))


def _webhook(provider: str) -> str:
    return f"{settings.SITE_URL}{reverse('payment_webhook', args=[provider])}"


def _serve(server: StandInServer) -> None:
    server.serve_forever(poll_interval=0.1)
