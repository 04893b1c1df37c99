"""What every test of accounts may use."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from dostshop.accounts.models import User

PASSWORD = "dağ-çiçəyi-42"
PREFIXES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> Iterator[None]:
    """Limits are counted in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def member(db: None) -> User:
    return make_member("leyla@example.az")


@pytest.fixture
def ilqar(db: None) -> User:
    return make_member("ilqar@example.az")


@pytest.fixture
def code_from_mail() -> Callable[[], str]:
    """The code in the newest mail."""

    def newest() -> str:
        body = str(mail.outbox[-1].body)
        found = re.search(r"\d{3}-\d{3}-\d{3}", body)
        assert found, body
        return found[0]

    return newest


def make_member(email: str, *, password: str | None = PASSWORD) -> User:
    user = User.objects.create_user(email, password)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def newest_html() -> str:
    """The newest mail as a mail program shows it."""
    message = mail.outbox[-1]
    assert isinstance(message, mail.EmailMultiAlternatives)
    return str(message.alternatives[0][0])


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@contextmanager
def at_minute(minutes: int) -> Iterator[None]:
    """So many minutes from now, by allauth's clock."""
    later = time.time() + minutes * 60
    with mock.patch("time.time", return_value=later):
        yield
