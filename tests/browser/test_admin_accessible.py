"""The admin for everyone: axe finds nothing on its pages, and what opens by a click opens by a key."""

import re
from decimal import Decimal
from typing import Literal

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from playwright.sync_api import BrowserContext, Page, expect

from artisans.models import Channel, Payout, Scope
from dostshop.accounts.models import User
from dostshop.background.models import Failure
from dostshop.pages.models import Page as InformationPage
from orders import cancelling, fulfilment, payments, refunds
from orders.models import Order, Refund
from tests import paying
from tests.admin.test_background import job
from tests.artisans.test_payouts import earn
from tests.artisans.test_statements import maker, told_life
from tests.browser.conftest import expect_no_violations, sign_in
from tests.factories import (
    ArtisanFactory,
    BranchFactory,
    PhotoFactory,
    UserFactory,
    consent,
    delivery_method,
    made_by,
    order_of,
    piece,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

type Look = tuple[Literal["light", "dark"], int]

# Between them every colour and every layout; a page in another language is the same page with other words.
EVERY_LOOK: tuple[Look, ...] = (("light", 390), ("light", 1280), ("dark", 390), ("dark", 1280))
TWO_LOOKS: tuple[Look, ...] = (("light", 390), ("dark", 1280))

# What stands before an address in each language.
LANGUAGES = {"az": "", "ru": "/ru", "en": "/en"}


@pytest.fixture
def administrator(context: BrowserContext, base_url: str) -> User:
    user: User = UserFactory.create(is_staff=True, is_superuser=True)
    sign_in(context, user, base_url)
    return user


@pytest.fixture
def order() -> Order:
    variant = piece(description_az="Bir", on_hand=3)
    made_by(variant.product, ArtisanFactory.create())
    PhotoFactory.create(product=variant.product, renditions=[])
    return order_of(variant, provider="branch")


def look(page: Page, address: str, scheme: Literal["light", "dark"], width: int) -> None:
    """Opens a page as somebody with such a screen finds it; the admin chooses its colours when it opens."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    expect(page.get_by_role("main")).to_be_visible()
    # Tables scroll by themselves, the page does not.
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def open_actions(page: Page, *, language: str = "en") -> None:
    """On a phone what can be done with a row is behind a button."""
    with translation.override(language):
        opener = page.get_by_role("button", name=_("More actions")).first
    if opener.is_visible():
        opener.press("Enter")


@pytest.mark.parametrize("address", ["/admin/", "/admin/catalog/product/", "/admin/orders/order/"])
def test_main_lists(administrator: User, order: Order, page: Page, address: str) -> None:
    for scheme, width in EVERY_LOOK:
        look(page, address, scheme, width)
        expect_no_violations(page)
    for language in ("ru", "en"):
        for scheme, width in TWO_LOOKS:
            look(page, f"/{language}{address}", scheme, width)
            expect_no_violations(page)


def test_other_lists(administrator: User, order: Order, page: Page) -> None:
    delivery_method()
    for model in (
        "catalog/variant",
        "catalog/craft",
        "artisans/branch",
        "artisans/artisan",
        "accounts/user",
        "pages/page",
        "orders/deliverymethod",
        "orders/hold",
        "orders/providerevent",
    ):
        for scheme, width in TWO_LOOKS:
            look(page, f"/admin/{model}/", scheme, width)
            expect_no_violations(page)


def test_page_of_a_product(administrator: User, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    address = f"/admin/catalog/product/{product.pk}/change/"
    for scheme, width in EVERY_LOOK:
        look(page, address, scheme, width)
        expect(page.get_by_role("tab", name="en").first).to_be_visible()
        expect_no_violations(page)
    for language in ("ru", "en"):
        for scheme, width in TWO_LOOKS:
            look(page, f"/{language}{address}", scheme, width)
            expect_no_violations(page)


def test_other_pages_to_fill_in(administrator: User, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    for address in (
        f"catalog/craft/{product.craft_id}/change/",
        f"artisans/branch/{product.branch_id}/change/",
        f"artisans/artisan/{product.makers.get().artisan_id}/change/",
        f"orders/deliverymethod/{delivery_method().pk}/change/",
        f"pages/page/{InformationPage.objects.all()[0].pk}/change/",
        f"accounts/user/{administrator.pk}/change/",
        f"catalog/craft/{product.craft_id}/delete/",
        "password_change/",
    ):
        for scheme, width in TWO_LOOKS:
            look(page, f"/admin/{address}", scheme, width)
            expect_no_violations(page)


def test_printing_labels(administrator: User, order: Order, page: Page) -> None:
    code = order.lines.get().variant.product.code
    for prefix in LANGUAGES.values():
        for scheme, width in TWO_LOOKS:
            look(page, f"{prefix}/admin/catalog/product/labels/?pieces={code}", scheme, width)
            expect_no_violations(page)
        look(page, f"{prefix}/admin/catalog/product/labels/?pieces={code}", "light", 360)
    look(page, f"/en/admin/catalog/product/labels/?pieces={code}&kind=tag&language=en&copies=0", "light", 390)
    expect(page.get_by_role("spinbutton", name="Copies of each")).to_be_visible()
    expect_no_violations(page)


def test_an_order_in_each_state(administrator: User, order: Order, page: Page) -> None:
    def expect_page_without_violations(*prefixes: str) -> None:
        for prefix in prefixes:
            for scheme, width in TWO_LOOKS:
                look(page, f"{prefix}/admin/orders/order/{order.pk}/change/", scheme, width)
                expect_no_violations(page)

    expect_page_without_violations("", "/ru", "/en")
    payments.mark_paid(order.pk, actor=administrator)
    expect_page_without_violations("")
    part = order.fulfilments.get()
    fulfilment.mark_ready(part.pk, actor=administrator)
    expect_page_without_violations("")
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=administrator)
    expect_page_without_violations("")


def test_a_cancelled_order(administrator: User, order: Order, page: Page) -> None:
    cancelling.cancel(order.pk, actor=administrator)
    for scheme, width in TWO_LOOKS:
        look(page, f"/admin/orders/order/{order.pk}/change/", scheme, width)
        expect_no_violations(page)


def test_background_work(administrator: User, order: Order, page: Page) -> None:
    failed = job(status="failed", attempts=12)
    Failure.objects.create(job=failed, error="SMTPServerDisconnected", place="orders/emails.py:31", at=timezone.now())
    for prefix in ("", "/ru", "/en"):
        for address in ("", f"{failed.pk}/change/"):
            for scheme, width in TWO_LOOKS:
                look(page, f"{prefix}/admin/background/job/{address}", scheme, width)
                expect_no_violations(page)
    page.get_by_role("link", name="Run again").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button", name="Run again")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("dialog").get_by_role("button", name="Run again").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Will be run again: send a mail about an order")


def test_what_is_asked_about_money_that_goes_back(administrator: User, order: Order, page: Page) -> None:
    payments.mark_paid(order.pk, actor=administrator)
    what = refunds.Sum(goodwill=Decimal(1))
    unknown = refunds.decide(order.pk, what=what, reason=Refund.Reason.GOODWILL, actor=administrator)
    Refund.objects.update(failure=Refund.Failure.UNKNOWN, failure_detail="Epoint: status 503")
    for language, prefix in LANGUAGES.items():
        with translation.override(language):
            steps = {
                f"{prefix}/admin/orders/order/{order.pk}/change/": (
                    _("Refund"),
                    _("Cancel and refund"),
                    _("Did the refund go?"),
                ),
                f"{prefix}/admin/orders/refund/{unknown.pk}/change/": (_("Did the refund go?"),),
            }
        for scheme, width in TWO_LOOKS:
            for address, names in steps.items():
                for name in names:
                    look(page, address, scheme, width)
                    open_actions(page, language=language)
                    page.get_by_role("link", name=name, exact=True).press("Enter")
                    # A long form scrolls, and its button stays.
                    expect(page.get_by_role("dialog").get_by_role("button").last).to_be_in_viewport(ratio=1)
                    expect_no_violations(page)


@pytest.mark.parametrize(("scheme", "width"), TWO_LOOKS)
def test_what_was_refused_in_a_dialog(
    administrator: User, order: Order, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    payments.mark_paid(order.pk, actor=administrator)
    look(page, f"/en/admin/orders/order/{order.pk}/change/", scheme, width)
    open_actions(page)
    page.get_by_role("link", name="Refund", exact=True).press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("combobox", name="reason").select_option("goodwill")
    dialog.get_by_role("button", name="Refund").press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("The sum is zero")
    expect_no_violations(page)
    dialog.get_by_role("textbox", name="for goodwill, AZN").fill("500")
    dialog.get_by_role("button", name="Refund").press("Enter")
    expect(dialog.get_by_text("More would go back than was paid")).to_be_visible()
    expect_no_violations(page)


def test_a_further_transfer(administrator: User, page: Page) -> None:
    order = order_of(piece(), provider="transfer")
    cancelling.cancel(order.pk)
    for language, prefix in LANGUAGES.items():
        with translation.override(language):
            step = _("Enter a further transfer")
        for scheme, width in TWO_LOOKS:
            look(page, f"{prefix}/admin/orders/order/{order.pk}/change/", scheme, width)
            open_actions(page, language=language)
            page.get_by_role("link", name=step, exact=True).press("Enter")
            expect(page.get_by_role("dialog").get_by_role("button").last).to_be_in_viewport(ratio=1)
            expect_no_violations(page)


def test_a_sum_that_came(administrator: User, page: Page) -> None:
    order = order_of(piece(), provider="transfer")
    with pytest.raises(payments.WrongAmount):
        payments.mark_paid(order.pk, actor=administrator, amount=Decimal("35.00"))
    for language, prefix in LANGUAGES.items():
        with translation.override(language):
            mark_paid, take_back = _("Mark as paid"), _("This sum did not come")
        for scheme, width in TWO_LOOKS:
            for step in (take_back, mark_paid):
                look(page, f"{prefix}/admin/orders/order/{order.pk}/change/", scheme, width)
                open_actions(page, language=language)
                page.get_by_role("link", name=step, exact=True).press("Enter")
                dialog = page.get_by_role("dialog")
                expect(dialog.get_by_role("button").last).to_be_in_viewport(ratio=1)
                expect_no_violations(page)
            dialog.get_by_role("textbox").fill("40")
            dialog.get_by_role("button").last.press("Enter")
            expect(dialog.get_by_role("alert")).to_be_visible()
            expect(dialog.get_by_role("checkbox", checked=False)).to_be_visible()
            expect_no_violations(page)


@pytest.mark.parametrize(("scheme", "width"), TWO_LOOKS)
def test_what_opens_over_a_page(
    administrator: User, order: Order, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    variant = order.lines.get().variant
    for step in ("Mark as paid", "Mark as packed", "Cancel the order"):
        look(page, f"/en/admin/orders/order/{order.pk}/change/", scheme, width)
        open_actions(page)
        page.get_by_role("link", name=step).press("Enter")
        expect(page.get_by_role("dialog").get_by_role("button", name="Go back")).to_be_visible()
        expect_no_violations(page)
    for step, button in (("Receive pieces", "Receive"), ("Write off pieces", "Write off")):
        look(page, f"/en/admin/catalog/variant/{variant.pk}/change/", scheme, width)
        open_actions(page)
        page.get_by_role("link", name=step).press("Enter")
        expect(page.get_by_role("dialog", name=step)).to_be_visible()
        expect_no_violations(page)
        page.get_by_role("spinbutton", name="How many pieces").fill("0")
        page.get_by_role("button", name=button).press("Enter")
        expect(page.get_by_text("greater than or equal to 1")).to_be_visible()
        expect_no_violations(page)
    page.get_by_role("spinbutton", name="How many pieces").fill("1")
    page.get_by_role("button", name="Write off").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 piece written off")
    expect_no_violations(page)
    look(page, "/en/admin/orders/order/", scheme, width)
    page.get_by_role("button", name="Filters").press("Enter")
    expect(page.get_by_role("button", name="Apply Filters")).to_be_visible()
    expect_no_violations(page)


@pytest.mark.parametrize(("scheme", "width"), TWO_LOOKS)
def test_the_menu_and_what_hangs_in_it_open_with_the_keyboard(
    administrator: User, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    look(page, "/en/admin/", scheme, width)
    menu = page.get_by_role("button", name="Menu")
    if menu.get_attribute("aria-expanded") != "true":
        menu.press("Enter")
    expect(page.get_by_role("navigation").get_by_role("link", name="Delivery methods")).to_be_visible()
    page.get_by_role("button", name=administrator.email).press("Enter")
    expect(page.get_by_role("navigation", name="Account").get_by_role("button", name="Dark")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page).to_have_url(re.compile(r"/en/$"))


def test_a_photo_is_marked_for_deletion_with_the_keyboard(administrator: User, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    page.goto(f"/en/admin/catalog/product/{product.pk}/change/")
    page.get_by_role("checkbox", name="Delete").first.press("Space")
    expect(page.get_by_text("This item will be deleted.").first).to_be_visible()


def test_columns_and_lists_have_names_of_their_own(administrator: User, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    page.goto(f"/en/admin/catalog/product/{product.pk}/change/")
    expect(page.get_by_role("columnheader", name="Delete").first).to_be_visible()
    page.get_by_role("combobox", name="Craft").press("Enter")
    choices = page.get_by_role("region", name="Craft")
    expect(choices.get_by_role("searchbox", name="Search")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), TWO_LOOKS)
def test_a_text_missing_in_another_language_is_shown(
    administrator: User, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    look(page, "/en/admin/catalog/product/add/", scheme, width)
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_role("tab", name="az").first).to_have_attribute("aria-selected", "true")
    name = page.get_by_role("textbox", name="Name")
    expect(name).to_have_attribute("name", "name_az")
    expect(name).to_have_accessible_description(re.compile("This field is required"))
    expect_no_violations(page)


def test_the_ledger_and_its_rules(administrator: User, order: Order, page: Page) -> None:
    payments.mark_paid(order.pk, actor=administrator)
    for address in ("ledgerentry/", "ledgerentry/export", "earningsrule/", "earningsrule/add/"):
        for scheme, width in TWO_LOOKS:
            look(page, f"/en/admin/artisans/{address}", scheme, width)
            expect_no_violations(page)
    page.goto("/en/admin/artisans/ledgerentry/")
    open_actions(page)
    page.get_by_role("link", name="Export a period").click()
    page.get_by_label("First day").fill("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-01")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_text("It ends before it begins.")).to_be_visible()


def test_paying_makers(administrator: User, page: Page) -> None:
    for branch in ("baku", "barda"):
        for amount in ("26.60", "-4.00"):
            maker = ArtisanFactory.create(branch=BranchFactory.create(slug=branch))
            earn(maker, amount, cause=f"sale-{maker.pk}")
        paused = ArtisanFactory.create(private__payouts_paused=True)
        earn(paused, "5.00", cause=f"sale-{paused.pk}")
    for prefix in LANGUAGES.values():
        for scheme, width in TWO_LOOKS:
            look(page, f"{prefix}/admin/artisans/payout/due", scheme, width)
            expect_no_violations(page)
    page.goto("/en/admin/artisans/payout/due")
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Tick the makers who are to be paid.")
    expect_no_violations(page)
    page.get_by_role("link", name="Tick all that are shown").press("Enter")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    page.get_by_role("button", name="Approve").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Payouts approved: 2")
    for prefix in LANGUAGES.values():
        for address in ("to-pay", "", f"{Payout.objects.all()[0].pk}/change/"):
            for scheme, width in TWO_LOOKS:
                look(page, f"{prefix}/admin/artisans/payout/{address}", scheme, width)
                expect_no_violations(page)
    page.goto("/en/admin/artisans/payout/to-pay?all=1")
    page.get_by_role("button", name="Write down as paid").press("Enter")
    expect(page.get_by_text("Type the number of the document.")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("textbox", name="Document number").fill("KM-17")
    page.get_by_role("button", name="Write down as paid").press("Enter")
    expect(page.get_by_role("heading", name="Write down 2 payouts as paid")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("button", name="Back to the list").press("Enter")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    page.get_by_role("button", name="Write down as paid").press("Enter")
    page.get_by_role("button", name="Write down as paid").press("Enter")
    expect(page.get_by_text("No payout is approved.")).to_be_visible()


def test_correcting_a_payout(administrator: User, page: Page) -> None:
    artisan = ArtisanFactory.create()
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, actor=administrator)
    paying.pay(payout.pk, actor=administrator)
    for language, prefix in LANGUAGES.items():
        with translation.override(language):
            names = (_("Correct the document number"), _("The maker does not have the money"))
        for scheme, width in TWO_LOOKS:
            for name in names:
                look(page, f"{prefix}/admin/artisans/payout/{payout.pk}/change/", scheme, width)
                open_actions(page, language=language)
                page.get_by_role("link", name=name, exact=True).press("Enter")
                expect(page.get_by_role("dialog").get_by_role("button").last).to_be_in_viewport(ratio=1)
                expect_no_violations(page)
    dialog = page.get_by_role("dialog")
    page.goto(f"/en/admin/artisans/payout/{payout.pk}/change/")
    page.get_by_role("link", name="Correct the document number").press("Enter")
    dialog.get_by_role("textbox", name="The number as it stands on the paper").fill("KM-71")
    dialog.get_by_role("radio", name="the number was mistyped").press("Space")
    dialog.get_by_role("button", name="Correct the number").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The number is corrected")
    expect(page.get_by_role("cell", name="KM-17")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("link", name="The maker does not have the money").press("Enter")
    dialog.get_by_role("button", name="Reverse the payout").press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect_no_violations(page)
    dialog.get_by_role("radio", name="the money was not handed over").press("Space")
    dialog.get_by_role("button", name="Reverse the payout").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Reversed, and due again")
    expect_no_violations(page)


def test_statements(administrator: User, page: Page) -> None:
    artisan = maker()
    told_life(artisan)

    def expect_pages_without_violations(*addresses: str) -> None:
        for prefix in LANGUAGES.values():
            for address in addresses:
                for scheme, width in TWO_LOOKS:
                    look(page, f"{prefix}/admin/artisans/{address}", scheme, width)
                    expect_no_violations(page)

    expect_pages_without_violations("statement/issue/")
    page.get_by_role("button", name="Issue statements").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Statement issued for 1 maker.")
    of_maker = artisan.statements.get()
    expect_pages_without_violations(
        "statement/", "statement/issue/", f"statement/{of_maker.pk}/change/", f"artisan/{artisan.pk}/statements/"
    )


def test_recording_and_reviewing_consents(administrator: User, order: Order, page: Page) -> None:
    product = order.lines.get().variant.product
    artisan = product.makers.get().artisan
    signed = artisan.consent_forms.get()
    consent(artisan, Scope.FACE, valid_until=timezone.localdate())
    PhotoFactory.create(product=product, renditions=[], shows_person=True)
    product.description = "Xəstələrin işi"
    product.save()
    for prefix in LANGUAGES.values():
        for address in (
            f"artisans/artisan/{artisan.pk}/consent/",
            "catalog/product/review/",
            "artisans/consent/",
            f"artisans/consentform/{signed.pk}/change/",
            f"artisans/artisan/{artisan.pk}/change/",
        ):
            for scheme, width in TWO_LOOKS:
                look(page, f"{prefix}/admin/{address}", scheme, width)
                expect_no_violations(page)


@pytest.mark.parametrize(("scheme", "width"), TWO_LOOKS)
def test_a_consent_is_recorded_with_the_keyboard(
    administrator: User, order: Order, page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    artisan = order.lines.get().variant.product.makers.get().artisan
    look(page, f"/en/admin/artisans/artisan/{artisan.pk}/consent/", scheme, width)
    page.get_by_role("button", name="Record").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is recorded yet.")
    expect(page.get_by_text("Tick what the maker agreed to.")).to_be_visible()
    expect_no_violations(page)
    page.get_by_role("checkbox", name="place: press").press("Space")
    page.get_by_role("button", name="Record").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The consent is recorded.")
    assert artisan.consents.filter(scope=Scope.PLACE, channel=Channel.PRESS).count() == 1
