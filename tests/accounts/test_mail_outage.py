"""No mail server: the visitor is told, and no page breaks."""

import pytest
from django.test import Client
from pytest_django import Settings

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_listens(settings: Settings) -> None:
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 2},
        }
    }


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("login/code/", {"email": "leyla@example.az"}),
        ("password/reset/", {"email": "leyla@example.az"}),
        ("signup/", {"email": "new@example.az", "password1": PASSWORD}),
    ],
)
def test_it_is_said_in_a_sentence(client: Client, member: User, address: str, data: dict[str, str]) -> None:
    response = client.post(f"/en/accounts/{address}", data, follow=True)
    assert response.status_code == 200
    assert "Our mail server does not answer at the moment" in response.content.decode()
