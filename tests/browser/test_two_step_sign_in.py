"""A second step in signing in, as a person with a phone or a computer meets it."""

import re
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dostshop.accounts.models import Role, User
from tests.accounts.conftest import PASSWORD, make_member
from tests.accounts.test_two_step_sign_in import code_of, member_of_staff, with_app
from tests.browser.conftest import expect_accessible, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LANGUAGES = [pytest.param("az", id="az"), pytest.param("ru", id="ru"), pytest.param("en", id="en")]


@pytest.fixture(autouse=True)
def _no_limits_left_over() -> None:
    """Limits are counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def member() -> User:
    return make_member("leyla@example.az")


@pytest.fixture
def computer(page: Page, settings: Settings, live_server: LiveServer) -> Iterator[Page]:
    """A page on a computer that makes passkeys, with a finger always on its reader."""
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    chromium.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    yield page
    chromium.send("WebAuthn.disable")


@pytest.fixture
def at_localhost(live_server: LiveServer) -> str:
    return live_server.url.replace("127.0.0.1", "localhost")


def address(name: str, language: str, *parameters: object) -> str:
    with translation.override(language):
        return reverse(name, args=parameters)


def type_password(page: Page) -> None:
    """Where the account asks whether it is you."""
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#id_password").press("Enter")


def begin_to_sign_in(page: Page, email: str, root: str = "") -> None:
    page.goto(f"{root}/en/accounts/login/")
    page.get_by_role("textbox", name="E-mail").fill(email)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_accessible(page: Page, context: BrowserContext, base_url: str, member: User, language: str) -> None:
    sign_in(context, member, base_url)
    page.goto(address("mfa_index", language))
    expect_accessible(page)
    page.goto(address("mfa_activate_totp", language))
    type_password(page)
    expect(page.locator("code.secret")).to_be_visible()
    expect_accessible(page)
    page.locator("#id_code").fill("000000")
    page.locator("#id_code").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)
    page.goto(address("mfa_add_webauthn", language))
    expect_accessible(page)
    page.goto(address("mfa_activate_totp", language))
    page.locator("#id_code").fill(code_of(page.locator("code.secret").inner_text()))
    page.locator("#id_code").press("Enter")
    expect(page.locator("li code")).to_have_count(10)
    for name in ("mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_deactivate_totp", "mfa_index"):
        page.goto(address(name, language))
        expect_accessible(page)
    page.goto(address("mfa_reauthenticate", language))
    expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_step_is_accessible(page: Page, member: User, language: str) -> None:
    with_app(member)
    page.goto(address("account_login", language))
    page.locator("#id_login").fill(member.email)
    type_password(page)
    expect(page.locator("#id_code")).to_be_visible()
    expect_accessible(page)
    page.locator("#id_code").fill("000000")
    page.locator("#id_code").press("Enter")
    expect(page.locator(".error-summary")).to_be_focused()
    expect_accessible(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_staff_are_told_is_accessible(page: Page, context: BrowserContext, base_url: str, language: str) -> None:
    user = member_of_staff(days=1)
    sign_in(context, user, base_url)
    for name in ("work:list", "admin:index"):
        page.goto(address(name, language))
        expect(page.locator(f"a[href='{address('mfa_index', language)}']").first).to_be_visible()
        expect_accessible(page)
    User.objects.filter(pk=user.pk).update(date_joined="2026-01-01T00:00Z")
    page.goto(address("work:list", language))
    expect(page).to_have_url(re.compile(address("mfa_index", language)))
    expect_accessible(page)


def test_staff_set_the_app_up_and_go_on_to_what_they_wanted(page: Page) -> None:
    """From the sign-in to the work, with no help but what the pages say."""
    user = member_of_staff(days=8)
    begin_to_sign_in(page, user.email)
    expect(page.get_by_text("The pages of staff open once")).to_be_visible()
    page.get_by_role("link", name="Set up the app").click()
    type_password(page)
    secret = page.locator("code.secret").inner_text()
    page.get_by_role("textbox", name="Code").fill(code_of(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="On to your work").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("/en/staff/$"))


def test_a_recovery_code_lets_in_who_has_lost_the_phone(page: Page) -> None:
    user = with_app(member_of_staff(days=8, role=Role.CENTRE_STAFF))
    code = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    begin_to_sign_in(page, user.email)
    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/en/admin/$"))


def test_a_passkey_is_added_and_signs_in_without_a_password(computer: Page, at_localhost: str, member: User) -> None:
    begin_to_sign_in(computer, member.email, at_localhost)
    expect(computer).to_have_url(re.compile("/en/orders/mine/$"))
    computer.goto(f"{at_localhost}/en/accounts/2fa/webauthn/add/")
    type_password(computer)
    computer.get_by_role("button", name="Add").click()
    expect(computer.get_by_role("heading", name="Recovery codes")).to_be_visible()
    computer.goto(f"{at_localhost}/en/accounts/2fa/")
    expect(computer.get_by_role("link", name="Rename “Passkey 1”")).to_be_visible()
    expect_accessible(computer)

    computer.context.clear_cookies()
    computer.goto(f"{at_localhost}/en/accounts/login/")
    computer.get_by_role("button", name="Sign in with a passkey").click()
    expect(computer).to_have_url(re.compile("/en/orders/mine/$"))


def test_a_passkey_is_the_second_step_too_and_is_renamed_and_removed(
    computer: Page, at_localhost: str, member: User
) -> None:
    begin_to_sign_in(computer, member.email, at_localhost)
    computer.goto(f"{at_localhost}/en/accounts/2fa/webauthn/add/")
    type_password(computer)
    computer.get_by_role("checkbox").uncheck()
    computer.get_by_role("button", name="Add").click()
    expect(computer.get_by_role("heading", name="Recovery codes")).to_be_visible()

    computer.context.clear_cookies()
    begin_to_sign_in(computer, member.email, at_localhost)
    computer.get_by_role("button", name="Use a passkey").click()
    expect(computer).to_have_url(re.compile("/en/orders/mine/$"))

    computer.goto(f"{at_localhost}/en/accounts/2fa/")
    computer.get_by_role("link", name="Rename “Passkey 1”").click()
    type_password(computer)
    expect_accessible(computer)
    computer.get_by_role("textbox").first.fill("Telefon")
    computer.get_by_role("button", name="Save").click()
    computer.goto(f"{at_localhost}/en/accounts/2fa/")
    computer.get_by_role("link", name="Remove “Telefon”").click()
    expect_accessible(computer)
    computer.get_by_role("button", name="Remove the passkey").click()
    computer.goto(f"{at_localhost}/en/accounts/2fa/")
    expect(computer.get_by_text("Telefon")).to_have_count(0)
    assert not Authenticator.objects.exists()


def test_a_passkey_that_is_refused_is_said_aloud(page: Page, at_localhost: str, settings: Settings) -> None:
    """Nobody touches the reader, and there is no passkey of this shop on it."""
    chromium = page.context.new_cdp_session(page)
    chromium.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    chromium.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    page.goto(f"{at_localhost}/en/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That did not work.")).to_be_focused(timeout=70_000)
    expect_accessible(page)


def test_without_scripts_the_app_does(browser: Browser, base_url: str, member: User) -> None:
    with_app(member)
    plain = browser.new_context(base_url=base_url, java_script_enabled=False).new_page()
    begin_to_sign_in(plain, member.email)
    plain.get_by_role("textbox", name="Code").fill(code_of())
    plain.get_by_role("button", name="Sign in", exact=True).click()
    expect(plain).to_have_url(re.compile("/en/orders/mine/$"))
    plain.goto("/en/accounts/2fa/webauthn/add/")
    type_password(plain)
    # Playwright sees no text in what is for browsers without scripts.
    assert "Passkeys need JavaScript" in plain.locator("noscript p").inner_text()
    plain.context.close()
