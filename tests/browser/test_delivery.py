"""What delivery costs, where staff ask and where shoppers read it: for everyone, on every screen."""

from decimal import Decimal

import pytest
from django.utils import translation
from playwright.sync_api import BrowserContext, Page, expect

from dostshop.accounts.models import Role
from orders.delivery import delivery_for
from tests.admin.conftest import BRANCH_WORK, staff
from tests.browser.conftest import expect_accessible, sign_in
from tests.browser.test_branch_work import LANGUAGES, PHONE, expect_no_sideways_scrolling
from tests.factories import CraftFactory, bag_with, delivery_method, piece, place
from tests.orders.test_customs import ADDRESS
from tests.orders.test_invoices import pay

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def centre(context: BrowserContext, base_url: str) -> None:
    sign_in(context, staff(Role.CENTRE_STAFF, *BRANCH_WORK), base_url)


@pytest.fixture(autouse=True)
def _methods() -> None:
    delivery_method(price="4.00", name_en="Baku", towns=["Bakı", "Baku"], fragile_surcharge=Decimal("1.00"))
    delivery_method(price="5.00", name_en="Other regions")
    delivery_method(price="29.00", name_en="Europe", countries=["DE"])


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_staff_ask_what_it_costs(centre: None, page: Page, prefix: str) -> None:
    rug = piece(craft=CraftFactory.create(needs_export_permit=True), export_permit="7", is_fragile=True)
    kilim = piece(craft=CraftFactory.create(needs_export_permit=True))
    for asked in ("", "?country=AZ&weight_g=0", f"?country=DE&pieces={rug.code}", f"?country=DE&pieces={kilim.code}"):
        page.goto(f"{prefix}/staff/delivery/{asked}")
        expect_accessible(page)
        page.set_viewport_size(PHONE)
        expect_no_sideways_scrolling(page)


def test_an_answer_is_asked_for_by_keyboard(centre: None, page: Page) -> None:
    page.goto("/en/staff/delivery/")
    page.get_by_label("Or a weight, in grams").fill("1500")
    page.get_by_label("How many fragile pieces").fill("2")
    page.get_by_label("Town or village").fill("baku")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="baku, Azerbaijan")).to_be_visible()
    expect(page.get_by_role("heading", name="Baku", exact=True)).to_be_visible()
    expect(page.get_by_text("6,00")).to_be_visible()
    expect(page.get_by_text("It does not go there.")).to_be_visible()


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_a_bag_with_a_permit_and_one_that_stays_at_home(page: Page, prefix: str) -> None:
    rug = piece(craft=CraftFactory.create(needs_export_permit=True), export_permit="7", is_fragile=True)
    for variant in (rug, piece(kind="food")):
        page.goto(f"{prefix}{variant.product.get_absolute_url()}")
        page.locator(f'form:has([name=variant][value="{variant.code}"]) button').click()
        page.locator("form[action*=begin] button").click()
        expect(page.locator("#checkout")).to_be_visible()
        expect_accessible(page)
        page.set_viewport_size(PHONE)
        expect_no_sideways_scrolling(page)


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_a_parcel_that_the_customs_ask_about(centre: None, page: Page, prefix: str) -> None:
    with translation.override("az"):
        bag = bag_with(piece())
        option = delivery_for(bag.lines.all()).ways_to("DE")[0]
        order = place(bag, option=option, **ADDRESS)
    pay(order)
    page.goto(f"{prefix}/staff/parts/{order.fulfilments.get().pk}/")
    expect(page.get_by_role("link", name="CN 22")).to_be_visible()
    expect_accessible(page)
    page.set_viewport_size(PHONE)
    expect_no_sideways_scrolling(page)
