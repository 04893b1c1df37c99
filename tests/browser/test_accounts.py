"""Accounts as a person meets them: every page in every language, light and dark, narrow and wide."""

import re
from collections.abc import Iterator

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pytest_django import Settings

from dostshop.accounts.models import User
from tests.accounts import oidc
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
def test_password_is_set_where_there_was_none(
    page: Page, context: BrowserContext, base_url: str, language: str
) -> None:
    sign_in(context, make_member("provider@example.az", password=None), base_url)
    page.goto(f"{language}/accounts/password/set/")
    expect(page.locator("#id_password1")).to_be_visible()
    expect_accessible(page)


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("language", LANGUAGES)
def test_link_from_the_mail_leads_to_an_accessible_form(page: Page, language: str) -> None:
    page.goto(f"{language}/accounts/password/reset/")
    page.locator("#id_email").fill("leyla@example.az")
    page.locator("#id_email").press("Enter")
    expect(page).to_have_url(re.compile(f"{language}/accounts/password/reset/done/$"))
    found = re.search(r"http://\S+/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert found
    page.goto(found[0])
    expect(page.locator("#id_password1")).to_be_visible()
    expect_accessible(page)
    page.locator("#id_password1").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_many_tries_are_said_accessibly(page: Page, settings: Settings, language: str) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/h/ip"}
    for status in (200, 429):
        page.goto(f"{language}/accounts/login/")
        with page.expect_response(lambda response: response.request.method == "POST") as answer:
            page.locator("#id_login").press("Enter")
        assert answer.value.status == status
    expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_address_may_be_mended_before_it_is_confirmed(page: Page, language: str) -> None:
    page.goto(f"{language}/accounts/signup/")
    page.locator("#id_email").fill("leila@example.az")
    page.locator("#id_password1").fill(PASSWORD)
    page.locator("#id_password1").press("Enter")
    expect(page.locator("summary")).to_contain_text(re.compile(r"\S"))
    expect_accessible(page)
    page.locator("summary").click()
    expect_accessible(page)
    page.locator("details input[type=email]").fill("leyla@example.az")
    page.locator("details input[type=email]").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("leyla@example.az")
    assert mail.outbox[-1].to == ["leyla@example.az"]


@pytest.fixture
def provider(settings: Settings) -> Iterator[oidc.Provider]:
    """Signs people in on this machine; Google is only named."""
    with oidc.running() as provider:
        google = {"APPS": [{"client_id": "google-client", "secret": "google-secret"}]}
        settings.SOCIALACCOUNT_PROVIDERS = {"google": google, **provider.settings()}
        settings.SECURE_CSP = {**settings.SECURE_CSP, "form-action": ["'self'", provider.url]}
        yield provider


def continue_with(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=re.compile(name)).click()


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_with_other_ways_to_sign_in_are_accessible(page: Page, language: str) -> None:
    for path in ("login/", "signup/"):
        page.goto(f"{language}/accounts/{path}")
        expect(page.get_by_role("button", name=re.compile("Google"))).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("ASAN"))).to_be_visible()
        expect_accessible(page)
    for path in ("google/login/", "oidc/oidc/login/", "google/login/callback/"):
        page.goto(f"{language}/accounts/{path}")
        expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_linked_account_is_chosen_and_removed(
    page: Page, provider: oidc.Provider, signed_in: User, language: str
) -> None:
    for number, name in enumerate(("leyla", "aynur")):
        extra = {"userinfo": {"email": f"{name}@elsewhere.example"}}
        SocialAccount.objects.create(user=signed_in, provider="oidc", uid=str(number), extra_data=extra)
    page.goto(f"{language}/accounts/3rdparty/")
    expect_accessible(page)

    page.locator("main form button").nth(1).click()
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)
    page.locator(".error-summary a").click()
    expect(page.get_by_role("group")).to_be_focused()
    page.get_by_role("radio", name="ASAN: aynur@elsewhere.example").check()
    page.locator("main form button").nth(1).click()
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")
    expect(page.get_by_role("radio")).to_have_count(1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_address_that_the_provider_does_not_tell_is_asked_for(
    page: Page, provider: oidc.Provider, language: str
) -> None:
    provider.person = {"sub": "1"}
    page.goto(f"{language}/accounts/login/")
    continue_with(page, "ASAN")
    expect(page).to_have_url(re.compile(f"{language}/accounts/3rdparty/signup/$"))
    expect_accessible(page)
    page.locator("#id_email").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)
    page.locator("#id_email").fill("new@example.az")
    page.locator("#id_email").press("Enter")
    page.locator("#id_code").fill(code_from_mail())
    page.locator("#id_code").press("Enter")
    expect(page).to_have_url(re.compile(f"{language}/orders/mine/$"))


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
    expect(page.get_by_role("heading", name="Enter the sign-in code")).to_be_visible()
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
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/en/orders/mine/$"))
