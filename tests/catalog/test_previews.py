"""The page of a piece that is not in the shop yet, for whoever has the link: what it shows, and when it ends."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans.models import Artisan, Consent, Scope
from catalog import previews, publishing
from catalog.models import Product
from dostshop.accounts.models import Role, User
from orders import stock
from tests.admin.conftest import english, signed_in
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.catalog.test_makers_shown import main_of
from tests.catalog.test_studio_rights import member
from tests.factories import (
    ArtisanFactory,
    PhotoFactory,
    UserFactory,
    VariantFactory,
    consent,
    made_by,
    piece,
    worker,
)

pytestmark = pytest.mark.django_db

State = Product.State
HOST = "http://localhost:8000"


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(display_name_en="Nar", agreed=())
    consent(artisan, Scope.NAME, Scope.FACE)
    return artisan


@pytest.fixture
def product(maker: Artisan) -> Product:
    """With all that publishing needs."""
    made = piece(state=State.APPROVED, published_at=None).product
    PhotoFactory.create(product=made)
    PhotoFactory.create(product=made, shows_person=True, alt_en="At the wheel").people.add(maker)
    made_by(made, maker)
    return made


def link_to(product: Product, language: str = "en") -> str:
    with translation.override(language):
        address = previews.address(Product.objects.get(pk=product.pk))
    assert address.startswith(HOST)
    return address.removeprefix(HOST)


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def without_notice(page: str) -> str:
    """As much as is the same on the product's page."""
    main = main_of(page)
    main = re.sub(r'<p class="notice">\s*<b>This is how.*?</p>', "", main, flags=re.DOTALL)
    main = re.sub(r"<form.*?>|</?fieldset.*?>|</form>", "", main)
    return " ".join(main.split())


def test_a_preview_is_the_page_as_it_will_be_but_for_buying(client: Client, product: Product) -> None:
    link = link_to(product)
    page = text(client, link)
    assert "This is how the page will look." in page
    for shown in ("<h1>Turquoise bowl</h1>", ">Nar<", 'alt="At the wheel"', "38,00", "Where your manat goes"):
        assert shown in page
    assert "<fieldset" in page
    assert "/bag/add/" not in page
    publishing.publish(product.pk)
    shop = text(client, client.get(link).headers["Location"])
    assert without_notice(page) == without_notice(shop)
    assert "/bag/add/" in shop


def test_no_cache_keeps_it_and_no_search_engine_learns_of_it(client: Client, product: Product) -> None:
    for address in (link_to(product), link_to(product, "az")):
        response = client.get(address)
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert not response.cookies
        page = response.content.decode()
        assert '<meta name="robots" content="noindex">' in page
        for told in ('rel="canonical"', "og:", "application/ld+json", "hreflang="):
            assert told not in page.split("</head>")[0]
    sitemap = client.get("/sitemap-pieces.xml").content.decode()
    assert "preview" not in sitemap
    assert product.code.lower() not in sitemap


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_one_link_opens_in_every_language(client: Client, product: Product, prefix: str) -> None:
    link = link_to(product, "az")
    name = {"": "Firuzəyi badyə", "/ru": "Бирюзовая чаша", "/en": "Turquoise bowl"}[prefix]
    assert f"<h1>{name}</h1>" in text(client, prefix + link)
    page = text(client, link)
    assert f'href="{prefix}{link}"' in page or prefix == ""


