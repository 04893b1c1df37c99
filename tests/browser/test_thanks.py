"""Words to a maker as a person writes and reads them: without scripts too, in every language, readable for everyone."""

import re

import pytest
from django.utils import translation
from django.utils.translation import gettext as _
from playwright.sync_api import Browser, BrowserContext, Page, expect

from artisans.models import Thanks
from orders import thanking
from orders.models import Order
from tests.browser.conftest import expect_accessible, expect_no_violations, sign_in
from tests.browser.test_admin_accessible import LANGUAGES, TWO_LOOKS, look, open_actions
from tests.factories import ArtisanFactory, UserFactory, made_by, piece, thanks_for
from tests.orders.test_returns import received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def order() -> Order:
    """Of two pieces, one of which has its words."""
    variants = [piece(), piece()]
    for variant in variants:
        made_by(variant.product, ArtisanFactory.create())
    placed = received(*variants)
    thanking.send(placed.pk, line_pk=placed.lines.all()[0].pk, words="Çox sağ olun", language="az")
    return placed


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_words_are_written_and_taken_back(browser: Browser, base_url: str, *, scripts: bool) -> None:
    placed = order()
    context = browser.new_context(base_url=base_url, java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"/en{placed.get_absolute_url()}")
    page.get_by_role("link", name="Say thank you").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Please check these")).to_be_visible()
    page.get_by_label("Your words").fill("Əllərinizə sağlıq")
    page.get_by_label("You may show my words").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We read your words and pass them on.")).to_be_visible()
    assert Thanks.objects.get(words="Əllərinizə sağlıq").may_be_public
    page.get_by_text("Take my words back").last.click()
    page.get_by_role("button", name="Yes, delete my words").last.click()
    expect(page.get_by_text("Your words are deleted.")).to_be_visible()
    assert Thanks.objects.count() == 1
    context.close()


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"], ids=["az", "ru", "en"])
def test_the_pages_are_accessible(page: Page, prefix: str) -> None:
    placed = order()
    page.goto(f"{prefix}{placed.get_absolute_url()}")
    page.locator("details").last.locator("summary").click()
    expect_accessible(page)
    written, to_write = (f"{prefix}{placed.get_absolute_url()}thanks/{line.pk}/" for line in placed.lines.all())
    page.goto(to_write)
    expect_accessible(page)
    page.locator("main").get_by_role("button").click()
    assert re.search(r"^[^:]+: ", page.title())
    expect_accessible(page)
    page.goto(written)
    expect_accessible(page)
    artisan = ArtisanFactory.create(slug="nar")
    for _number in range(2):
        thanks_for(artisan, words="Çox sağ olun, " * 30, is_shown=True)
    page.goto(f"{prefix}/artisans/nar/")
    expect_accessible(page)


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(page: Page, width: int) -> None:
    placed = order()
    artisan = ArtisanFactory.create(slug="nar")
    thanks_for(artisan, words="Ə" * 500, is_shown=True)
    thanking.send(placed.pk, line_pk=placed.lines.all()[1].pk, words="Ə" * 500, language="az")
    page.set_viewport_size({"width": width, "height": 800})
    for address in (
        placed.get_absolute_url(),
        f"{placed.get_absolute_url()}thanks/{placed.lines.all()[0].pk}/",
        "/artisans/nar/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_reading_them_in_the_admin(page: Page, context: BrowserContext, base_url: str) -> None:
    sign_in(context, UserFactory.create(is_staff=True, is_superuser=True), base_url)
    written = thanks_for(ArtisanFactory.create(), words="Zavallı, zəng edin: 050 123 45 67. " * 10)
    for language, prefix in LANGUAGES.items():
        with translation.override(language):
            pass_on = _("Pass on")
        for scheme, width in TWO_LOOKS:
            for address in ("", f"{written.pk}/change/"):
                look(page, f"{prefix}/admin/artisans/thanks/{address}", scheme, width)
                expect_no_violations(page)
            open_actions(page, language=language)
            page.get_by_role("link", name=pass_on, exact=True).press("Enter")
            expect(page.get_by_role("dialog").get_by_role("button").last).to_be_in_viewport(ratio=1)
            expect_no_violations(page)
    page.get_by_role("checkbox", name="Show it on the maker's page too").check()
    page.get_by_role("dialog").get_by_role("button", name="Pass on").press("Enter")
    expect(page.get_by_role("status")).to_contain_text(f"Passed on: {written}")
    written.refresh_from_db()
    assert written.is_shown
