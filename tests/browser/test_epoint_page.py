"""Buying through Epoint and by bank transfer, as a person does it, in every language."""

import re
from collections.abc import Iterator

import pytest
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from catalog.models import Variant
from dostshop.demo.epoint_stand_in.server import EpointStandIn
from orders.models import Order, Payment, Stock
from tests.browser.conftest import expect_accessible
from tests.browser.test_buying import button, choose, fill_contact, go_to_checkout, pick_up
from tests.factories import order_of, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


DECLINED = (
    "The payment did not go through, and nothing was taken. We keep the pieces for you until %(time)s; you "
    "can try again, or with another card."
)


@pytest.fixture
def bowl() -> Variant:
    return piece()


@pytest.fixture(params=["az", "ru", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with translation.override(request.param):
        yield request.param


def order_with(page: Page, bowl: Variant, language: str, *, way: str) -> None:
    go_to_checkout(page, bowl, language)
    fill_contact(page)
    pick_up(page)
    choose(page, re.escape(way))
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    button(page, _("Place the order"))


def pay_with(page: Page, card: str) -> None:
    page.get_by_role("radio", name=re.compile(card)).check()
    page.get_by_role("button").click()


def test_declined_then_paid(page: Page, shop_with_epoint: EpointStandIn, bowl: Variant, language: str) -> None:
    order_with(page, bowl, language, way=_("By card, through Epoint"))
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(_("Pay by card"))
    expect_accessible(page)
    pay_with(page, "0002")
    expect(page.locator(".lead")).to_contain_text(_(DECLINED).partition("%(time)s")[0])
    button(page, _("Pay by card through Epoint"))
    pay_with(page, "4242")
    expect(page.get_by_text(_("Thank you, the order is paid."))).to_be_visible()
    assert Order.objects.get().status == Order.Status.PAID
    assert Stock.objects.get().on_hand == 0
    # The pages of both payments, as somebody finds them who goes back.
    for payment in Payment.objects.all():
        page.goto(payment.redirect_url)
        expect(page.get_by_role("radio")).to_have_count(0)
        expect_accessible(page)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_abandoned_and_taken_up_again_without_scripts(
    browser: Browser, live_server: LiveServer, shop_with_epoint: EpointStandIn, bowl: Variant, language: str
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    page = context.new_page()
    order_with(page, bowl, language, way="By card, through Epoint")
    page.get_by_role("link", name="Back to the shop without paying").click()
    expect(page.locator(".lead")).to_contain_text("The order is not paid yet.")
    button(page, "Pay by card through Epoint")
    pay_with(page, "4242")
    expect(page.get_by_text("Thank you, the order is paid.")).to_be_visible()
    context.close()
    assert len(shop_with_epoint.account.payments) == 1


def test_a_phone_shows_epoints_page_without_sideways_scrolling(page: Page, epoint: EpointStandIn) -> None:
    with epoint.account.lock:
        order = order_of(piece(), provider="epoint")
        opened = epoint.account.open(
            {
                "amount": 12345.67,
                "currency": "AZN",
                "language": "ru",
                "order_id": "A",
                "description": f"Заказ {order.code}",
                "success_redirect_url": epoint.url,
                "error_redirect_url": epoint.url,
            }
        )
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(opened["redirect_url"])
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_by_bank_transfer(
    page: Page, live_server: LiveServer, settings: Settings, bowl: Variant, language: str
) -> None:
    settings.BANK_IBAN, settings.BANK_NAME = "AZ39DOST00000000000000000001", "Nümunə Bank"
    settings.BANK_CODE, settings.BANK_VOEN, settings.BANK_SWIFT = "000000", "0000000000", "DOSTAZ22"
    order_with(page, bowl, language, way=_("By bank transfer"))
    order = Order.objects.get()
    expect(page.get_by_text("AZ39 DOST 0000 0000 0000 0000 0001")).to_be_visible()
    expect(page.locator("dl").get_by_text(order.code, exact=True)).to_be_visible()
    expect_accessible(page)
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
