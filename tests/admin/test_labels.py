"""Printing labels from the list of products: what is asked, what is refused, and by whom it is done."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from catalog import labels
from catalog.models import Product
from dostshop.accounts.models import Role
from tests.admin.conftest import english
from tests.admin.test_rights import BRANCH, of
from tests.factories import ProductFactory, VariantFactory, piece

pytestmark = pytest.mark.django_db

PAGE = "catalog_product_labels"


def chosen(client: Client, *products: Product, **fields: Any) -> Any:
    """The list's action for these rows."""
    data = {"action": "print_labels", "_selected_action": [product.pk for product in products], **fields}
    return client.post(english("catalog_product_changelist"), data, follow=True)


def asked(client: Client, *products: Product, **fields: Any) -> Any:
    return client.get(english(PAGE), {"pieces": " ".join(product.code for product in products), **fields})


PLAIN = {"kind": "tag", "language": "en", "copies": "1"}


def test_from_the_list_to_the_sheets(administrator: Client) -> None:
    one, other = piece(name_en="Bowl").product, piece(name_en="Jug").product
    page = chosen(administrator, one, other)
    assert page.redirect_chain[0][0].startswith(english(PAGE))
    form = page.context["form"]
    assert {name: form[name].value() for name in PLAIN} == {"kind": "tag", "language": "en", "copies": 1}
    assert "2 labels" in page.content.decode()

    sheets = administrator.get(english(PAGE), {"pieces": form["pieces"].value(), **PLAIN, "copies": "2"})
    assert sheets["Content-Type"] == "application/pdf"
    assert "DOST-tag-en.pdf" in sheets["Content-Disposition"]
    [sheet] = PdfReader(BytesIO(sheets.content)).pages
    assert [sheet.extract_text().count(name) for name in ("Bowl", "Jug")] == [2, 2]


def test_what_is_not_in_the_shop_is_told_by_name(administrator: Client) -> None:
    draft = ProductFactory.create(name_en="Kilim", state=Product.State.DRAFT, published_at=None)
    page = chosen(administrator, piece(name_en="Bowl").product, draft).content.decode()
    assert f"Not in the shop, so a code would lead nowhere: Kilim ({draft.code})." in page
    assert "Bowl" not in page
    assert asked(administrator, draft, **PLAIN)["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "poster"}, "kind"),
        ({"language": "tr"}, "language"),
        ({"copies": "0"}, "copies"),
        ({"copies": "51"}, "copies"),
        ({"copies": "two"}, "copies"),
        ({"copies": ""}, "copies"),
    ],
)
def test_bad_answers_are_asked_again(administrator: Client, fields: dict[str, str], told: str) -> None:
    answer = asked(administrator, piece().product, **{**PLAIN, **fields})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [told]
    assert ("Type a number from 1 to 50." in answer.content.decode()) is (told == "copies")


def test_no_more_than_one_document_holds(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MOST", 4)
    products = [piece().product for _number in range(2)]
    VariantFactory.create(product=products[0], option="böyük")
    page = asked(administrator, *products, **{**PLAIN, "copies": "2"}).content.decode()
    assert "That would be 6 labels. One document has at most 4." in page
    products += [piece().product for _number in range(3)]
    assert "Choose at most 4 products." in chosen(administrator, *products, select_across="1").content.decode()
    assert asked(administrator, *products).status_code == 404


def test_an_address_of_most_products_is_not_too_long(administrator: Client) -> None:
    """A server takes a first line of 4,094 letters."""
    address = f"{english(PAGE)}?pieces={'+'.join(['AAAAAA'] * labels.MOST)}&kind=shelf&language=az&copies=1"
    assert len(f"GET {address} HTTP/1.1") < 4000


@pytest.mark.parametrize("pieces", ["", "NOTHIN", "1", "\x00"])
def test_nothing_that_is_there_is_not_found(administrator: Client, pieces: str) -> None:
    assert administrator.get(english(PAGE), {"pieces": pieces}).status_code == 404
    assert administrator.get(english(PAGE)).status_code == 404


def test_labels_are_for_whoever_sees_the_products() -> None:
    product = piece().product
    for role in Role:
        may = role != Role.INSTRUCTOR
        assert (asked(of(role), product, **PLAIN).status_code == 200) is may, role
    assert asked(of(BRANCH, "barda"), product, **PLAIN).status_code == 404
    assert asked(Client(), product, **PLAIN).status_code == 302


def test_the_page_asks_the_database_as_often_for_many(
    administrator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    products = [piece().product for _number in range(3)]
    # The session, the user, how many were found, who is shown, the products, the variants.
    for fields in ({}, PLAIN):
        with django_assert_num_queries(6):
            asked(administrator, *products, **fields)
