"""A piece is bought, from its page to the page of the paid order, as a person does it."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, Page, expect
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django.live_server_helper import LiveServer

from artisans.models import Branch
from catalog.models import Variant
from dostshop import money
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import emails
from orders.models import Order, OrderMail, Stock
from tests.factories import PhotoFactory, delivery_method, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LANGUAGES = ["az", "ru", "en"]
PREFIX = {"az": "", "ru": "/ru", "en": "/en"}


@pytest.fixture(autouse=True)
def _cards_are_taken(shop_with_cards: StandIn) -> None:
    """Every test here may pay by card."""


@pytest.fixture
def bowl() -> Variant:
    variant = piece()
    PhotoFactory.create(product=variant.product, renditions=[])
    return variant


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """The page's language; the names that the test looks for are in it too."""
    with translation.override(request.param):
        yield request.param


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def go_to_checkout(page: Page, variant: Variant, language: str) -> None:
    page.goto(variant.product.get_absolute_url())
    expect(page.locator("html")).to_have_attribute("lang", language)
    button(page, _("Add to the bag"))
    button(page, _("Go to checkout"))
    expect(page.get_by_role("heading", level=1)).to_have_text(_("Checkout"))


def fill_contact(page: Page) -> None:
    page.get_by_label(_("E-mail")).fill("leyla@example.com")
    page.get_by_label(_("Name"), exact=True).fill("Leyla Məmmədova")
    page.get_by_label(_("Phone")).fill("050 123 45 67")


def choose(page: Page, pattern: str) -> None:
    page.get_by_role("radio", name=re.compile(pattern)).check()


def pick_up(page: Page) -> None:
    choose(page, re.escape(Branch.objects.get(slug="baku").name))


def send_mails() -> None:
    """What the worker does with the mails that wait."""
    for letter in OrderMail.objects.filter(sent_at=None).order_by("pk"):
        assert ProcrastinateJob.objects.filter(task_name="orders.send_mail", args={"mail_pk": letter.pk}).exists()
        emails.send(mail_pk=letter.pk)


def paid_with(page: Page, card: str) -> None:
    """On the payment page."""
    page.get_by_role("radio", name=re.compile(card)).check()
    page.get_by_role("button").click()


def assert_sold(page: Page, variant: Variant) -> None:
    order = Order.objects.get()
    expect(page.get_by_text(_("Thank you, the order is paid."))).to_be_visible()
    assert order.status == Order.Status.PAID
    assert Stock.objects.get(pk=variant.pk).on_hand == 0
    page.goto(variant.product.get_absolute_url())
    expect(page.get_by_role("button", name=_("Add to the bag"))).to_have_count(0)


def test_by_card_with_delivery(page: Page, bowl: Variant, language: str) -> None:
    method = delivery_method(price="5.00")
    go_to_checkout(page, bowl, language)
    fill_contact(page)
    choose(page, re.escape(str(method.name)))
    page.get_by_label(_("Town or village")).fill("Bakı")
    page.get_by_label(_("Street, house, flat")).fill("Nizami küçəsi 5")
    choose(page, re.escape(_("By card, now")))
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    expect(page.locator("dl")).to_contain_text("43,00")
    button(page, _("Place the order"))
    expect(page.get_by_role("heading", level=1)).to_have_text(_("Pay by card"))
    paid_with(page, "4242")
    assert_sold(page, bowl)
    send_mails()
    order = Order.objects.get()
    # The first mail waits while the shopper pays, and does not go then.
    assert [letter.subject for letter in mail.outbox] == [_("Order %(code)s is paid") % {"code": order.code}]
    assert order.language == language


def test_at_the_branch(page: Page, bowl: Variant, language: str) -> None:
    go_to_checkout(page, bowl, language)
    fill_contact(page)
    pick_up(page)
    choose(page, re.escape(_("At the branch, when you pick it up")))
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    button(page, _("Place the order"))
    order = Order.objects.get()
    expect(page.get_by_role("heading", level=1)).to_contain_text(order.code)
    expect(page.get_by_text(money.number(order.total)).first).to_be_visible()
    page.goto(bowl.product.get_absolute_url())
    expect(page.get_by_role("button", name=_("Add to the bag"))).to_have_count(0)


