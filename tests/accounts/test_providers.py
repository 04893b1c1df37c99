"""Signing in with Google or an OpenID Connect provider: there when the settings name one, else not."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tests.accounts.conftest import PREFIXES

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent.parent

ENVIRONMENT = {
    "GOOGLE_CLIENT_ID": "google-client",
    "GOOGLE_CLIENT_SECRET": "google-secret",
    "OIDC_SERVER_URL": "https://id.example.az/realms/dost",
    "OIDC_NAME": "ASAN",
    "OIDC_CLIENT_ID": "oidc-client",
    "OIDC_CLIENT_SECRET": "oidc-secret",
}
OIDC_CONFIGURATION = {
    "authorization_endpoint": "https://id.example.az/realms/dost/auth",
    "token_endpoint": "https://id.example.az/realms/dost/token",
    "userinfo_endpoint": "https://id.example.az/realms/dost/userinfo",
}


def settings_from(environment: dict[str, str]) -> dict[str, Any]:
    """The two settings that follow from the environment, as a fresh process reads them."""
    script = (
        "import json; from tests import settings;"
        "print(json.dumps([settings.SOCIALACCOUNT_PROVIDERS, settings.SECURE_CSP['form-action']]))"
    )
    plain = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=plain | environment, check=True, capture_output=True, text=True
    )
    providers, form_action = json.loads(done.stdout)
    return {"providers": providers, "form_action": form_action}


@pytest.fixture(scope="module")
def both() -> dict[str, Any]:
    return settings_from(ENVIRONMENT)


@pytest.fixture
def providers(settings: Settings, both: dict[str, Any]) -> Iterator[None]:
    settings.SOCIALACCOUNT_PROVIDERS = both["providers"]
    with mock.patch(
        "allauth.socialaccount.providers.openid_connect.views.OpenIDConnectOAuth2Adapter.openid_config",
        OIDC_CONFIGURATION,
    ):
        yield


def test_without_settings_there_are_none() -> None:
    read = settings_from({})
    assert read["providers"] == {}
    assert not any("google" in origin for origin in read["form_action"])


def test_browser_may_follow_the_form_to_them(both: dict[str, Any]) -> None:
    assert {"https://accounts.google.com", "https://id.example.az"} <= set(both["form_action"])


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", ["login", "signup"])
def test_buttons_are_absent_without_settings(client: Client, prefix: str, path: str) -> None:
    text = client.get(f"{prefix}/accounts/{path}/").text
    assert "google" not in text
    assert "oidc" not in text


@pytest.mark.usefixtures("providers")
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", ["login", "signup"])
def test_buttons_are_there_with_settings(client: Client, prefix: str, path: str) -> None:
    text = client.get(f"{prefix}/accounts/{path}/").text
    assert f'action="{prefix}/accounts/google/login/' in text
    assert f'action="{prefix}/accounts/oidc/oidc/login/' in text
    assert "ASAN" in text


@pytest.mark.usefixtures("providers")
@pytest.mark.parametrize(
    ("address", "provider_page", "client_id"),
    [
        ("/en/accounts/google/login/?process=login", "https://accounts.google.com/o/oauth2/v2/auth", "google-client"),
        ("/en/accounts/oidc/oidc/login/?process=login", OIDC_CONFIGURATION["authorization_endpoint"], "oidc-client"),
    ],
)
def test_button_leads_to_the_provider_as_this_shop(
    client: Client, address: str, provider_page: str, client_id: str
) -> None:
    location = client.post(address).headers["Location"]
    assert location.split("?")[0] == provider_page
    sent = parse_qs(urlsplit(location).query)
    assert sent["client_id"] == [client_id]
    assert urlsplit(sent["redirect_uri"][0]).path.startswith("/en/accounts/")
    assert "email" in sent["scope"][0].split()


@pytest.mark.usefixtures("providers")
def test_provider_that_does_not_know_the_shopper_any_more_gets_a_page(client: Client) -> None:
    response = client.get("/en/accounts/google/login/callback/?error=access_denied&state=forged")
    assert response.status_code in {200, 401}
    assert "<h1>" in response.text
