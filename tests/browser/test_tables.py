"""A table brought back in a browser: what it would change is looked at, and carried out with one press."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from catalog.models import Variant
from dostshop.exchange import importing
from dostshop.exchange.models import Import
from tests.browser.conftest import expect_accessible, sign_in
from tests.exchange.bringing import table
from tests.factories import UserFactory, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def bring(page: Page, content: bytes) -> Import:
    page.get_by_label("File").set_input_files({"name": "prices.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_role("status")).to_contain_text("The file is being read.")
    return Import.objects.latest("pk")


def test_a_price_list_is_brought_looked_at_and_carried_out(page: Page, context: BrowserContext, base_url: str) -> None:
    bowl, jug = piece(price="38.00"), piece(price="52.00")
    sign_in(context, UserFactory.create(is_staff=True, is_superuser=True), base_url)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/en/admin/exchange/import/")
    expect_accessible(page)
    page.get_by_role("link", name=re.compile("^Import ?: Products")).click()
    expect_accessible(page)

    wrong = bring(page, table(["SKU", "price, AZN"], [bowl.sku, Decimal("40.00")], [jug.sku, "bir"]))
    importing.check_import(pk=wrong.pk)
    # The page looks by itself.
    expect(page.get_by_role("alert")).to_contain_text("1 row cannot be taken, so nothing is changed.")
    expect(page.get_by_role("table")).to_contain_text("Type the sum in digits, in manat, such as 25,50.")
    expect(page.get_by_role("button", name="Carry out all of it")).to_have_count(0)
    expect_accessible(page)
    page.get_by_role("button", name="Delete the file, change nothing").click()

    page.get_by_role("link", name=re.compile("^Import ?: Products")).click()
    right = bring(page, table(["SKU", "price, AZN"], [bowl.sku, Decimal("40.00")], [jug.sku, Decimal("52.00")]))
    importing.check_import(pk=right.pk)
    expect(page.get_by_role("row", name=re.compile("38,00"))).to_contain_text("40,00")
    expect(page.get_by_text("Rows: 2. New: 0. Changed: 1. As before: 1.")).to_be_visible()
    expect_accessible(page)
    page.get_by_role("button", name="Carry out all of it").click()
    expect(page.get_by_role("status")).to_contain_text("It is being carried out.")
    assert Variant.objects.get(pk=bowl.pk).price == Decimal("38.00")
    importing.apply_import(pk=right.pk)
    expect(page.get_by_role("status")).to_contain_text("Carried out.")
    assert Variant.objects.get(pk=bowl.pk).price == Decimal("40.00")
