"""The page on which the buyer pays, as the stand-in hosts it."""

import http.client
import re
import time

import pytest
import requests

from dostshop.demo.stripe_stand_in.server import StandIn
from tests.demo.talking import FORM, Shop, call, kinds, look, open_session, press, status, wait_for

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
