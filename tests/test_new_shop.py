"""The shop as it stands right after ``migrate``: no branch hands over, nothing is sent, and every page says so."""

import re

import pytest
from django.test import Client

from orders.models import DeliveryMethod, Hold
from tests.factories import BranchFactory, piece

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_shop")]


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_has_three_branches_and_no_delivery() -> None:
    branch = BranchFactory.create()

    assert set(branch.lacks_for_pickup) == {"address_az", "phone"}
    assert not branch.offers_pickup
    assert not DeliveryMethod.objects.exists()


def test_the_home_page_leaves_out_addresses_that_are_not_known(client: Client) -> None:
    piece()
    page = text(client, "/en/")

    [section] = re.findall(r'<section[^>]*aria-labelledby="branches">(.*?)</section>', page)
    assert section.count("<li ") == 3
    assert "card__note" not in section


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_from_the_product_to_the_checkout(client: Client, prefix: str) -> None:
    variant = piece()
    product, bag = f"{prefix}{variant.product.get_absolute_url()}", f"{prefix}/bag/"
    contact = f'href="{prefix}/info/contact/"'

    # The footer has one of them.
    assert text(client, product).count(contact) == text(client, f"{prefix}/info/delivery/").count(contact) - 2 == 2
    assert client.post(f"{prefix}/bag/add/", {"variant": variant.code}).url == bag  # type: ignore[attr-defined]
    assert client.post(f"{prefix}/checkout/begin/").url == bag  # type: ignore[attr-defined]
    assert contact in text(client, bag).split('class="notice notice--warning"')[1].split("</p>")[0]
    assert not Hold.objects.exists()
