"""Webhooks: signed as Stripe signs them."""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from dostshop.demo.stand_in import post
from dostshop.demo.stand_in.faults import Faults

API_VERSION = "2026-10-28.endive"


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


class Post(post.Post):
    """Carries events to the shop's webhook."""

    def __init__(self, url: str, *, secret: str, faults: Faults) -> None:
        super().__init__(url, faults=faults)
        self.secret = secret

    def send(self, kind: str, content: dict[str, Any]) -> None:
        self.carry(event_of(kind, content))

    def letter(self, told: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(told, ensure_ascii=False)
        header = signature(body, secret=self.secret, timestamp=int(time.time()))
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header}
        return body.encode(), headers
