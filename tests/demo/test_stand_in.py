"""The stand-in behaves as Stripe does, towards the shop's server and towards the buyer's browser."""

import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe
from pytest_django import Settings

from dostshop.demo.stripe_stand_in import events, form_encoding
from dostshop.demo.stripe_stand_in.account import Account
from dostshop.demo.stripe_stand_in.events import Post
from dostshop.demo.stripe_stand_in.faults import Faults
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


@pytest.fixture
def shop(stand_in: StandIn) -> Iterator[type[Shop]]:
    handler = type("ShopOfThisTest", (Shop,), {"answers": [], "heard": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stand_in.post.url = f"http://127.0.0.1:{server.server_port}/"
    stand_in.faults.copies = 1
    yield handler
    server.shutdown()
    server.server_close()
    thread.join()


def kinds(shop: type[Shop]) -> list[str]:
    return sorted(event["type"] for event in shop.heard)


def wait_for(shop: type[Shop], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(shop.heard) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(shop.heard) >= count


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


# --- The page ---


def test_a_good_card_pays_and_leads_back(stand_in: StandIn) -> None:
    session = open_session(stand_in)

    answer = press(stand_in, session, {"card": "pays"})

    assert (answer.status_code, answer.headers["Location"]) == (303, FORM["success_url"])
    assert status(stand_in, session) == ("complete", "paid")


def test_pressing_twice_pays_once(stand_in: StandIn, shop: type[Shop]) -> None:
    session = open_session(stand_in)

    press(stand_in, session, {"card": "pays"})
    again = press(stand_in, session, {"card": "pays"})

    assert again.status_code == 200
    assert "This is paid" in again.text
    wait_for(shop, 2)
    assert kinds(shop) == ["checkout.session.completed", "payment_intent.succeeded"]


@pytest.mark.parametrize("card", ["declined", "no-money"])
def test_a_declined_card_is_said_and_another_may_be_tried(stand_in: StandIn, shop: type[Shop], card: str) -> None:
    session = open_session(stand_in)

    answer = press(stand_in, session, {"card": card})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/pay/{session['id']}")
    assert 'role="alert"' in look(stand_in, session).text
    assert status(stand_in, session) == ("open", "unpaid")
    press(stand_in, session, {"card": "pays"})
    assert status(stand_in, session) == ("complete", "paid")
    wait_for(shop, 3)
    assert kinds(shop) == [
        "checkout.session.completed",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
    ]


def test_a_second_step_confirmed_pays(stand_in: StandIn) -> None:
    session = open_session(stand_in)

    answer = press(stand_in, session, {"card": "second-step"})
    assert answer.headers["Location"] == f"/pay/{session['id']}/confirm"
    assert status(stand_in, session) == ("open", "unpaid")
    assert "Your bank asks" in look(stand_in, session, step="/confirm").text

    confirmed = press(stand_in, session, {"answer": "yes"}, step="/confirm")
    assert confirmed.headers["Location"] == FORM["success_url"]
    assert status(stand_in, session) == ("complete", "paid")


@pytest.mark.parametrize("answer", ["no", "", "perhaps"])
def test_a_second_step_not_confirmed_pays_nothing(stand_in: StandIn, answer: str) -> None:
    session = open_session(stand_in)
    press(stand_in, session, {"card": "second-step"})

    press(stand_in, session, {"answer": answer}, step="/confirm")

    assert status(stand_in, session) == ("open", "unpaid")
    assert "You did not confirm" in look(stand_in, session).text


def test_a_second_step_that_nobody_asked_for_is_not_there(stand_in: StandIn) -> None:
    session = open_session(stand_in)

    assert look(stand_in, session, step="/confirm").headers["Location"] == f"/pay/{session['id']}"
    press(stand_in, session, {"answer": "yes"}, step="/confirm")

    assert status(stand_in, session) == ("open", "unpaid")


@pytest.mark.parametrize("card", ["", "gold"])
def test_no_card_pays_nothing(stand_in: StandIn, card: str) -> None:
    session = open_session(stand_in)

    press(stand_in, session, {"card": card})

    assert status(stand_in, session) == ("open", "unpaid")


def test_looking_changes_nothing(stand_in: StandIn) -> None:
    session = open_session(stand_in)

    page = look(stand_in, session)

    assert page.status_code == 200
    assert status(stand_in, session) == ("open", "unpaid")
    assert "2 × Beeswax candle" in page.text
    assert "25,00" in page.text
    assert FORM["cancel_url"] in page.text


@pytest.mark.parametrize(("locale", "language"), [("auto", "az"), ("ru", "ru"), ("en", "en")])
def test_the_page_speaks_the_language_of_the_order(stand_in: StandIn, locale: str, language: str) -> None:
    session = open_session(stand_in, locale=locale)

    assert f'<html lang="{language}">' in look(stand_in, session).text


def test_the_page_needs_no_script_and_lets_none_in(stand_in: StandIn) -> None:
    page = look(stand_in, open_session(stand_in))

    assert "<script" not in page.text
    assert "style=" not in page.text
    assert page.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self' http://localhost:8000"
    )


def test_names_are_text_and_no_markup(stand_in: StandIn) -> None:
    name = "<script>alert(1)</script>"
    session = open_session(stand_in, **{"line_items[0][price_data][product_data][name]": name})

    assert name not in look(stand_in, session).text
    assert "&lt;script&gt;" in look(stand_in, session).text


def test_an_expired_session_cannot_be_paid(stand_in: StandIn, shop: type[Shop]) -> None:
    session = open_session(stand_in)
    call(stand_in, "POST", f"/v1/checkout/sessions/{session['id']}/expire")

    assert "This page has closed" in press(stand_in, session, {"card": "pays"}).text
    assert status(stand_in, session) == ("expired", "unpaid")
    wait_for(shop, 1)
    assert kinds(shop) == ["checkout.session.expired"]


def test_a_session_expires_by_itself(stand_in: StandIn, shop: type[Shop]) -> None:
    session = open_session(stand_in)
    with stand_in.account.lock:
        stand_in.account.session(session["id"])["expires_at"] = int(time.time())

    wait_for(shop, 1)

    assert status(stand_in, session) == ("expired", "unpaid")


@pytest.mark.parametrize("path", ["/", "/pay/", "/pay/cs_test_none", "/pay/cs_test_none/confirm", "/etc/passwd"])
def test_an_address_of_nothing_is_a_page_that_says_so(stand_in: StandIn, path: str) -> None:
    for answer in (requests.get(stand_in.url + path, timeout=10), requests.post(stand_in.url + path, timeout=10)):
        assert answer.status_code == 404
        assert "<h1>" in answer.text


def test_the_page_wears_the_shops_own_look(stand_in: StandIn) -> None:
    page = look(stand_in, open_session(stand_in)).text

    for path in re.findall(r'(?:href|src)="(/shop/[^"]+)"', page):
        assert requests.get(stand_in.url + path, timeout=10).status_code == 200
    style = requests.get(f"{stand_in.url}/shop/css/shop.css", timeout=10)
    assert style.headers["Content-Type"] == "text/css"


@pytest.mark.parametrize("path", ["../manage.py", "%2e%2e/manage.py", "css/../../manage.py", "css", "none.css", ""])
def test_no_other_file_is_served(stand_in: StandIn, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", stand_in.server_port, timeout=10)
    # As it is: a browser would tidy the path up first.
    connection.request("GET", f"/shop/{path}")

    assert connection.getresponse().status == 404
    connection.close()


# --- Webhooks ---


def test_the_shop_has_heard_before_the_buyer_is_back(stand_in: StandIn, shop: type[Shop]) -> None:
    press(stand_in, open_session(stand_in), {"card": "pays"})

    assert kinds(shop) == ["checkout.session.completed", "payment_intent.succeeded"]


def test_a_webhook_that_failed_comes_again(
    stand_in: StandIn, shop: type[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RETRY_AFTER_SECONDS", (0.05, 0.05))
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
