"""A return in the admin: answered and received by its branch, refunded by the centre."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from artisans.models import Branch
from dostshop.accounts.models import Role
from orders.models import Refund, Return, Stock
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.admin.test_refunding import REFUNDS
from tests.factories import piece
from tests.orders.test_returns import ask, received


@pytest.fixture
def returned(db: None) -> Return:
    return ask(received(piece()))


def step(client: Client, name: str, returned: Return, **typed: Any) -> str:
    url = english(f"orders_return_{name}", returned.pk)
    return client.post(url, {"_form_submitted": "on", **typed}, follow=True).content.decode()


@pytest.fixture
def baku(db: None) -> Client:
    work = (*BRANCH_WORK, "view_return", "change_return")
    return signed_in(staff(Role.BRANCH_STAFF, *work, branch=Branch.objects.get(slug="baku")))


def test_the_branch_answers_and_receives_and_the_centre_refunds(baku: Client, returned: Return) -> None:
    centre = signed_in(staff(Role.CENTRE_STAFF, *REFUNDS, "view_return", "change_return"))
    assert f"Accepted: {returned}" in step(baku, "accept", returned, answer="Gətirin")
    assert f"Marked as received: {returned}" in step(baku, "receive", returned)
    refused = baku.post(english("orders_return_refund", returned.pk), {"_form_submitted": "on"})
    assert refused.status_code == 403
    assert f"Refund decided: {returned}" in step(
        centre, "refund", returned, deduction="3,00", to_buyer="Etiketi yoxdur", note="Etiketsiz"
    )
    assert Refund.objects.get().amount == Decimal("35.00")
    row = returned.lines.get()
    assert f"Put back on the shelf: {returned}" in step(baku, "restock", returned, **{f"row_{row.pk}": 1}, seen=0)
    assert Stock.objects.get().on_hand == 1


def test_money_goes_back_before_the_pieces_came_only_where_staff_say_so(baku: Client, returned: Return) -> None:
    centre = signed_in(staff(Role.CENTRE_STAFF, *REFUNDS, "view_return", "change_return"))
    warning = "Nothing of this return has arrived yet"
    step(baku, "accept", returned)
    page = step(centre, "refund", returned)
    assert warning in page
    assert "This field is required" in page
    assert not Refund.objects.exists()
    assert f"Refund decided: {returned}" in step(centre, "refund", returned, before_it_came="on")
    assert Refund.objects.exists()


def test_what_is_here_is_refunded_without_that_question(baku: Client, returned: Return) -> None:
    centre = signed_in(staff(Role.CENTRE_STAFF, *REFUNDS, "view_return", "change_return"))
    for name in ("accept", "receive"):
        step(baku, name, returned)
    assert "has arrived yet" not in centre.get(english("orders_return_refund", returned.pk)).content.decode()


def test_a_second_press_puts_nothing_more_on_the_shelf(baku: Client) -> None:
    returned = ask(received(piece(on_hand=2, kind="small_series"), quantity=2), 2)
    for name in ("accept", "receive"):
        step(baku, name, returned)
    typed = {f"row_{returned.lines.get().pk}": 1, "seen": 0}
    assert f"Put back on the shelf: {returned}" in step(baku, "restock", returned, **typed)
    assert "put back on the shelf since you opened the form" in step(baku, "restock", returned, **typed)
    assert Stock.objects.get().on_hand == 1


def test_a_refusal_needs_a_reason(baku: Client, returned: Return) -> None:
    assert "This field is required" in step(baku, "refuse", returned, answer="")
    assert f"Refused: {returned}" in step(baku, "refuse", returned, answer="İşlədilib")
    returned.refresh_from_db()
    assert returned.answer == "İşlədilib"


def test_only_possible_steps_are_offered(baku: Client, returned: Return) -> None:
    def titles() -> list[str]:
        page = baku.get(english("orders_return_change", returned.pk))
        return [str(one["title"]) for one in page.context["actions_detail"]]

    assert titles() == ["Accept the return", "Refuse the return"]
    step(baku, "accept", returned)
    assert titles() == ["Refuse the return", "Mark as received"]
    assert f"Return {returned}: accepted, on its way here" in step(baku, "accept", returned)
    step(baku, "receive", returned)
    assert titles() == ["Put back on the shelf"]


def test_another_branch_finds_nothing(returned: Return) -> None:
    work = (*BRANCH_WORK, "view_return", "change_return")
    barda = signed_in(staff(Role.BRANCH_STAFF, *work, branch=Branch.objects.get(slug="barda")))
    assert not barda.get(english("orders_return_changelist")).context["cl"].result_list
    for name in ("accept", "refuse", "receive", "restock"):
        url = english(f"orders_return_{name}", returned.pk)
        assert returned.lines.get().line.name not in barda.get(url).content.decode()
        assert barda.post(url, {"_form_submitted": "on", "answer": "x"}).status_code == 404
    returned.refresh_from_db()
    assert returned.state == Return.State.ASKED


def test_the_list_filters_by_state(baku: Client, returned: Return) -> None:
    page = english("orders_return_changelist")
    for state in Return.State:
        found = list(baku.get(page, {"state": state}).context["cl"].result_list)
        assert found == ([returned] if state == Return.State.ASKED else [])


def test_many_are_accepted_at_once(baku: Client, returned: Return) -> None:
    chosen = {"action": "accept_chosen", "_selected_action": [returned.pk]}
    baku.post(english("orders_return_changelist"), chosen)
    returned.refresh_from_db()
    assert returned.state == Return.State.ACCEPTED
