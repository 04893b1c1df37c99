"""Accounts as a person meets them: every page in every language, light and dark, narrow and wide."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Locator, Page, expect

from dostshop.accounts.models import User
from tests.accounts.conftest import PASSWORD, make_member
from tests.browser.conftest import expect_accessible, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LANGUAGES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]
FOR_GUESTS = [
    "login/",
    "signup/",
    "login/code/",
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/done/",
    "password/reset/key/1-gone/",
    "inactive/",
    "3rdparty/login/cancelled/",
]
FOR_MEMBERS = ["email/", "password/change/", "reauthenticate/", "logout/", "3rdparty/"]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    """Limits are counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def member() -> User:
    return make_member("leyla@example.az")


@pytest.fixture
def signed_in(member: User, context: BrowserContext, base_url: str) -> User:
    sign_in(context, member, base_url)
    return member


def code_from_mail() -> str:
    found = re.search(r"\d{3}-\d{3}-\d{3}", str(mail.outbox[-1].body))
    assert found
    return found[0]


def tab_to(page: Page, target: Locator) -> None:
    for _press in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{target} cannot be reached with the keyboard")


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_guests_are_accessible(page: Page, language: str) -> None:
    for path in FOR_GUESTS:
        page.goto(f"{language}/accounts/{path}")
        expect_accessible(page)


@pytest.mark.usefixtures("signed_in")
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_for_members_are_accessible(page: Page, language: str) -> None:
    for path in FOR_MEMBERS:
        page.goto(f"{language}/accounts/{path}")
        expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_errors_take_the_focus_and_are_accessible(page: Page, member: User, language: str) -> None:
    page.goto(f"{language}/accounts/login/")
    page.locator("#id_login").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)

    page.goto(f"{language}/accounts/login/code/")
    page.locator("#id_email").fill(member.email)
    page.locator("#id_email").press("Enter")
    expect(page.locator("#id_code")).to_be_visible()
    expect_accessible(page)
    page.locator("#id_code").fill("000000000")
    page.locator("#id_code").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)


@pytest.mark.usefixtures("member")
def test_keyboard_alone_signs_in_by_a_pasted_code(page: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/en/accounts/login/")
    tab_to(page, page.get_by_role("link", name="Send me a sign-in code"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("textbox", name="E-mail"))
    page.keyboard.type("leyla@example.az")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    page.evaluate("code => navigator.clipboard.writeText(code)", f" {code_from_mail()} ")
    tab_to(page, page.get_by_role("textbox", name="Code"))
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/en/orders/mine/$"))


@pytest.mark.usefixtures("member")
def test_capital_i_with_a_dot_is_not_stopped_by_the_browser(page: Page) -> None:
    make_member("ilqar@example.az")
    page.goto("/en/accounts/login/")
    page.get_by_role("textbox", name="E-mail").fill("İLQAR@example.az")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/en/orders/mine/$"))
