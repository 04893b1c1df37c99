"""The information page “Delivery”: the staff's text, and prices, times and branches as the database has them."""

import re
from datetime import time
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import resolve, reverse
from django.utils import translation

from artisans.models import Branch, OpeningHours
from dostshop.accounts.models import Role
from dostshop.pages import views as pages
from dostshop.pages.models import Page
from orders.models import DeliveryMethod, DeliveryRate
from orders.views import delivery
from tests.admin.conftest import english, signed_in, staff
from tests.factories import BranchFactory, UserFactory, delivery_method

pytestmark = pytest.mark.django_db

migration = import_module("dostshop.pages.migrations.0003_delivery_prices")


@pytest.fixture
def methods() -> list[DeliveryMethod]:
    baku = delivery_method(
        name_az="Bakı", name_ru="Баку", name_en="Baku", price="4.00", up_to_weight_g=1000, days_max=2
    )
    DeliveryRate.objects.create(method=baku, up_to_weight_g=12_000, price=Decimal("9.50"))
    regions = delivery_method(name_az="Bölgələr", name_ru="Районы", name_en="Regions", up_to_weight_g=5000)
    europe = delivery_method(
        name_az="Avropa",
        name_ru="Европа",
        name_en="Europe",
        countries=["FR", "DE"],
        price="29.00",
        days_max=14,
        fragile_surcharge="2.50",
    )
    world = delivery_method(name_az="Dünya", name_ru="Мир", name_en="The world", countries=[], price="36.00")
    delivery_method(name_az="Bağlı", name_ru="Закрыто", name_en="Closed", price="77.00", is_active=False)
    return [baku, regions, europe, world]


def write(**bodies: str) -> None:
    """Into the page, by column."""
    Page.objects.filter(slug="delivery").update(**bodies)


def page_of(client: Client, prefix: str = "/en") -> str:
    return " ".join(client.get(f"{prefix}/info/delivery/").content.decode().split())


def cells(page: str) -> list[list[str]]:
    """The rows of both tables as a person reads them."""
    rows = re.findall(r"<tr>(.*?)</tr>", page)
    return [
        [" ".join(re.sub("<[^>]+>", " ", cell).split()) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in rows
    ]


def test_each_region_and_zone_has_its_prices_by_weight(client: Client, methods: list[DeliveryMethod]) -> None:
    assert cells(page_of(client)) == [
        ["up to 1 kg", "up to 5 kg", "up to 12 kg"],
        ["Baku 1–2 working days"],
        ["4,00 ₼ manat", "9,50 ₼ manat", "9,50 ₼ manat"],
        ["Regions 1–5 working days"],
        ["5,00 ₼ manat", "5,00 ₼ manat", "– not sent"],
        ["up to 5 kg"],
        ["Europe 1–14 working days For each fragile piece 2,50 ₼ more"],
        ["29,00 ₼ manat"],
        ["The world 1–5 working days"],
        ["36,00 ₼ manat"],
    ]


@pytest.mark.usefixtures("new_shop")
def test_a_shop_that_delivers_nothing_promises_nothing(client: Client) -> None:
    neither = "At the moment we neither send pieces nor hand them over at a branch."
    page = page_of(client)
    assert neither in page
    assert "free of charge" not in page
    assert "anywhere in Azerbaijan" not in page

    delivery_method()
    assert neither not in page_of(client)


def test_what_staff_change_is_there_at_once(client: Client, methods: list[DeliveryMethod]) -> None:
    DeliveryRate.objects.filter(price=Decimal("9.50")).update(price=Decimal("0.00"))
    DeliveryMethod.objects.filter(pk=methods[1].pk).update(is_active=False)
    page = page_of(client)

    assert cells(page)[2] == ["4,00 ₼ manat", "free"]
    assert "Regions" not in page


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", "Avropa Almaniya, Fransa Dünya bütün başqa ölkələr"),
        ("/ru", "Европа Германия, Франция Мир все остальные страны"),
        ("/en", "Europe France, Germany The world all other countries"),
    ],
)
def test_the_countries_of_a_zone_are_named(
    client: Client, methods: list[DeliveryMethod], prefix: str, expected: str
) -> None:
    [zones] = re.findall(r"<details.*?</summary>(.*?)</details>", page_of(client, prefix))

    assert " ".join(re.sub("<[^>]+>", " ", zones).split()) == expected


