"""Signing in on the way from the bag to an order: nothing typed and nothing held is lost."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from dostshop.accounts.models import User
from orders import expiry, stock
from orders.models import Hold, Order
from tests.factories import UserFactory, delivery_method, piece
from tests.orders.test_checkout_pages import PICKUP, enter, hidden

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, typed: dict[str, Any]) -> Any:
    """From the checkout to the sign-in page, and through it."""
    to_sign_in = client.post("/en/checkout/sign-in/", typed)
    assert to_sign_in.url == "/en/accounts/login/?next=%2Fen%2Fcheckout%2F"  # type: ignore[attr-defined]
    form = {"login": email, "password": "a long password", "next": "/en/checkout/"}
    return client.post("/en/accounts/login/", form, follow=True)


def member_to_sign_in() -> User:
    user: User = UserFactory.create(email="aynur@example.com", name="Aynur Əliyeva")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_signing_in_on_the_way_loses_nothing(client: Client) -> None:
    user = member_to_sign_in()
    method = delivery_method()
    variant = piece()
    enter(client, variant, prefix="/en")
    typed = {**PICKUP, "delivery": f"post-{method.pk}", "name": "", "city": "Gəncə", "gift_note": "Bir söz"}
    response = sign_in(client, user.email, typed)
    assert response.redirect_chain[-1][0] == "/en/checkout/"
    page = response.content.decode()
    for kept in ("leyla@example.com", "050 123 45 67", "Gəncə", "Bir söz", "Aynur Əliyeva"):
        assert kept in page
    assert re.search(rf'value="post-{method.pk}"[^>]*checked', page)
    held = Hold.objects.live().get()
    assert (held.variant, held.bag.user) == (variant, user)
    client.post("/en/checkout/", {**hidden(page), **PICKUP})
    assert Order.objects.get().user == user
    enter(client, piece(), prefix="/en")
    assert "Bir söz" not in client.get("/en/checkout/").content.decode()


def test_what_was_typed_before_signing_in_is_kept_no_longer_than_the_pieces(client: Client) -> None:
    user = member_to_sign_in()
    enter(client, piece(), prefix="/en")
    client.post("/en/checkout/sign-in/", {**PICKUP, "gift_note": "Bir söz"})
    is_kept = Session.objects.exclude(pk=client.session.session_key)
    assert is_kept.get().expire_date <= timezone.now() + stock.HOLD_TIME
    is_kept.update(expire_date=timezone.now() - timedelta(seconds=1))
    client.force_login(user)
    enter(client, piece(), prefix="/en")
    assert "Bir söz" not in client.get("/en/checkout/").content.decode()
    expiry.expire(timestamp=0)
    assert not is_kept.filter(expire_date__lt=timezone.now()).exists()


def test_signing_in_takes_a_bag_and_leaves_nothing_without_one(client: Client) -> None:
    assert client.post("/checkout/sign-in/", PICKUP).url == "/bag/"  # type: ignore[attr-defined]
    assert client.get("/checkout/sign-in/").status_code == 405
    assert not Session.objects.exists()
