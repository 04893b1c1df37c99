"""What a shopper has typed at the checkout, kept while they sign in.

It lies in a session of its own, so that it ends when the pieces would be free again, and not with the
shopper's session, which lasts for weeks.
"""

from collections.abc import Mapping

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from orders import stock

_LONGEST = 1000


def keep(typed: Mapping[str, str]) -> str:
    """Keeps it for as long as a hold lasts; returns the key to it."""
    store = SessionStore()
    store["typed"] = {name: text[:_LONGEST] for name, text in typed.items()}
    store.set_expiry(timezone.now() + stock.HOLD_TIME)
    store.create()
    assert store.session_key is not None  # noqa: S101 — create() makes one
    return store.session_key


def kept(key: str) -> dict[str, str]:
    """Nothing where there is no such key any more."""
    typed: dict[str, str] = SessionStore(key).get("typed", {})
    return typed


def forget(key: str) -> None:
    if key:
        SessionStore().delete(key)


def forget_expired() -> None:
    """And with it every other session whose time is over."""
    SessionStore.clear_expired()
