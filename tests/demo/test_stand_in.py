"""The stand-in behaves as Stripe does, towards the shop's server and towards the buyer's browser."""

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from pytest_django import Settings

from dostshop.demo.stand_in import post
from dostshop.demo.stand_in.faults import Faults
from dostshop.demo.stripe_stand_in import events, form_encoding
from dostshop.demo.stripe_stand_in.account import Account
from dostshop.demo.stripe_stand_in.events import Post
from dostshop.demo.stripe_stand_in.server import StandIn
from tests.demo.talking import FORM, Form, Shop, call, kinds, open_session, press, wait_for

# --- The API ---


def test_a_session_is_what_was_asked_for(stand_in: StandIn) -> None:
    session = open_session(stand_in)

    assert session["object"] == "checkout.session"
    assert (session["amount_total"], session["currency"]) == (2500, "azn")
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert session["url"].endswith(f"/pay/{session['id']}")
    assert call(stand_in, "GET", f"/v1/checkout/sessions/{session['id']}").json() == session


@pytest.mark.shared
def test_answers_have_only_what_stripe_answers(stand_in: StandIn, shared: Path) -> None:
    examples = json.loads((shared / "stripe" / "fixtures.json").read_text())["resources"]
    session = open_session(stand_in)
    press(stand_in, session, {"card": "pays"})
    paid = call(stand_in, "GET", f"/v1/checkout/sessions/{session['id']}").json()
    intent = call(stand_in, "GET", f"/v1/payment_intents/{paid['payment_intent']}").json()
    refund = call(stand_in, "POST", "/v1/refunds", {"payment_intent": intent["id"]}).json()

    assert set(paid) <= set(examples["checkout.session"])
    assert set(intent) <= set(examples["payment_intent"])
    assert set(refund) <= set(examples["refund"])
    assert set(events.event_of("x", {})) <= set(examples["event"])


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer sk_test_other", "Basic abc", "Bearer sk_test_tests "])
def test_only_the_right_key_opens(stand_in: StandIn, header: str) -> None:
    stand_in.secret_key = "sk_test_tests_"

    answer = requests.post(
        f"{stand_in.url}/v1/checkout/sessions", data=FORM, headers={"Authorization": header}, timeout=10
    )

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert stand_in.account.sessions == {}


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"line_items[0][colour]": "red"}, "line_items[0][colour]", "parameter_unknown"),
        ({"line_items[0][price_data][unit_amount]": "12.50"}, "line_items[0][price_data][unit_amount]", None),
        ({"line_items[0][price_data][unit_amount]": "-1"}, "line_items[0][price_data][unit_amount]", None),
        ({"line_items[0][price_data][unit_amount]": "0"}, "line_items", None),
        ({"line_items[0][price_data][currency]": "usd"}, "line_items[0][price_data][currency]", None),
        ({"line_items[0][quantity]": "0"}, "line_items[0][quantity]", None),
        ({"locale": "az"}, "locale", None),
        ({"mode": "subscription"}, "mode", None),
        ({"success_url": ""}, "success_url", "parameter_invalid_empty"),
        ({"expires_at": "1"}, "expires_at", None),
        ({"adaptive_pricing[enabled]": "no"}, "adaptive_pricing[enabled]", None),
        ({"metadata": "text"}, "metadata", None),
        ({"metadata[note]": "x" * 501}, "metadata[note]", None),
        ({"line_items": "text"}, None, None),
    ],
)
def test_what_stripe_would_not_take_is_refused_in_its_words(
    stand_in: StandIn, change: Form, param: str | None, code: str | None
) -> None:
    answer = call(stand_in, "POST", "/v1/checkout/sessions", FORM | change)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert param is None or error["param"] == param
    assert code is None or error["code"] == code
    assert stand_in.account.sessions == {}


@pytest.mark.parametrize("left_out", ["mode", "success_url", "line_items[0][quantity]"])
def test_what_is_missing_is_named(stand_in: StandIn, left_out: str) -> None:
    form = {name: value for name, value in FORM.items() if name != left_out}

    error = call(stand_in, "POST", "/v1/checkout/sessions", form).json()["error"]

    assert (error["code"], error["param"]) == ("parameter_missing", left_out)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/checkout/sessions/cs_test_none", 404),
        ("POST", "/v1/checkout/sessions/cs_test_none/expire", 404),
        ("GET", "/v1/payment_intents/pi_none", 404),
        ("GET", "/v1/balance", 404),
        ("POST", "/v1/checkout", 404),
    ],
)
def test_what_is_not_there_is_said_so(stand_in: StandIn, method: str, path: str, expected: int) -> None:
    answer = call(stand_in, method, path)

    assert answer.status_code == expected
    assert answer.json()["error"]["message"]


def test_the_same_key_is_the_same_request(stand_in: StandIn) -> None:
    first = call(stand_in, "POST", "/v1/checkout/sessions", FORM, key="key-1")
    second = call(stand_in, "POST", "/v1/checkout/sessions", FORM, key="key-1")

    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert len(stand_in.account.sessions) == 1


def test_the_same_key_for_another_request_is_refused(stand_in: StandIn) -> None:
    call(stand_in, "POST", "/v1/checkout/sessions", FORM, key="key-1")
    other = call(stand_in, "POST", "/v1/checkout/sessions", FORM | {"locale": "ru"}, key="key-1")

    assert other.status_code == 400
    assert other.json()["error"]["type"] == "idempotency_error"
    assert len(stand_in.account.sessions) == 1


