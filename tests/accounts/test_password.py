"""Choosing a password again: forgotten, changed, or never had."""

import re

import pytest
from django.core import mail
from django.test import Client

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD, PREFIXES, make_member, signed_in

NEW_PASSWORD = "qızıl-payız-1923"


def link_from_mail() -> str:
    found = re.search(r"http://testserver(/\S+)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_link_from_the_mail_sets_a_new_one_and_signs_in(client: Client, member: User, prefix: str) -> None:
    client.post(f"{prefix}/accounts/password/reset/", {"email": "LEYLA@example.az"})
    assert link_from_mail().startswith(f"{prefix}/accounts/")
    page = client.get(link_from_mail(), follow=True)
    assert list(page.context["form"].fields) == ["password1"]
    done = client.post(page.redirect_chain[-1][0], {"password1": NEW_PASSWORD})
    assert done.headers["Location"] == f"{prefix}/orders/mine/"
    assert signed_in(client)
    member.refresh_from_db()
    assert member.check_password(NEW_PASSWORD)


@pytest.mark.usefixtures("member")
def test_link_works_once(client: Client) -> None:
    client.post("/en/accounts/password/reset/", {"email": "leyla@example.az"})
    link = link_from_mail()
    form_address = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form_address, {"password1": NEW_PASSWORD})
    again = Client().get(link)
    assert "This link no longer works" in again.text


def test_dotted_capital_i_is_an_i(client: Client, ilqar: User) -> None:
    client.post("/en/accounts/password/reset/", {"email": "İLQAR@example.az"})
    assert mail.outbox[-1].to == [ilqar.email]
    assert mail.outbox[-1].subject == "Choose a new password"


@pytest.mark.django_db
def test_unknown_address_sees_the_same_page(client: Client) -> None:
    response = client.post("/en/accounts/password/reset/", {"email": "nobody@example.az"}, follow=True)
    assert response.redirect_chain[-1][0] == "/en/accounts/password/reset/done/"
    assert mail.outbox[-1].subject == "There is no account with this address"


def test_changing_asks_for_the_old_one_and_tells_by_mail(client: Client, member: User) -> None:
    client.force_login(member)
    client.post("/en/accounts/password/change/", {"oldpassword": "wrong", "password1": NEW_PASSWORD})
    member.refresh_from_db()
    assert member.check_password(PASSWORD)
    assert mail.outbox == []
    client.post("/en/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})
    member.refresh_from_db()
    assert member.check_password(NEW_PASSWORD)
    assert mail.outbox[-1].subject == "Your password was changed"
    assert signed_in(client)


@pytest.mark.django_db
def test_member_without_one_may_set_one(client: Client) -> None:
    user = make_member("provider@example.az", password=None)
    client.force_login(user)
    assert client.get("/en/accounts/password/change/").headers["Location"] == "/en/accounts/password/set/"
    client.post("/en/accounts/password/set/", {"password1": NEW_PASSWORD})
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
