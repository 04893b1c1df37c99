"""The admin's scripts need a looser policy than the shop's; it must not leak out of the admin."""

from django.test import Client
from django.urls import reverse

LOOSE = ("'unsafe-inline'", "'unsafe-eval'")


def policy(client: Client, page: str) -> str:
    return client.get(page, follow=True).headers["Content-Security-Policy"]


def test_the_admin_allows_what_its_scripts_need_and_no_other_origin(administrator: Client) -> None:
    allowed = policy(administrator, reverse("admin:index"))
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval';" in allowed
    assert "default-src 'none'" in allowed
    assert "frame-ancestors 'none'" in allowed


def test_public_and_personal_pages_keep_the_strict_policy(client: Client, administrator: Client) -> None:
    pages = [reverse("account_email"), reverse("catalog:home"), reverse("orders:bag"), "/no-such-page/"]
    for page in pages:
        # Who is not signed in is led to the page for that.
        for visitor in (client, administrator):
            assert not any(word in policy(visitor, page) for word in LOOSE), page


def test_the_way_in_keeps_the_strict_policy(client: Client, db: None) -> None:
    assert not any(word in policy(client, reverse("admin:index")) for word in LOOSE)
