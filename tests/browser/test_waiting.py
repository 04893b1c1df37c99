"""What waits for staff, on the first page of the admin."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dostshop.accounts.models import User
from tests.browser.conftest import expect_no_violations, sign_in
from tests.browser.test_admin_accessible import TWO_LOOKS, look
from tests.factories import UserFactory, piece
from tests.orders.test_returns import ask, received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_what_waits_leads_to_where_it_is_done(context: BrowserContext, base_url: str, page: Page) -> None:
    administrator: User = UserFactory.create(is_staff=True, is_superuser=True)
    sign_in(context, administrator, base_url)
    asked = ask(received(piece()))
    for scheme, width in TWO_LOOKS:
        look(page, "/admin/", scheme, width)
        expect_no_violations(page)
    page.goto("/en/admin/")
    page.get_by_role("link", name="Returns to answer within two working days: 1").click()
    expect(page.get_by_role("link", name=str(asked))).to_be_visible()
