"""Talking to the Stripe stand-in as the shop, its buyers and their browsers do."""

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import requests
import stripe

from dostshop.demo.stripe_stand_in.server import StandIn

type Form = dict[str, str]

FORM = {
    "mode": "payment",
    "line_items[0][quantity]": "2",
    "line_items[0][price_data][currency]": "azn",
    "line_items[0][price_data][unit_amount]": "1250",
    "line_items[0][price_data][product_data][name]": "Beeswax candle",
    "customer_email": "guest@example.com",
    "locale": "en",
    "success_url": "http://localhost:8000/en/orders/A/b/?paid=1",
    "cancel_url": "http://localhost:8000/en/orders/A/b/",
}


def call(stand_in: StandIn, method: str, path: str, form: Form | None = None, *, key: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {stand_in.secret_key}", **({"Idempotency-Key": key} if key else {})}
    return requests.request(method, stand_in.url + path, data=form, headers=headers, timeout=10)


def open_session(stand_in: StandIn, **changes: str) -> dict[str, Any]:
    answer = call(stand_in, "POST", "/v1/checkout/sessions", FORM | changes)
    assert answer.status_code == 200, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def press(stand_in: StandIn, session: dict[str, Any], form: Form, *, step: str = "") -> requests.Response:
    """What the buyer's browser does with a form of the page."""
    return requests.post(f"{stand_in.url}/pay/{session['id']}{step}", data=form, timeout=10, allow_redirects=False)


def look(stand_in: StandIn, session: dict[str, Any], *, step: str = "") -> requests.Response:
    return requests.get(f"{stand_in.url}/pay/{session['id']}{step}", timeout=10, allow_redirects=False)


def status(stand_in: StandIn, session: dict[str, Any]) -> tuple[str, str]:
    found = call(stand_in, "GET", f"/v1/checkout/sessions/{session['id']}").json()
    return found["status"], found["payment_status"]


class Shop(BaseHTTPRequestHandler):
    """Hears webhooks; answers each with the next of ``answers``, then with 200."""

    answers: list[int]
    heard: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        stripe.WebhookSignature.verify_header(body, self.headers["Stripe-Signature"], "whsec_tests", 300)
        self.heard.append(json.loads(body))
        self.send_response(self.answers.pop(0) if self.answers else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 — the name is the base class's
        pass


def kinds(shop: type[Shop]) -> list[str]:
    return sorted(event["type"] for event in shop.heard)


def wait_for(shop: type[Shop], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(shop.heard) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(shop.heard) >= count
