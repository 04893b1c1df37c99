"""Giving a piece back, as a person does it: without scripts too, in every language, and readable for everyone."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from orders import returns
from orders.models import Order, Return
from tests.browser.conftest import expect_accessible, sign_in
from tests.factories import UserFactory, piece, worker
from tests.orders.test_returns import ask, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_piece_is_given_back_from_the_orders_page(browser: Browser, base_url: str, *, scripts: bool) -> None:
    order = received(piece(), piece(kind="food"), language="en")
    context = browser.new_context(base_url=base_url, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"/en{order.get_absolute_url().removeprefix('/en')}")
    page.get_by_role("link", name="Return pieces").click()
    page.get_by_role("button", name="Ask to return").click()
    expect(page.get_by_text("Please check these")).to_be_visible()
    page.get_by_label("Return this piece").check()
    page.get_by_label("It came damaged").check()
    page.get_by_label("What should we know?").fill("Çat var")
    page.get_by_role("button", name="Ask to return").click()
    expect(page.get_by_text("We have your request")).to_be_visible()
    expect(page.get_by_text("You asked to return pieces.")).to_be_visible()
    assert Return.objects.get().text == "Çat var"
    context.close()


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"], ids=["az", "ru", "en"])
def test_returns_are_accessible(page: Page, prefix: str) -> None:
    order = received(piece(), piece(kind="food"), piece(on_hand=3, kind="small_series"))
    address = f"{prefix}{order.get_absolute_url()}return/"
    page.goto(address)
    expect_accessible(page)
    page.locator("main").get_by_role("button").click()
    assert re.search(r"^[^:]+: ", page.title())
    expect_accessible(page)
    answered = received(piece())
    returned = ask(answered)
    returns.accept(returned.pk, actor=worker(), answer="Gətirə bilərsiniz.")
    page.goto(f"{prefix}{answered.get_absolute_url()}")
    expect_accessible(page)
    nothing = received(piece(kind="food"))
    page.goto(f"{prefix}{nothing.get_absolute_url()}return/")
    expect_accessible(page)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_the_screen(page: Page, width: int) -> None:
    order: Order = received(piece(name_az="Ə" * 60), piece(on_hand=3, kind="small_series"))
    page.set_viewport_size({"width": width, "height": 800})
    for address in (f"{order.get_absolute_url()}return/", order.get_absolute_url()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_staff_refund_in_a_dialog(page: Page, context: BrowserContext, base_url: str) -> None:
    order = received(piece())
    sign_in(context, UserFactory.create(is_staff=True, is_superuser=True), base_url)
    page.goto(f"/en/admin/orders/order/{order.pk}/change/")
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_label(re.compile("refund, at most 1")).fill("2")
    page.get_by_label("Reason").select_option("returned")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text("less than or equal to 1")).to_be_visible()
    page.get_by_label(re.compile("refund, at most 1")).fill("1")
    page.get_by_label(re.compile("back on the shelf")).fill("1")
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_text(f"Refund decided: {order.code}")).to_be_visible()
    line = order.lines.get()
    assert (line.refunded_quantity, line.restocked_quantity) == (1, 1)
