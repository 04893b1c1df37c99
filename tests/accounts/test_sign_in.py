"""Signing in and out: by password, by a code from a mail, and what is said when that fails."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import translation

from artisans.models import Branch
from dostshop.accounts import roles
from dostshop.accounts.models import Role, User
from tests.accounts.conftest import PASSWORD, PREFIXES, at_minute, newest_html, signed_in

Code = Callable[[], str]
pytestmark = pytest.mark.usefixtures("member")


def ask_for_code(client: Client, *, email: str = "leyla@example.az", prefix: str = "/en") -> None:
    response = client.post(f"{prefix}/accounts/login/code/", {"email": email})
    assert response.headers["Location"] == f"{prefix}/accounts/login/code/confirm/"


def sign_in(client: Client, *, password: str = PASSWORD, query: str = "", email: str = "leyla@example.az") -> Any:
    return client.post(f"/en/accounts/login/{query}", {"login": email, "password": password})


@pytest.mark.parametrize("prefix", PREFIXES)
def test_by_password(client: Client, prefix: str) -> None:
    response = client.post(f"{prefix}/accounts/login/", {"login": "leyla@example.az", "password": PASSWORD})
    assert response.headers["Location"] == f"{prefix}/orders/mine/"
    assert signed_in(client)


@pytest.mark.parametrize(
    ("role", "address"),
    [
        (Role.BRANCH_STAFF, "/en/staff/"),
        (Role.CENTRE_STAFF, "/en/admin/"),
        (Role.ACCOUNTANT, "/en/admin/"),
    ],
)
def test_staff_come_to_where_they_work(client: Client, member: User, role: Role, address: str) -> None:
    assert sign_in(client).headers["Location"] == "/en/orders/mine/"
    roles.give(member, role, branch=Branch.objects.get(slug="baku").pk if role == Role.BRANCH_STAFF else None)
    client.logout()
    assert sign_in(client).headers["Location"] == address
    assert client.get(address).status_code == 200
    client.logout()
    assert sign_in(client, query="?next=/en/bag/").headers["Location"] == "/en/bag/"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_by_code(client: Client, code_from_mail: Code, prefix: str) -> None:
    ask_for_code(client, prefix=prefix)
    response = client.post(f"{prefix}/accounts/login/code/confirm/", {"code": code_from_mail()})
    assert response.headers["Location"] == f"{prefix}/orders/mine/"
    assert signed_in(client)


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_code_comes_in_the_language_of_the_page(client: Client, language: str) -> None:
    ask_for_code(client, prefix="" if language == "az" else f"/{language}")
    with translation.override(language):
        assert mail.outbox[-1].subject == translation.gettext("Your sign-in code")
    assert f'lang="{language}"' in newest_html()


@pytest.mark.parametrize("typed", ["LEYLA@EXAMPLE.AZ", "Leyla@example.az ", "leyla@Example.az"])
def test_the_address_may_be_typed_in_any_case(client: Client, typed: str) -> None:
    sign_in(client, email=typed)
    assert signed_in(client)


def test_dotted_capital_i_is_an_i_in_both_ways(code_from_mail: Code, ilqar: User) -> None:
    by_password, by_code = Client(), Client()
    sign_in(by_password, email="İLQAR@example.az")
    ask_for_code(by_code, email="İLQAR@example.az")
    by_code.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()})
    assert by_password.session["_auth_user_id"] == by_code.session["_auth_user_id"] == str(ilqar.pk)


def test_code_works_for_its_half_hour_also_when_it_is_the_second(client: Client, code_from_mail: Code) -> None:
    ask_for_code(client)
    with at_minute(29):
        client.post("/en/accounts/login/code/confirm/", {"action": "resend"})
    with at_minute(58):
        client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()})
        assert signed_in(client)


def test_expired_code_says_so(client: Client, code_from_mail: Code) -> None:
    ask_for_code(client)
    with at_minute(61):
        response = client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()}, follow=True)
    assert not signed_in(client)
    assert "This code is too old. Ask for a new one." in response.text
    assert response.redirect_chain[-1][0] == "/en/accounts/login/code/"


def test_wrong_code_may_be_tried_again_nine_times(client: Client, code_from_mail: Code) -> None:
    ask_for_code(client)
    for _attempt in range(9):
        response = client.post("/en/accounts/login/code/confirm/", {"code": "000000000"})
        assert "This is not the code" in response.text
    client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()})
    assert signed_in(client)


def test_tenth_wrong_code_ends_it(client: Client, code_from_mail: Code) -> None:
    ask_for_code(client)
    for _attempt in range(10):
        response = client.post("/en/accounts/login/code/confirm/", {"code": "000000000"}, follow=True)
    assert "tried too often" in response.text
    assert "too old" not in response.text
    client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()})
    assert not signed_in(client)


def test_new_code_replaces_the_old(client: Client, code_from_mail: Code) -> None:
    ask_for_code(client)
    first = code_from_mail()
    client.post("/en/accounts/login/code/confirm/", {"action": "resend"})
    assert code_from_mail() != first
    client.post("/en/accounts/login/code/confirm/", {"code": first})
    assert not signed_in(client)
    client.post("/en/accounts/login/code/confirm/", {"code": code_from_mail()})
    assert signed_in(client)


def test_unknown_address_gets_a_mail_and_the_same_page(client: Client) -> None:
    ask_for_code(client, email="nobody@example.az")
    assert mail.outbox[-1].subject == "There is no account with this address"
    assert "/en/accounts/signup/" in str(mail.outbox[-1].body)


def test_wrong_password_keeps_what_was_typed_and_says_what_to_do(client: Client) -> None:
    response = client.post("/en/accounts/login/", {"login": "leyla@example.az", "password": "wrong"})
    assert 'value="leyla@example.az"' in response.text
    assert "have a sign-in code sent to you" in response.text
    assert not signed_in(client)


def test_next_is_honoured_and_only_on_this_site(client: Client) -> None:
    assert sign_in(client, query="?next=/en/info/delivery/").headers["Location"] == "/en/info/delivery/"
    elsewhere = sign_in(Client(), query="?next=https://elsewhere.example/")
    assert elsewhere.headers["Location"] == "/en/orders/mine/"


def test_next_survives_the_code(client: Client, code_from_mail: Code) -> None:
    asked = client.post("/en/accounts/login/code/?next=/en/info/delivery/", {"email": "leyla@example.az"})
    done = client.post(asked.headers["Location"], {"code": code_from_mail()})
    assert done.headers["Location"] == "/en/info/delivery/"


def test_sixth_wrong_password_is_not_looked_at(client: Client) -> None:
    for _attempt in range(5):
        sign_in(client, password="wrong")
    response = sign_in(client)
    assert "tried too often" in response.text
    assert not signed_in(client)


def test_too_many_requests_get_a_page_that_says_so(client: Client) -> None:
    responses = [client.get("/en/accounts/login/") for _ in range(3)]
    assert {response.status_code for response in responses} == {200}
    for attempt in range(31):
        response = client.post("/en/accounts/login/", {"login": f"p{attempt}@example.az", "password": ""})
    assert response.status_code == 429
    assert "Too many tries" in response.text


def test_inactive_member_stays_outside(client: Client, member: User) -> None:
    member.is_active = False
    member.save()
    sign_in(client)
    assert not signed_in(client)


def test_unverified_member_is_asked_for_a_code(client: Client, member: User, code_from_mail: Code) -> None:
    EmailAddress.objects.filter(user=member).update(verified=False)
    assert sign_in(client).headers["Location"] == "/en/accounts/confirm-email/"
    assert not signed_in(client)
    client.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    assert signed_in(client)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_door_leads_members_in_and_guests_to_the_sign_in(client: Client, member: User, prefix: str) -> None:
    assert client.get(f"{prefix}/accounts/").headers["Location"] == f"{prefix}/accounts/login/"
    client.force_login(member)
    assert client.get(f"{prefix}/accounts/").headers["Location"] == f"{prefix}/orders/mine/"


def test_staff_come_to_the_admin_by_the_same_door(client: Client, member: User) -> None:
    member.is_staff = True
    member.save()
    door = client.get("/en/admin/", follow=True).redirect_chain[-1][0]
    assert door == "/en/accounts/login/?next=/en/admin/"
    response = client.post(door, {"login": "LEYLA@example.az", "password": PASSWORD})
    assert response.headers["Location"] == "/en/admin/"
    assert signed_in(client)


def test_signing_out_takes_a_post(client: Client, member: User) -> None:
    client.force_login(member)
    assert client.get("/en/accounts/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/en/accounts/logout/").headers["Location"] == "/en/"
    assert not signed_in(client)
