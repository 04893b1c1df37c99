"""What staff keep of makers, for everyone: axe finds nothing on the pages, and they are used with the keyboard."""

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from artisans.models import Artisan, Scope
from catalog import withdrawals
from dostshop.accounts.models import User
from tests.browser.conftest import expect_no_violations, sign_in
from tests.browser.test_admin_accessible import LANGUAGES, look
from tests.factories import ArtisanFactory, UserFactory, consent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def administrator(context: BrowserContext, base_url: str) -> User:
    user: User = UserFactory.create(is_staff=True, is_superuser=True)
    sign_in(context, user, base_url)
    return user


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(story_az="Sözlər")
    consent(artisan, Scope.PLACE)
    return artisan


def test_pages_of_withdrawals_and_private_records(administrator: User, maker: Artisan, page: Page) -> None:
    done = withdrawals.withdraw(ArtisanFactory.create().pk)
    unknown = ArtisanFactory.create(private=False, agreed=())
    for prefix in LANGUAGES.values():
        for address in (
            f"artisan/{maker.pk}/withdraw/",
            f"artisan/{maker.pk}/withdraw/?step=show",
            f"artisan/{maker.pk}/withdraw/?step=show&scopes=name&scopes=place&channels=site",
            f"artisan/{unknown.pk}/consent/",
            "withdrawal/",
            f"withdrawal/{done.pk}/change/",
            "artisanprivate/",
            f"artisanprivate/{maker.pk}/change/",
            f"artisanprivate/add/?artisan={unknown.pk}",
        ):
            for scheme, width in (("light", 360), ("dark", 1280)):
                look(page, f"{prefix}/admin/artisans/{address}", scheme, width)  # type: ignore[arg-type]
                expect_no_violations(page)


def test_consents_are_taken_back_with_the_keyboard(administrator: User, maker: Artisan, page: Page) -> None:
    look(page, f"/en/admin/artisans/artisan/{maker.pk}/withdraw/", "light", 360)
    expect(page.get_by_role("button", name="Take back and remove")).to_have_count(0)
    page.get_by_role("button", name="Show what will happen").press("Enter")
    expect(page.get_by_text("3 consents end.")).to_be_visible()
    page.get_by_role("link", name="Change the choice").press("Enter")
    page.get_by_role("checkbox", name="place").press("Space")
    page.get_by_role("button", name="Show what will happen").press("Enter")
    expect(page.get_by_text("2 consents end.")).to_be_visible()
    page.get_by_role("button", name="Take back and remove").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Taken back.")
    assert [one.scope for one in maker.consents.filter(withdrawn_at=None)] == [Scope.PLACE]


def test_a_birth_date_that_cannot_be_is_said(administrator: User, maker: Artisan, page: Page) -> None:
    look(page, f"/en/admin/artisans/artisanprivate/{maker.pk}/change/", "light", 360)
    born = page.get_by_role("textbox", name="birth date")
    born.fill(f"{timezone.localdate().replace(year=timezone.localdate().year + 1):%Y-%m-%d}")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.get_by_text("This day has not come yet.")).to_be_visible()
    expect_no_violations(page)
