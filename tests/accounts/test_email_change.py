"""Changing the address: the new one has to be confirmed, and the person has to be the member."""

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD

Code = Callable[[], str]


@pytest.fixture
def sure(client: Client, member: User) -> Client:
    client.force_login(member)
    client.post("/en/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_code_sent_to_the_new_address_changes_it(sure: Client, member: User, code_from_mail: Code) -> None:
    sure.post("/en/accounts/email/", {"action_add": "1", "email": "LEYLA.YENİ@example.az"})
    assert mail.outbox[-1].to == ["leyla.yeni@example.az"]
    sure.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    member.refresh_from_db()
    assert member.email == "leyla.yeni@example.az"
    assert EmailAddress.objects.get(user=member).email == "leyla.yeni@example.az"
    told = [message for message in mail.outbox if message.to == ["leyla@example.az"]]
    assert [message.subject for message in told] == ["Your e-mail address was changed"]


def test_wrong_code_changes_nothing(sure: Client, member: User) -> None:
    sure.post("/en/accounts/email/", {"action_add": "1", "email": "other@example.az"})
    sure.post("/en/accounts/confirm-email/", {"code": "000000000"})
    member.refresh_from_db()
    assert member.email == "leyla@example.az"


def test_a_session_left_open_is_asked_for_the_password_first(client: Client, member: User) -> None:
    client.force_login(member)
    response = client.post("/en/accounts/email/", {"action_add": "1", "email": "other@example.az"})
    assert response.headers["Location"].startswith("/en/accounts/reauthenticate/")
    assert mail.outbox == []
    # What was asked for is done once the person is known to be the member.
    client.post(response.headers["Location"], {"password": PASSWORD})
    assert mail.outbox[-1].to == ["other@example.az"]


def test_address_of_another_member_is_not_given_away(
    sure: Client, member: User, ilqar: User, code_from_mail: Code
) -> None:
    response = sure.post("/en/accounts/email/", {"action_add": "1", "email": ilqar.email})
    assert response.headers["Location"] == "/en/accounts/confirm-email/"
    # Even with the code, which only the other member can read, the address stays theirs.
    sure.post("/en/accounts/confirm-email/", {"code": code_from_mail()})
    member.refresh_from_db()
    assert member.email == "leyla@example.az"
    assert EmailAddress.objects.get(email=ilqar.email).user == ilqar
