"""A branch's work on a phone: the list, a part, the counter, and the sheets to print."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from dostshop.accounts.models import Role
from orders import cancelling, fulfilment, payments
from orders.models import Fulfilment, Order
from tests.admin.conftest import BRANCH_WORK, staff
from tests.browser.conftest import expect_accessible, sign_in
from tests.factories import BranchFactory, order_of, piece, worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

PHONE: ViewportSize = {"width": 360, "height": 740}
LANGUAGES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]


@pytest.fixture
def order() -> Order:
    BranchFactory.create(slug="barda")
    return order_of(piece(), piece(branch__slug="barda"), provider="branch", gift_note="Ad günün mübarək")


@pytest.fixture
def baku(context: BrowserContext, base_url: str) -> None:
    sign_in(context, staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=BranchFactory.create(slug="baku")), base_url)


@pytest.fixture
def centre(context: BrowserContext, base_url: str) -> None:
    sign_in(context, staff(Role.CENTRE_STAFF, *BRANCH_WORK), base_url)


def expect_no_sideways_scrolling(page: Page) -> None:
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0, page.url


def expect_tables_within_sight(page: Page) -> None:
    hidden = page.get_by_role("table").locator("..").evaluate("region => region.scrollWidth - region.clientWidth")
    assert hidden == 0, page.url
    for cell in [*page.get_by_role("cell").all(), *page.get_by_role("rowheader").all()]:
        cell.scroll_into_view_if_needed()
        expect(cell).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("prefix", LANGUAGES)
@pytest.mark.parametrize("width", [320, 360, 801])
def test_long_names_and_item_numbers_are_not_cut(centre: None, page: Page, prefix: str, width: int) -> None:
    name = "Əl ilə toxunmuş yunxovluözbəkköküylətoxunmuşnağılmotivli xalça-torba, böyük"
    order = order_of(piece(name_az=name, name_ru=name, name_en=name), piece(), provider="branch")
    order.lines.update(sku="BEADED-BRACELETS-OF-STONE-1")
    page.set_viewport_size({"width": width, "height": 740})
    for address in ("/staff/pick-list/", f"/staff/parts/{order.fulfilments.get().pk}/packing-slip/"):
        page.goto(f"{prefix}{address}")
        # What names the columns is still there for who does not see them.
        expect(page.get_by_role("rowheader", name="böyük")).to_have_count(1)
        assert page.get_by_role("columnheader").count() == page.get_by_role("row").last.locator("> *").count()
        expect_tables_within_sight(page)
        expect_no_sideways_scrolling(page)


def test_from_the_shelf_to_the_buyers_hands_on_a_phone(baku: None, page: Page) -> None:
    order = order_of(piece(name_en="Blue bowl"), provider="branch", language="en")
    page.set_viewport_size(PHONE)
    page.goto("/en/staff/")
    expect_no_sideways_scrolling(page)
    expect(page.get_by_role("heading", name="To prepare (1)")).to_be_visible()
    page.get_by_role("link", name=order.code).click()
    expect(page.get_by_role("button", name="Packed and ready")).to_be_visible()
    expect_no_sideways_scrolling(page)
    page.get_by_role("button", name="Packed and ready").click()
    expect(page.get_by_text("Marked as ready.")).to_be_visible()

    page.goto("/en/staff/")
    expect(page.get_by_role("heading", name="Ready, waiting for the buyer (1)")).to_be_visible()
    page.get_by_role("link", name="Counter").click()
    page.get_by_role("textbox", name="Pickup code").fill("aaaaa")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No order has this code.").first).to_be_visible()
    page.get_by_role("textbox", name="Pickup code").fill(str(order.pickup_code).lower())
    page.keyboard.press("Enter")
    expect(page.get_by_text("Blue bowl")).to_be_visible()
    expect_no_sideways_scrolling(page)
    page.get_by_role("button", name="Paid at the till").click()
    page.get_by_role("button", name="The buyer has the pieces").click()
    expect(page.get_by_text("Handed over.", exact=True)).to_be_visible()
    order.refresh_from_db()
    assert order.status == Order.Status.COMPLETED


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_the_work_is_for_everyone(centre: None, page: Page, order: Order, prefix: str) -> None:
    actor = worker()
    here, there = order.fulfilments.order_by("branch__position")
    fulfilment.mark_ready(there.pk, actor=actor)
    Fulfilment.objects.filter(pk=here.pk).update(due_on="2020-01-02")
    addresses = [
        "/staff/",
        "/staff/pick-list/",
        "/staff/counter/",
        f"/staff/parts/{here.pk}/",
        f"/staff/parts/{there.pk}/",
        f"/staff/parts/{here.pk}/packing-slip/",
        f"/staff/counter/{order.code}/",
    ]
    for address in addresses:
        page.goto(f"{prefix}{address}")
        expect_accessible(page)
        page.set_viewport_size(PHONE)
        expect_no_sideways_scrolling(page)
    payments.mark_paid(order.pk, actor=actor)
    page.goto(f"{prefix}/staff/counter/{order.code}/")
    expect_accessible(page)
    page.goto(f"{prefix}/staff/counter/")
    page.locator("main").get_by_role("button").click()
    page.wait_for_selector(".error-summary")
    expect_accessible(page)


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_what_is_to_be_put_back_is_for_everyone(centre: None, page: Page, order: Order, prefix: str) -> None:
    there = order.fulfilments.get(branch__slug="barda")
    fulfilment.mark_ready(there.pk, actor=worker())
    fulfilment.mark_arrived(there.pk, actor=worker())
    cancelling.cancel(order.pk)
    for address in ("/staff/", f"/staff/parts/{there.pk}/"):
        page.goto(f"{prefix}{address}")
        expect_accessible(page)
        page.set_viewport_size(PHONE)
        expect_no_sideways_scrolling(page)
    page.locator("main").get_by_role("button").click()
    page.wait_for_selector(".notice--success")
    page.goto(f"{prefix}/staff/")
    expect(page.get_by_text(order.code)).to_have_count(0)


def test_only_the_sheet_itself_goes_to_paper(centre: None, page: Page, order: Order) -> None:
    page.goto("/en/staff/pick-list/")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("link", name="Work list")).to_be_hidden()
    expect(page.get_by_role("table")).to_be_visible()


def test_the_ink_is_dark_on_paper_whatever_the_screen_is(centre: None, page: Page, order: Order) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/en/staff/pick-list/")
    colour = "getComputedStyle(document.querySelector('h1')).color"
    on_screen = page.evaluate(colour)
    page.emulate_media(media="print", color_scheme="dark")
    on_paper = page.evaluate(colour)
    assert sum(map(int, re.findall(r"\d+", on_screen)[:3])) > 600
    assert sum(map(int, re.findall(r"\d+", on_paper)[:3])) < 200
