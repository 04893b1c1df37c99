"""The stand-in's payment page, as the buyer meets it: every state, every language, with and without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dostshop.demo.stripe_stand_in.server import StandIn
from tests.browser.conftest import expect_accessible

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LOCALES = {"az": "auto", "ru": "ru", "en": "en"}


def opened(stand_in: StandIn, *, locale: str = "en") -> dict[str, Any]:
    line = {"quantity": 2, "price_data": {"currency": "azn", "unit_amount": 1250, "product_data": {"name": "Şam"}}}
    with stand_in.account.lock:
        return stand_in.account.open_session(
            {
                "line_items": [line],
                "locale": locale,
                # Back to a page that is there.
                "success_url": f"{stand_in.url}/shop/img/mark.svg",
                "cancel_url": f"{stand_in.url}/shop/img/mark.svg",
            }
        )


@pytest.mark.parametrize("language", LOCALES)
def test_every_state_of_the_page_is_accessible(page: Page, stand_in: StandIn, language: str) -> None:
    session = opened(stand_in, locale=LOCALES[language])
    address = session["url"]

    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect_accessible(page)

    stand_in.account.decline(session, code="card_declined")
    page.goto(address)
    expect(page.get_by_role("alert")).to_be_visible()
    expect_accessible(page)

    stand_in.account.ask_second_step(session)
    page.goto(f"{address}/confirm")
    expect_accessible(page)

    stand_in.account.pay(session)
    page.goto(address)
    expect_accessible(page)

    closed = opened(stand_in, locale=LOCALES[language])
    address = closed["url"]
    stand_in.account.expire(closed)
    page.goto(address)
    expect_accessible(page)


def test_a_phone_shows_the_page_without_sideways_scrolling(page: Page, stand_in: StandIn) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(opened(stand_in)["url"])

    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_second_step_by_keyboard_alone(page: Page, stand_in: StandIn) -> None:
    session = opened(stand_in)
    page.goto(session["url"])

    page.keyboard.press("Tab")
    expect(page.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm the payment")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mark.svg")

    assert session["payment_status"] == "paid"


def test_a_declined_card_and_then_a_good_one_without_scripts(browser: Browser, stand_in: StandIn) -> None:
    session = opened(stand_in)
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(session["url"])

    page.get_by_role("radio", name="A card that is declined").check()
    page.get_by_role("button", name="Pay 25,00").click()
    expect(page.get_by_role("alert")).to_contain_text("The bank declined this card")
    page.get_by_role("radio", name="A card that pays").check()
    page.get_by_role("button", name="Pay 25,00").click()
    page.wait_for_url("**/mark.svg")
    page.context.close()

    assert session["payment_status"] == "paid"
