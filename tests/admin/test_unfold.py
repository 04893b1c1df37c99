"""What the shop's own templates say where Unfold's would say it worse."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dostshop.accounts.models import Role
from orders import stock
from orders.models import Hold, Order
from tests.admin.conftest import english, signed_in, staff
from tests.factories import bag_with, order_of, piece


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


@pytest.mark.parametrize("status", Order.Status)
def test_every_state_of_an_order_has_its_word(administrator: Client, status: Order.Status) -> None:
    order = order_of(piece())
    Order.objects.update(status=status)
    shown = administrator.get("/admin/orders/order/").content.decode()
    row = next(row for row in shown.split("<tr") if order.code in row)
    assert re.search(rf"<span class[^>]*>\s*{status.label}\s*</span>", row)
    assert not re.search(rf">\s*{status.value}\s*<", row)


def test_an_order_is_found_by_its_phone_as_people_say_it(administrator: Client) -> None:
    ours, other = order_of(piece(), phone="+994501234567"), order_of(piece(), phone="+995555123456")
    said = ["0501234567", "050 123 45 67", "(050) 123-45-67", "+994 50 123 45 67", "00994501234567", "45 67"]
    for term in said:
        shown = administrator.get(english("orders_order_changelist"), {"q": term}).content.decode()
        assert ours.code in shown, term
        assert other.code not in shown, term
    shown = administrator.get(english("orders_order_changelist"), {"q": "555 12 34 56"}).content.decode()
    assert other.code in shown
    assert ours.code not in shown


def test_the_state_and_the_next_step_of_an_order_come_first(administrator: Client) -> None:
    order_of(piece())
    shown = administrator.get(english("orders_order_changelist")).content.decode()
    columns = re.findall(r'class="[^"]*\bcolumn-(\w+)', shown)
    assert columns[:4] == ["code", "status_shown", "next_step", "name"]


def test_holds_open_with_what_is_held_now(administrator: Client) -> None:
    held, over = piece(name_en="Held bowl"), piece(name_en="Free bowl")
    stock.hold(bag_with(held))
    stock.hold(bag_with(over))
    Hold.objects.filter(variant=over).update(expires_at=timezone.now() - timedelta(minutes=1))
    list_of_holds = english("orders_hold_changelist")
    for asked, names in {"": {"Held bowl"}, "over": {"Free bowl"}, "all": {"Held bowl", "Free bowl"}}.items():
        shown = administrator.get(list_of_holds, {"hold": asked} if asked else {}).content.decode()
        assert set(re.findall("Held bowl|Free bowl", shown)) == names


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
