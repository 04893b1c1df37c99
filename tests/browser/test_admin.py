"""The admin in a real browser: its scripts run under its own policy, and nothing is refused."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from orders import payments
from orders.models import Order, Refund, Stock
from tests.browser.conftest import sign_in
from tests.factories import ArtisanFactory, UserFactory, made_by, order_of, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def administrator(context: BrowserContext, base_url: str) -> None:
    client = Client()
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])


@pytest.fixture
def order() -> Order:
    variant = piece(description_az="Bir", description_ru="Два", description_en="Three")
    made_by(variant.product, ArtisanFactory.create())
    return order_of(variant, provider="branch")


def test_the_lists_open_with_an_empty_console(administrator: None, order: Order, page: Page) -> None:
    code = order.lines.get().variant.product.code
    for address, shown in {
        "/en/admin/": "Site administration",
        "/en/admin/catalog/product/": code,
        "/en/admin/orders/order/": order.code,
        "/ru/admin/orders/order/": order.code,
        "/admin/orders/order/": order.code,
        "/admin/catalog/product/": code,
    }.items():
        page.goto(address)
        expect(page.get_by_text(shown).first).to_be_visible()


def test_a_product_has_a_tab_for_each_language(administrator: None, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    page.goto(f"/en/admin/catalog/product/{product.pk}/change/")
    russian = page.get_by_role("tab", name="ru").nth(1)
    expect(page.get_by_role("textbox", name="Description")).to_have_value("Three")
    russian.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("textbox", name="Description")).to_have_value("Два")


def test_the_tab_of_a_language_opens_where_its_text_is_missing(administrator: None, page: Page) -> None:
    page.goto("/en/admin/orders/holiday/add/")
    page.get_by_role("textbox", name="First day").fill("2031-03-20")
    page.get_by_role("textbox", name="Last day").fill("2031-03-24")
    page.locator("[name=name_en]").fill("Novruz")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("tab", name="az", selected=True)).to_be_visible()
    expect(page.get_by_text("This field is required.")).to_be_visible()
    page.locator("[name=name_az]").fill("Novruz bayramı")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()


@pytest.mark.browser_context_args(timezone_id="America/New_York")
def test_a_day_is_a_day_wherever_staff_are(administrator: None, page: Page) -> None:
    page.goto("/en/admin/orders/holiday/add/")
    # Django's script has run.
    expect(page.get_by_text("Today", exact=True).first).to_be_attached()
    expect(page.locator("main")).not_to_contain_text("ahead", use_inner_text=True)
    expect(page.locator("main")).not_to_contain_text("behind", use_inner_text=True)


def test_a_double_click_in_a_dialog_is_one_click(administrator: None, page: Page) -> None:
    variant = piece(on_hand=2, kind="small_series")
    page.goto(f"/en/admin/catalog/variant/{variant.pk}/change/")
    page.get_by_role("link", name="Receive pieces").click()
    page.get_by_role("spinbutton", name="How many pieces").fill("3")
    page.get_by_role("button", name="Receive", exact=True).dblclick()
    expect(page.get_by_text("3 pieces received: ")).to_be_visible()
    page.reload()
    assert Stock.objects.get(pk=variant.pk).on_hand == 5


def test_an_order_is_moved_on_through_a_dialog(administrator: None, order: Order, page: Page) -> None:
    page.goto(f"/en/admin/orders/order/{order.pk}/change/")
    page.get_by_role("link", name="Mark as paid").click()
    page.get_by_role("button", name="Mark as paid").click()
    expect(page.get_by_text(f"Marked as paid: {order.code}")).to_be_visible()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_sum_is_mended_where_it_was_typed(
    browser: Browser, base_url: str, order: Order, *, scripts: bool
) -> None:
    """In the dialog, and without scripts on a page of its own."""
    user = UserFactory.create(is_staff=True, is_superuser=True)
    payments.mark_paid(order.pk, actor=user)
    context = browser.new_context(base_url=base_url, java_script_enabled=scripts)
    sign_in(context, user, base_url)
    page = context.new_page()
    page.goto(f"/en/admin/orders/order/{order.pk}/{'change' if scripts else 'refund'}/")
    if scripts:
        page.get_by_role("link", name="Refund", exact=True).click()
    form = page.get_by_role("dialog") if scripts else page
    if scripts:
        form.get_by_role("button", name="Go back").press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.get_by_role("link", name="Refund", exact=True).click()
    else:
        form.get_by_role("link", name="Go back").click()
        expect(page).to_have_url(re.compile(f"/orders/order/{order.pk}/change/$"))
        page.go_back()
    form.get_by_role("textbox", name="for goodwill, AZN").fill("500")
    form.get_by_role("combobox", name="reason").select_option("goodwill")
    form.get_by_role("textbox", name="note").fill("Çat var")
    form.get_by_role("button", name="Refund").click()
    expect(form.get_by_role("alert")).to_contain_text("Please correct the error below")
    expect(form.get_by_text("More would go back than was paid.")).to_be_visible()
    expect(form.get_by_role("textbox", name="note")).to_have_value("Çat var")
    form.get_by_role("textbox", name="for goodwill, AZN").fill("5")
    form.get_by_role("button", name="Refund").click()
    if scripts:
        expect(page.get_by_text(f"Refund decided: {order.code}")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/orders/order/{order.pk}/change/"))
    assert Refund.objects.get().amount == 5
    context.close()


def test_pieces_are_received_with_the_keyboard(administrator: None, order: Order, page: Page) -> None:
    variant = order.lines.get().variant
    page.goto(f"/en/admin/catalog/variant/{variant.pk}/change/")
    page.get_by_role("link", name="Receive pieces").press("Enter")
    page.get_by_role("spinbutton", name="How many pieces").fill("4")
    page.get_by_role("button", name="Receive").press("Enter")
    expect(page.get_by_text("4 pieces received: ")).to_be_visible()
    assert Stock.objects.get(variant=variant).on_hand == 5


def test_filters_open_with_the_keyboard(administrator: None, order: Order, page: Page) -> None:
    page.goto("/en/admin/orders/order/")
    page.get_by_role("button", name="Filters", exact=False).first.press("Enter")
    expect(page.get_by_role("button", name="Apply Filters")).to_be_visible()


def test_the_language_is_changed_on_the_spot(administrator: None, order: Order, page: Page) -> None:
    page.set_viewport_size({"width": 1500, "height": 900})
    page.goto(f"/en/admin/orders/order/{order.pk}/change/")
    page.get_by_text(re.compile("@example.com")).first.click()
    page.get_by_role("link", name="Русский").click()
    expect(page).to_have_url(re.compile(f"/ru/admin/orders/order/{order.pk}/change/"))


def test_staff_sign_in_at_the_shops_own_door(page: Page) -> None:
    user = UserFactory.create(email="staff@example.com", is_staff=True, is_superuser=True)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    page.goto("/en/admin/")
    page.locator("[name=login]").fill("staff@example.com")
    page.locator("[name=password]").fill("a long password")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/en/admin/$"))


def test_without_scripts_the_admin_says_so(browser: Browser, base_url: str) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    sign_in(context, UserFactory.create(is_staff=True, is_superuser=True), base_url)
    page = context.new_page()
    page.goto("/en/admin/")
    # Playwright sees no text in what is for browsers without scripts.
    sentence = page.locator("noscript p").first
    expect(sentence).to_be_visible()
    assert "These pages need JavaScript" in sentence.inner_text()
    page.locator("noscript a").first.click()
    expect(page.get_by_role("heading", name="Work list")).to_be_visible()
    context.close()