def test_paying_at_the_branch_is_for_pickup_alone(page: Page, bowl: Variant, language: str) -> None:
    method = delivery_method(price="5.00")
    go_to_checkout(page, bowl, language)
    at_the_branch = page.get_by_role("radio", name=re.compile(re.escape(_("At the branch, when you pick it up"))))
    pick_up(page)
    at_the_branch.check()
    choose(page, re.escape(str(method.name)))
    expect(at_the_branch).to_be_disabled()
    expect(at_the_branch).not_to_be_checked()
    pick_up(page)
    expect(at_the_branch).to_be_enabled()


@pytest.fixture
def page_without_scripts(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    yield context.new_page()
    context.close()


def test_without_scripts(page_without_scripts: Page, bowl: Variant, language: str) -> None:
    page = page_without_scripts
    go_to_checkout(page, bowl, language)
    button(page, _("Place the order"))
    expect(page.locator(".error-summary")).to_be_focused()
    fill_contact(page)
    pick_up(page)
    choose(page, re.escape(_("By card, now")))
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    button(page, _("Keep them for 30 more minutes"))
    expect(page.get_by_label(_("Name"), exact=True)).to_have_value("Leyla Məmmədova")
    button(page, _("Place the order"))
    paid_with(page, "4242")
    assert_sold(page, bowl)


def press_until(page: Page, reached: Callable[[], bool], key: str = "Tab") -> None:
    for _press in range(80):
        if reached():
            return
        page.keyboard.press(key)
    pytest.fail("the keyboard does not get there")


def focused(page: Page, script: str) -> bool:
    return bool(page.evaluate(f"() => {{ const at = document.activeElement; return {script}; }}"))


def press_and_go(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def press_button(page: Page, name: str) -> None:
    press_until(page, lambda: focused(page, f"at.tagName === 'BUTTON' && at.textContent.trim() === {name!r}"))
    press_and_go(page)


def type_into(page: Page, name: str, text: str) -> None:
    press_until(page, lambda: focused(page, f"at.name === {name!r}"))
    page.keyboard.type(text)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_with_the_keyboard_alone(page: Page, bowl: Variant, language: str) -> None:
    page.goto(bowl.product.get_absolute_url())
    press_button(page, _("Add to the bag"))
    press_button(page, _("Go to checkout"))
    type_into(page, "email", "leyla@example.com")
    type_into(page, "name", "Leyla")
    press_until(page, lambda: focused(page, "at.name === 'delivery'"))
    page.keyboard.press("Space")
    press_until(page, lambda: focused(page, "at.name === 'payment'"))
    page.keyboard.press("Space")
    press_until(page, lambda: focused(page, "at.name === 'terms'"))
    page.keyboard.press("Space")
    press_button(page, _("Place the order"))
    press_until(page, lambda: focused(page, "at.tagName === 'BUTTON'"))
    press_and_go(page)
    assert_sold(page, bowl)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_declined_then_confirmed_at_the_bank(page: Page, bowl: Variant, language: str) -> None:
    go_to_checkout(page, bowl, language)
    fill_contact(page)
    pick_up(page)
    choose(page, "By card")
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    button(page, _("Place the order"))
    paid_with(page, "0002")
    expect(page.get_by_role("alert")).to_be_visible()
    assert Order.objects.get().status == Order.Status.AWAITING_PAYMENT
    paid_with(page, "3155")
    page.get_by_role("button").first.click()
    assert_sold(page, bowl)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_abandoned_and_taken_up_again(page: Page, bowl: Variant, language: str) -> None:
    go_to_checkout(page, bowl, language)
    fill_contact(page)
    pick_up(page)
    choose(page, "By card")
    page.get_by_label(_("I agree with the terms of delivery and return.")).check()
    button(page, _("Place the order"))
    page.get_by_role("link", name=_("Back to the shop without paying")).click()
    expect(page.get_by_text("The order is not paid yet.")).to_be_visible()
    button(page, _("Pay by card"))
    paid_with(page, "4242")
    assert_sold(page, bowl)


@pytest.mark.parametrize("language", ["en"], indirect=True)
def test_a_bag_of_many_kinds_shows_its_count_on_public_pages(page: Page, bowl: Variant, language: str) -> None:
    page.goto(bowl.product.get_absolute_url())
    button(page, _("Add to the bag"))
    page.goto("/en/pieces/")
    expect(page.locator("[data-bag-count]").first).to_have_text("1")
