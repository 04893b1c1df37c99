"""The stand-in behaves as Epoint is described, towards the shop's server and towards the buyer's browser."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from dostshop.demo.epoint_stand_in.account import Account
from dostshop.demo.epoint_stand_in.callbacks import Post, signed
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from dostshop.demo.stand_in.faults import Faults

KEY = "private-key-of-tests"
PAYMENT: dict[str, Any] = {
    "amount": 25.5,
    "currency": "AZN",
    "language": "en",
    "order_id": "A-1",
    "description": "Order A",
    "success_redirect_url": "http://localhost:8000/en/orders/A/b/?paid=1",
    "error_redirect_url": "http://localhost:8000/en/orders/A/b/",
}


def ask(epoint: EpointStandIn, action: str, parameters: dict[str, Any], *, key: str = KEY) -> dict[str, Any]:
    form = signed({"public_key": "i000000001", **parameters}, private_key=key)
    answer = requests.post(f"{epoint.api_url}/{action}", data=form, timeout=10)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def open_one(epoint: EpointStandIn, **changes: object) -> str:
    told = ask(epoint, "request", PAYMENT | changes)
    assert told["status"] == "success", told
    return str(told["transaction"])


def press(epoint: EpointStandIn, transaction: str, card: str) -> requests.Response:
    address = f"{epoint.url}/pay/{transaction}"
    return requests.post(address, data={"card": card}, timeout=10, allow_redirects=False)


def test_a_payment_is_new_until_the_buyer_pays(epoint: EpointStandIn) -> None:
    transaction = open_one(epoint)
    assert ask(epoint, "get-status", {"transaction": transaction})["status"] == "new"
    answer = press(epoint, transaction, "pays")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAYMENT["success_redirect_url"])
    told = ask(epoint, "get-status", {"transaction": transaction})
    assert (told["status"], told["amount"], told["order_id"], told["code"]) == ("success", 25.5, "A-1", "000")


@pytest.mark.parametrize("card", ["declined", "no-money"])
def test_a_declined_payment_is_over(epoint: EpointStandIn, card: str) -> None:
    transaction = open_one(epoint)
    assert press(epoint, transaction, card).headers["Location"] == PAYMENT["error_redirect_url"]
    assert "This was declined" in press(epoint, transaction, "pays").text
    assert ask(epoint, "get-status", {"transaction": transaction})["status"] == "failed"


@pytest.mark.parametrize("card", ["", "gold", "pays "])
def test_no_card_pays_nothing(epoint: EpointStandIn, card: str) -> None:
    transaction = open_one(epoint)
    assert press(epoint, transaction, card).status_code == 200
    assert ask(epoint, "get-status", {"transaction": transaction})["status"] == "new"


def test_pressing_twice_is_one_callback(epoint: EpointStandIn) -> None:
    transaction = open_one(epoint)
    for _ in range(2):
        press(epoint, transaction, "pays")
    assert [told["status"] for told in epoint.post.sent] == ["success"]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": 0.001},
        {"amount": "many"},
        {"amount": None},
        {"currency": "USD"},
        {"language": "tr"},
        {"order_id": ""},
        {"order_id": "A" * 256},
        {"colour": "red"},
        {"success_redirect_url": None},
    ],
)
def test_what_epoint_would_not_take_is_refused(epoint: EpointStandIn, changes: dict[str, object]) -> None:
    assert ask(epoint, "request", PAYMENT | changes)["status"] == "error"
    assert epoint.account.payments == {}


def test_an_order_id_is_good_for_one_payment(epoint: EpointStandIn) -> None:
    open_one(epoint)
    assert ask(epoint, "request", PAYMENT)["status"] == "error"


@pytest.mark.parametrize("action", ["get-status", "reverse", "refund", ""])
def test_what_is_not_there_is_said_so(epoint: EpointStandIn, action: str) -> None:
    assert ask(epoint, action, {"transaction": "te0", "currency": "AZN"})["status"] == "error"


def test_only_the_right_keys_open(epoint: EpointStandIn) -> None:
    assert ask(epoint, "request", PAYMENT, key="another")["status"] == "error"
    assert ask(epoint, "request", PAYMENT | {"public_key": "another"})["status"] == "error"
    assert requests.post(f"{epoint.api_url}/request", data={}, timeout=10).json()["status"] == "error"
    assert epoint.account.payments == {}


def test_a_reversal_may_be_in_parts_but_not_more_than_the_whole(epoint: EpointStandIn) -> None:
    transaction = open_one(epoint)
    back = {"transaction": transaction, "currency": "AZN", "language": "en"}
    assert ask(epoint, "reverse", back)["status"] == "error"
    press(epoint, transaction, "pays")
    sums = (10, 15.51, 15.5, 0.01)
    assert [ask(epoint, "reverse", back | {"amount": amount})["status"] for amount in sums] == [
        "success",
        "error",
        "success",
        "error",
    ]
    assert ask(epoint, "get-status", {"transaction": transaction})["status"] == "returned"


def test_without_a_sum_all_of_it_is_reversed(epoint: EpointStandIn) -> None:
    transaction = open_one(epoint)
    press(epoint, transaction, "pays")
    assert ask(epoint, "reverse", {"transaction": transaction, "currency": "AZN"})["status"] == "success"
    assert [one["amount"] for one in epoint.account.reversals] == ["25.50"]


def test_faults_are_set_over_http(epoint: EpointStandIn) -> None:
    requests.post(f"{epoint.url}/test/faults", data={"failures": "1"}, timeout=10)
    form = signed({"public_key": "i000000001", **PAYMENT}, private_key=KEY)
    assert requests.post(f"{epoint.api_url}/request", data=form, timeout=10).status_code == 500
    open_one(epoint)


def test_an_address_of_nothing_is_a_page_that_says_so(epoint: EpointStandIn) -> None:
    for path in ("/", "/pay/te0", "/pay/te0/confirm"):
        assert requests.get(epoint.url + path, timeout=10).status_code == 404


def test_descriptions_are_text_and_no_markup(epoint: EpointStandIn) -> None:
    page = requests.get(f"{epoint.url}/pay/{open_one(epoint, description='<script>')}", timeout=10)
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "form-action 'self' http://localhost:8000" in page.headers["Content-Security-Policy"]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "state" / "epoint.json"

    def started() -> Account:
        post = Post("", private_key=KEY, faults=Faults(copies=0))
        return Account(post, page_origin="http://localhost", file=file)

    before = started()
    transaction = before.open(PAYMENT)["transaction"]
    before.pay(before.payment(transaction))
    before.reverse({"transaction": transaction, "currency": "AZN", "amount": 5})
    before.save()
    after = started()
    assert (after.payments, after.reversals) == (before.payments, before.reversals)
    assert json.loads(file.read_text())["reversals"][0]["amount"] == "5.00"
