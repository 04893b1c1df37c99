"""What search engines are told."""

import re

import pytest
from django.test import Client

from tests.factories import ArtisanFactory, piece

pytestmark = pytest.mark.django_db


def test_the_sitemap_names_every_public_page_in_every_language(client: Client) -> None:
    product = piece(slug="bowl").product
    piece(slug="secret", state="draft")
    ArtisanFactory.create(slug="nar")
    ArtisanFactory.create(slug="hidden", is_public=False)

    index = client.get("/sitemap.xml").content.decode()
    sections = re.findall(r"<loc>http://testserver(/sitemap-\w+\.xml)</loc>", index)
    pages = "".join(client.get(section).content.decode() for section in sections)

    path = f"/pieces/bowl-{product.code.lower()}/"
    for address in (
        "/",
        "/ru/",
        "/en/pieces/",
        path,
        f"/ru{path}",
        f"/en{path}",
        "/artisans/nar/",
        "/en/branches/baku/",
    ):
        assert f"<loc>http://testserver{address}</loc>" in pages
    assert f'hreflang="ru" href="http://testserver/ru{path}"' in pages
    assert f'hreflang="x-default" href="http://testserver{path}"' in pages
    assert "secret" not in pages
    assert "hidden" not in pages


def test_every_address_of_the_sitemap_opens(client: Client) -> None:
    piece()
    addresses = [
        address
        for section in ("start", "pieces", "rest")
        for address in re.findall(r"<loc>http://testserver([^<]*)</loc>", client.get(f"/sitemap-{section}.xml").text)
    ]

    assert len(addresses) > 20
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_robots_are_kept_out_of_what_is_personal(client: Client) -> None:
    response = client.get("/robots.txt")

    assert response.headers["Content-Type"] == "text/plain"
    assert "Disallow: /ru/checkout/" in response.text
    assert "Disallow: /pieces" not in response.text
    assert "Sitemap: http://localhost:8000/sitemap.xml" in response.text
