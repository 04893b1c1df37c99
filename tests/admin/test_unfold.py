"""What the shop's own templates say where Unfold's would say it worse."""

import re

import pytest
from django.test import Client

from dostshop.accounts.models import Role
from tests.admin.conftest import english, signed_in, staff
from tests.factories import order_of, piece


@pytest.mark.parametrize(("address", "said"), [("/", "2 nəticə"), ("/ru/", "2 результата"), ("/en/", "2 results")])
def test_a_list_counts_as_its_language_does(administrator: Client, address: str, said: str) -> None:
    variant = piece(on_hand=2)
    order_of(variant)
    order_of(variant)
    assert said in administrator.get(f"{address}admin/orders/order/").content.decode()


def label(page: str, text: str) -> str:
    """The classes of the label that says this in the one row of the list."""
    [row] = re.findall(r"<tbody.*?</tbody>", page, re.DOTALL)
    [classes] = re.findall(rf'<[a-z]+[^<>]*class="([^"]*)"[^<>]*>\s*{re.escape(text)}\s*<', row)
    return str(classes)


@pytest.mark.parametrize(
    ("address", "waiting", "published"),
    [
        ("/", "ödəniş gözlənilir", "dərc olunub"),
        ("/ru/", "ждёт оплаты", "опубликовано"),
        ("/en/", "awaiting payment", "published"),
    ],
)
def test_states_have_their_colours_in_every_language(
    administrator: Client, address: str, waiting: str, published: str
) -> None:
    variant = piece()
    order_of(variant)
    orders = administrator.get(f"{address}admin/orders/order/").content.decode()
    assert "bg-orange-100" in label(orders, waiting)
    products = administrator.get(f"{address}admin/catalog/product/").content.decode()
    assert "bg-green-100" in label(products, published)


def test_a_product_is_archived_and_not_deleted(administrator: Client) -> None:
    product = piece().product
    assert administrator.post(english("catalog_product_delete", product.pk), {"post": "yes"}).status_code == 403
    product.refresh_from_db()


def test_the_first_page_lists_what_this_person_may_open(administrator: Client) -> None:
    orders, users = english("orders_order_changelist"), english("accounts_user_changelist")
    shown = administrator.get(english("index")).content.decode()
    assert f'href="{orders}"' in shown
    assert f'href="{users}"' in shown
    page = signed_in(staff(Role.CENTRE_STAFF, "view_order")).get(english("index"))
    shown = page.content.decode()
    assert f'href="{orders}"' in shown
    assert f'href="{users}"' not in shown


def test_signing_out_leads_back_to_the_shop(administrator: Client) -> None:
    assert administrator.post(english("logout")).headers["Location"] == "/en/"
    assert administrator.get(english("index")).status_code == 302
