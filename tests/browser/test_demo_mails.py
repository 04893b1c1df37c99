"""The mails of the demo, as a person reads them in the browser."""

from pathlib import Path

import pytest
from django.conf import settings as shop
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings

from orders import emails
from orders.models import OrderMail
from tests.browser.conftest import expect_accessible
from tests.factories import order_of, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture(autouse=True)
def _mails_of_the_demo(tmp_path: Path, settings: Settings) -> None:
    settings.ROOT_URLCONF = "tests.demo.urls"
    settings.STATICFILES_DIRS = [*shop.STATICFILES_DIRS, shop.BASE_DIR / "dostshop/demo/static"]
    settings.MAIL_FOLDER = str(tmp_path)
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "OPTIONS": {"file_path": settings.MAIL_FOLDER},
        }
    }


@pytest.mark.parametrize(("language", "prefix"), [("az", ""), ("ru", "/ru"), ("en", "/en")])
def test_list_and_mails_are_accessible(page: Page, language: str, prefix: str) -> None:
    page.goto(f"{prefix}/demo/mail/")
    expect_accessible(page)

    order = order_of(piece(), language=language)
    emails.compose(OrderMail.objects.get(order=order, kind=OrderMail.Kind.RECEIVED)).send()
    Client().post(f"{prefix}/accounts/login/code/", {"email": "nobody@example.az"})
    page.goto(f"{prefix}/demo/mail/")
    expect(page.get_by_role("row")).to_have_count(3)
    expect_accessible(page)

    for number in (1, 2):
        page.goto(f"{prefix}/demo/mail/")
        page.get_by_role("row").nth(number).get_by_role("link").click()
        expect(page.locator("iframe")).to_be_visible()
        # With what is in the frame.
        expect_accessible(page)
        page.goto(f"{page.url}html/")
        expect_accessible(page)
