"""What the shop's own templates say where Unfold's would say it worse."""

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
