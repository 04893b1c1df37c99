"""Signing in by an OpenID Connect provider, as far as it tells the shop who somebody is."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from pytest_django import Settings

from dostshop.accounts.models import User
from tests.accounts import oidc
from tests.accounts.conftest import PASSWORD, PREFIXES, make_member, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Settings) -> Iterator[oidc.Provider]:
    with oidc.running() as provider:
        settings.SOCIALACCOUNT_PROVIDERS = provider.settings()
        yield provider


def go_and_return(client: Client, prefix: str, *, process: str = "login") -> str:
    """To the provider, as a browser goes; the address at the shop to which the provider sends it back."""
    away = client.post(f"{prefix}/accounts/oidc/oidc/login/?process={process}").headers["Location"]
    back = urlsplit(requests.get(away, allow_redirects=False, timeout=5).headers["Location"])
    return f"{back.path}?{back.query}"


def come_back(client: Client, prefix: str, *, process: str = "login") -> str:
    """To the provider and back again; where the shop then leads."""
    return client.get(go_and_return(client, prefix, process=process)).headers["Location"]


def sign_in_just_now(client: Client, member: User) -> None:
    """So that nothing asks for the password again."""
    client.force_login(member)
    client.post("/en/accounts/reauthenticate/", {"password": PASSWORD})


@pytest.mark.parametrize("prefix", PREFIXES)
def test_verified_address_opens_an_account_at_once(client: Client, provider: oidc.Provider, prefix: str) -> None:
    provider.person = {"sub": "1", "email": "LEYLA@example.az", "email_verified": True}
    assert come_back(client, prefix) == f"{prefix}/orders/mine/"
    assert signed_in(client)
    assert User.objects.get().email == "leyla@example.az"
    assert not User.objects.get().has_usable_password()


def test_verified_address_of_a_member_signs_that_member_in(
    client: Client, provider: oidc.Provider, member: User
) -> None:
    provider.person = {"sub": "1", "email": member.email, "email_verified": True}
    come_back(client, "/en")
    assert client.session["_auth_user_id"] == str(member.pk)
    assert SocialAccount.objects.get().user == member


def test_unverified_address_of_a_member_gets_nobody_in(client: Client, provider: oidc.Provider, member: User) -> None:
    provider.person = {"sub": "1", "email": member.email, "email_verified": False}
    come_back(client, "/en")
    assert not signed_in(client)
    assert not SocialAccount.objects.exists()
    assert mail.outbox[-1].to == [member.email]
    assert mail.outbox[-1].subject == "You already have an account"


@pytest.mark.parametrize("prefix", PREFIXES)
def test_missing_address_is_asked_for_and_confirmed(client: Client, provider: oidc.Provider, prefix: str) -> None:
    provider.person = {"sub": "1"}
    asked = come_back(client, prefix)
    assert asked == f"{prefix}/accounts/3rdparty/signup/"
    page = client.get(asked)
    assert page.text.count("<h1>") == 1
    assert 'id="id_email"' in page.text
    done = client.post(asked, {"email": "new@example.az"})
    assert done.headers["Location"] == f"{prefix}/accounts/confirm-email/"
    assert not signed_in(client)
    assert mail.outbox[-1].to == ["new@example.az"]


def test_linked_account_is_named_and_removed(client: Client, provider: oidc.Provider, member: User) -> None:
    sign_in_just_now(client, member)
    provider.person = {"sub": "1", "email": "elsewhere@example.az", "email_verified": True}
    come_back(client, "/en", process="connect")
    account = SocialAccount.objects.get()
    assert "ASAN: elsewhere@example.az" in client.get("/en/accounts/3rdparty/").text

    nothing_chosen = client.post("/en/accounts/3rdparty/").text
    assert 'href="#id_account"' in nothing_chosen
    assert 'id="id_account"' in nothing_chosen
    assert "Choose which one to remove." in nothing_chosen
    assert SocialAccount.objects.exists()

    client.post("/en/accounts/3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_account_of_another_member_cannot_be_removed(client: Client, provider: oidc.Provider, member: User) -> None:
    account = SocialAccount.objects.create(user=make_member("other@example.az"), provider="oidc", uid="2")
    sign_in_just_now(client, member)
    client.post("/en/accounts/3rdparty/", {"account": account.pk})
    assert SocialAccount.objects.filter(pk=account.pk).exists()


def test_account_of_a_provider_that_the_settings_name_no_more_is_left_alone(client: Client, member: User) -> None:
    account = SocialAccount.objects.create(user=member, provider="oidc", uid="1")
    sign_in_just_now(client, member)
    assert "You sign in with your e-mail address only." in client.get("/en/accounts/3rdparty/").text
    assert client.post("/en/accounts/3rdparty/", {"account": account.pk}).status_code == 200
    assert SocialAccount.objects.exists()


def expect_said(answer: Any) -> None:
    assert answer.status_code == 401
    assert "That sign-in did not work" in answer.text


def test_provider_out_of_reach_is_said_and_nothing_breaks(client: Client, settings: Settings) -> None:
    with oidc.running() as gone:
        settings.SOCIALACCOUNT_PROVIDERS = gone.settings()
    expect_said(client.post("/en/accounts/oidc/oidc/login/?process=login"))


def test_provider_that_goes_away_while_somebody_signs_in_is_said_and_nothing_breaks(
    client: Client, settings: Settings
) -> None:
    with oidc.running() as going:
        settings.SOCIALACCOUNT_PROVIDERS = going.settings()
        back = go_and_return(client, "/en")
    expect_said(client.get(back))
    assert not signed_in(client)