def test_it_says_where_an_order_can_be_picked_up(client: Client) -> None:
    barda = Branch.objects.get(slug="barda")
    OpeningHours.objects.create(branch=barda, weekday=1, opens=time(9), closes=time(18))
    Branch.objects.filter(slug="baku").update(offers_pickup=False)
    page = page_of(client)
    [section] = re.findall(r'<section[^>]*aria-labelledby="pickup">(.*?)</section>', page)

    assert 'href="/en/branches/barda/"' in section
    assert "Sınaq küçəsi 1" in section
    assert "09:00–18:00" in section
    assert "/branches/baku/" not in section

    Branch.objects.update(offers_pickup=False)
    assert 'aria-labelledby="pickup"' not in page_of(client)


def test_the_staffs_text_stands_around_the_prices(client: Client, methods: list[DeliveryMethod]) -> None:
    write(body_en="Before them.\n\n## After\n\nBehind them.")
    page = page_of(client)
    assert page.index("Before them.") < page.index('id="prices"') < page.index("<h2>After</h2>")

    write(body_en="## Only this")
    page = page_of(client)
    assert page.index('id="prices"') < page.index("<h2>Only this</h2>")

    write(body_en="Only words.")
    assert page_of(client).index("Only words.") < page_of(client).index('id="prices"')


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_address_of_the_information_page_is_that_of_the_prices(language: str) -> None:
    with translation.override(language):
        assert resolve(reverse("pages:page", args=["delivery"])).func is delivery.page
        assert resolve(reverse("pages:page", args=["returns"])).func is pages.page


def test_without_prices_there_is_no_table(client: Client) -> None:
    assert "<table" not in page_of(client)


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_the_page_is_the_same_for_everyone_and_sets_no_cookie(
    client: Client, methods: list[DeliveryMethod], prefix: str
) -> None:
    address = f"{prefix}/info/delivery/"
    response = client.get(address)
    people = [UserFactory.create(), UserFactory.create(is_staff=True, is_superuser=True)]
    people += [staff(role, branch=BranchFactory.create()) for role in (Role.INSTRUCTOR, Role.BRANCH_STAFF)]

    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")
    assert response.headers["Cache-Control"] == "public, max-age=0, s-maxage=60"
    for person in people:
        assert signed_in(person).get(address).content == response.content
    assert client.post(address).status_code == 405
    for language in ("az", "ru", "en"):
        with translation.override(language):
            assert f'hreflang="{language}" href="http://localhost:8000{Page(slug="delivery").get_absolute_url()}"' in (
                response.content.decode()
            )


def test_queries_do_not_grow_with_the_prices(
    client: Client, methods: list[DeliveryMethod], django_assert_num_queries: Any
) -> None:
    delivery_method(countries=["GE"])
    with django_assert_num_queries(4):
        client.get("/info/delivery/")


def test_centre_staff_set_the_prices_and_others_do_not(client: Client, methods: list[DeliveryMethod]) -> None:
    change = english("orders_deliverymethod_change", methods[0].pk)
    rights = ("view_deliverymethod", "change_deliverymethod")

    assert signed_in(staff(Role.CENTRE_STAFF, *rights)).get(change).status_code == 200
    assert signed_in(staff(Role.BRANCH_STAFF, branch=BranchFactory.create())).get(change).status_code == 403
    assert client.get(change).status_code == 302


def test_a_text_that_staff_changed_stays_theirs() -> None:
    page = Page.objects.get(slug="delivery")
    new = {language: getattr(page, f"body_{language}") for language in ("az", "ru", "en")}
    migration.use_old_text(apps, None)
    page.refresh_from_db()
    assert all(getattr(page, f"body_{language}") != text for language, text in new.items())

    write(body_ru="Свой текст.")
    migration.use_new_text(apps, None)
    page.refresh_from_db()
    assert [getattr(page, f"body_{language}") for language in new] == [new["az"], "Свой текст.", new["en"]]