def test_a_page_is_a_number_of_queries(
    client: Client, product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    piece(craft=product.craft)
    link = link_to(product)
    with django_assert_num_queries(9):
        client.get(link)


@pytest.mark.parametrize("scope", [Scope.NAME, Scope.FACE])
def test_it_shows_of_makers_what_the_shop_would(client: Client, product: Product, scope: Scope) -> None:
    link = link_to(product)
    told = {Scope.NAME: ">Nar<", Scope.FACE: "At the wheel"}
    Consent.objects.filter(scope=scope).update(withdrawn_at=timezone.now())
    page = text(client, link)
    assert {each for each in told if told[each] in page} == set(told) - {scope}


@pytest.mark.parametrize("shows_person", [True, None])
def test_a_photo_that_the_shop_would_not_show_is_not_shown(
    client: Client, product: Product, *, shows_person: bool | None
) -> None:
    PhotoFactory.create(product=product, shows_person=shows_person, alt_en="Somebody else")
    assert "Somebody else" not in text(client, link_to(product))


@pytest.mark.parametrize("step", [publishing.take_back, publishing.archive])
def test_a_link_ends_with_what_it_was_made_for(client: Client, product: Product, step: Callable[..., None]) -> None:
    link = link_to(product)
    step(product.pk, actor=UserFactory.create())
    response = client.get(link)
    assert response.status_code == 410
    page = response.content.decode()
    assert "This link does not work any more" in page
    assert "Turquoise" not in page
    if step is publishing.take_back:
        assert client.get(link_to(product)).status_code == 200
    else:
        product.refresh_from_db()
        assert previews.address(product) == ""


def test_a_link_leads_into_the_shop_and_does_not_outlive_that(client: Client, product: Product) -> None:
    link = link_to(product)
    publishing.publish(product.pk)
    product.refresh_from_db()
    assert previews.address(product) == ""
    response = client.get(link)
    with translation.override("en"):
        assert (response.status_code, response.headers["Location"]) == (302, product.get_absolute_url())
    assert "no-store" in response.headers["Cache-Control"]
    publishing.take_back(product.pk)
    assert client.get(link).status_code == 410


def test_what_is_to_come_is_shown_with_its_day(client: Client, product: Product) -> None:
    link = link_to(product)
    publishing.publish(product.pk, actor=worker(), at=timezone.now() + timedelta(days=2))
    day = timezone.localtime() + timedelta(days=2)
    assert f"It is in the shop from {day.day} {day:%B %Y}" in text(client, link)


@pytest.mark.parametrize(("days", "status"), [(6.9, 200), (7.1, 410)])
def test_a_link_works_for_a_week(
    client: Client, product: Product, monkeypatch: pytest.MonkeyPatch, days: float, status: int
) -> None:
    with monkeypatch.context() as then:
        now = time.time()
        then.setattr(time, "time", lambda: now - days * 86_400)
        link = link_to(product)
    assert client.get(link).status_code == status


@pytest.mark.parametrize(
    "token", ["x", "ABCD.0", "ABCD.0:1a:sig", "ABCD.0:1a:%00", "..:::", "%F0%9F%8F%BA:1:2", "a" * 3000]
)
def test_a_link_that_nobody_gave_is_not_found(client: Client, product: Product, token: str) -> None:
    assert client.get(f"/en/preview/{token}/").status_code == 404


def test_a_link_cannot_be_changed_to_show_another_piece(client: Client, product: Product) -> None:
    other = piece(state=State.DRAFT).product
    assert client.get(link_to(product).replace(product.code, other.code)).status_code == 404
    link = link_to(product)
    Product.objects.filter(pk=product.pk).update(code="ZZZZ")
    assert client.get(link).status_code == 404


def test_nothing_is_written_or_sent_there(client: Client, product: Product) -> None:
    for method in (client.post, client.put, client.delete):
        assert method(link_to(product)).status_code == 405


def test_a_bare_draft_can_be_looked_at(client: Client) -> None:
    bare: Any = {"name_az": None, "name_ru": None, "name_en": None, "description_az": "", "weight_g": 0}
    product = VariantFactory.create(product__state=State.DRAFT, product__published_at=None, **prefixed(bare)).product
    product.variants.all().delete()
    page = text(client, link_to(product))
    assert f"<h1>{product.craft.name} {product.code}</h1>" in page
    assert "Sold" not in main_of(page)


def prefixed(fields: dict[str, Any]) -> dict[str, Any]:
    return {f"product__{name}": value for name, value in fields.items()}


def test_an_empty_shelf_is_told(client: Client, product: Product) -> None:
    told = "none on the shelf"
    assert told not in text(client, link_to(product))
    stock.write_off(product.variants.get().pk, quantity=1)
    page = text(client, link_to(product))
    assert told in page
    assert "Add to the bag" in page


def links_in(page: str) -> set[str]:
    return set(re.findall(rf'(?:href|value)="{HOST}(/[^"]*preview/[^"]*)"', page))


def test_the_studio_and_the_admin_give_a_link_that_opens_for_everybody(client: Client, product: Product) -> None:
    instructor: User = member(Role.INSTRUCTOR, "baku")
    for reader, address in (
        (signed_in(instructor), f"/en/studio/{product.code.lower()}/"),
        (of(CENTRE), english("catalog_product_change", product.pk)),
        (of(BRANCH), english("catalog_product_change", product.pk)),
    ):
        links = links_in(text(reader, address))
        assert links
        assert all("<h1>Turquoise bowl</h1>" in text(client, link) for link in links)
    publishing.publish(product.pk)
    for reader, address in (
        (signed_in(instructor), f"/en/studio/{product.code.lower()}/"),
        (of(CENTRE), english("catalog_product_change", product.pk)),
    ):
        page = text(reader, address)
        assert links_in(page) == set()
        with translation.override("en"):
            assert f'href="{product.get_absolute_url()}"' in page


def test_what_was_archived_before_it_had_a_name_has_no_page(product: Product) -> None:
    archived: dict[str, Any] = {"state": State.ARCHIVED, "name_az": None, "slug": ""}
    Product.objects.update(**archived)
    assert text(of(CENTRE), english("catalog_product_change", product.pk))