def test_two_requests_with_one_key_at_once_are_one_session(stand_in: StandIn) -> None:
    answers: list[str] = []

    def ask() -> None:
        answers.append(call(stand_in, "POST", "/v1/checkout/sessions", FORM, key="key-1").json()["id"])

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_a_refused_request_may_be_mended_under_its_key(stand_in: StandIn) -> None:
    assert call(stand_in, "POST", "/v1/checkout/sessions", FORM | {"locale": "az"}, key="k").status_code == 400
    assert call(stand_in, "POST", "/v1/checkout/sessions", FORM, key="k").status_code == 200


def test_a_refund_may_be_in_parts_but_not_more_than_the_whole(stand_in: StandIn) -> None:
    session = open_session(stand_in)
    press(stand_in, session, {"card": "pays"})
    intent = call(stand_in, "GET", f"/v1/checkout/sessions/{session['id']}").json()["payment_intent"]

    parts = [
        call(stand_in, "POST", "/v1/refunds", {"payment_intent": intent, "amount": amount}).status_code
        for amount in ("1000", "1501", "1500", "1")
    ]

    assert parts == [200, 400, 200, 400]


def test_nothing_paid_is_nothing_to_refund(stand_in: StandIn) -> None:
    session = open_session(stand_in)
    press(stand_in, session, {"card": "declined"})
    intent = stand_in.account.session(session["id"])["payment_intent"]

    answer = call(stand_in, "POST", "/v1/refunds", {"payment_intent": intent})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "charge_already_refunded")


# --- Webhooks ---


def test_the_shop_has_heard_before_the_buyer_is_back(stand_in: StandIn, shop: type[Shop]) -> None:
    press(stand_in, open_session(stand_in), {"card": "pays"})

    assert kinds(shop) == ["checkout.session.completed", "payment_intent.succeeded"]


def test_a_webhook_that_failed_comes_again(
    stand_in: StandIn, shop: type[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "RETRY_AFTER_SECONDS", (0.05, 0.05))
    shop.answers.extend([500, 500])
    session = open_session(stand_in)

    call(stand_in, "POST", f"/v1/checkout/sessions/{session['id']}/expire")

    wait_for(shop, 3)
    assert len({event["id"] for event in shop.heard}) == 1


def test_webhooks_may_be_lost_or_repeated_or_late(stand_in: StandIn, shop: type[Shop]) -> None:
    stand_in.faults.copies = 0
    press(stand_in, open_session(stand_in), {"card": "pays"})
    assert shop.heard == []

    stand_in.faults.copies = 3
    press(stand_in, open_session(stand_in), {"card": "pays"})
    assert len(shop.heard) == 6

    stand_in.faults.copies = 1
    stand_in.faults.delay_seconds = 0.3
    press(stand_in, open_session(stand_in), {"card": "pays"})
    assert len(shop.heard) == 6
    wait_for(shop, 8)


# --- What tests and careful people may do to it ---


def test_faults_are_set_over_http(stand_in: StandIn) -> None:
    answer = requests.post(f"{stand_in.url}/test/faults", data={"failures": "1", "copies": "2"}, timeout=10)
    assert answer.json() == {"failures": 1, "hang_seconds": 0, "copies": 2, "delay_seconds": 0}

    assert call(stand_in, "POST", "/v1/checkout/sessions", FORM).status_code == 500
    assert call(stand_in, "POST", "/v1/checkout/sessions", FORM).status_code == 200

    requests.post(f"{stand_in.url}/test/faults", data={}, timeout=10)
    assert stand_in.faults == Faults()


@pytest.mark.parametrize("form", [{"failures": "many"}, {"speed": "1"}])
def test_faults_that_are_none_are_refused(stand_in: StandIn, form: Form) -> None:
    assert requests.post(f"{stand_in.url}/test/faults", data=form, timeout=10).status_code == 400


def test_requests_can_be_read_over_http(stand_in: StandIn) -> None:
    open_session(stand_in)

    seen = requests.get(f"{stand_in.url}/test/requests", timeout=10).json()["requests"]

    assert [(request["method"], request["path"]) for request in seen] == [("POST", "/v1/checkout/sessions")]


def test_a_body_without_end_is_turned_away(stand_in: StandIn) -> None:
    answer = requests.post(f"{stand_in.url}/v1/refunds", data=b"x" * (1024 * 1024 + 1), timeout=10)

    assert answer.status_code == 413


# --- Its memory ---


def test_a_restart_forgets_nothing(tmp_path: Path, settings: Settings) -> None:
    file = tmp_path / "state" / "stripe.json"

    def started() -> Account:
        return Account(Post("", secret="", faults=Faults(copies=0)), page_origin="http://localhost", file=file)

    before = started()
    opened = before.open_session(
        {
            "line_items": [{"quantity": 1, "price_data": {"currency": "azn", "unit_amount": 500}}],
            "success_url": "http://localhost/",
        }
    )
    before.pay(opened)
    before.save()

    after = started()

    assert after.sessions == before.sessions
    assert after.details == before.details
    assert after.intents == before.intents
    assert after.refund({"payment_intent": opened["payment_intent"]})["amount"] == 500


# --- The wire ---


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("", {}),
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        ("a[]=x&a[]=y", {"a": ["x", "y"]}),
        ("a[0][b]=x&a[1][b]=y&a[1][c]=z", {"a": [{"b": "x"}, {"b": "y", "c": "z"}]}),
        ("a%5Bb%5D=%C9%99+%26", {"a": {"b": "ə &"}}),
        ("a[2]=x", {"a": {"2": "x"}}),
        ("a=1&a[b]=2", {"a": "1"}),
    ],
)
def test_brackets_nest(encoded: str, decoded: dict[str, Any]) -> None:
    assert form_encoding.decode(encoded) == decoded


def test_its_signature_is_the_one_that_stripe_checks() -> None:
    body = '{"ə": 1}'

    header = events.signature(body, secret="whsec_x", timestamp=int(time.time()))

    assert stripe.WebhookSignature.verify_header(body, header, "whsec_x", 300)
