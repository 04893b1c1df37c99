"""Webhooks: signed as Stripe signs them, sent from threads of their own, and sent again where the shop fails."""

import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from typing import Any

import requests

from dostshop.demo.stripe_stand_in.faults import Faults

logger = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
RETRY_AFTER_SECONDS = (1, 3, 10, 30)
ANSWER_WITHIN_SECONDS = 10


def signature(body: str, *, secret: str, timestamp: int) -> str:
    """The ``Stripe-Signature`` header.

    Source: Stripe's documentation, “Verify webhook signatures manually”.
    """
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def event_of(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": content},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


class Post:
    """Carries events to the shop's webhook."""

    def __init__(self, url: str, *, secret: str, faults: Faults) -> None:
        self.url = url
        self.secret = secret
        self.faults = faults
        self.sent: list[dict[str, Any]] = []
        self._closing = threading.Event()
        # One for each copy under way; set once the shop has been tried.
        self._tried: list[threading.Event] = []

    def send(self, kind: str, content: dict[str, Any]) -> None:
        event = event_of(kind, content)
        self.sent.append(event)
        for _copy in range(self.faults.copies):
            tried = threading.Event()
            self._tried.append(tried)
            threading.Thread(target=self._deliver, args=(event, self.faults.delay_seconds, tried), daemon=True).start()

    def wait(self, seconds: float = ANSWER_WITHIN_SECONDS) -> None:
        """Until the shop has been tried with all that was sent."""
        deadline = time.monotonic() + seconds
        for tried in self._tried:
            tried.wait(max(0, deadline - time.monotonic()))
        self._tried.clear()

    def close(self) -> None:
        self._closing.set()

    def _deliver(self, event: dict[str, Any], delay: float, tried: threading.Event) -> None:
        body = json.dumps(event, ensure_ascii=False)
        for pause in (delay, *RETRY_AFTER_SECONDS):
            if self._closing.wait(pause):
                return
            has_arrived = self._try(body)
            tried.set()
            if has_arrived:
                return
        logger.error("The shop did not take %s %s", event["type"], event["id"])

    def _try(self, body: str) -> bool:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, secret=self.secret, timestamp=int(time.time())),
        }
        try:
            answer = requests.post(self.url, body.encode(), headers=headers, timeout=ANSWER_WITHIN_SECONDS)
        except requests.RequestException as error:
            logger.warning("The webhook did not reach the shop: %s", type(error).__name__)
            return False
        return answer.ok
