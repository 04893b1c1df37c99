"""Unfold's script tells the name of a chosen file in the text field that it takes for the file's own."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from artisans.models import Branch, ConsentForm, Scope
from dostshop.accounts.models import User
from tests.browser.conftest import sign_in
from tests.factories import ArtisanFactory, CollectionFactory, UserFactory, consent, piece

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

_TEXTS = """() => [...document.querySelectorAll('input[type=text], textarea')]
  .filter((field) => field.name && !field.disabled).map((field) => `${field.name}=${field.value}`)"""


@pytest.fixture
def administrator(context: BrowserContext, base_url: str) -> User:
    user: User = UserFactory.create(is_staff=True, is_superuser=True)
    sign_in(context, user, base_url)
    return user


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    file = tmp_path / "scan.pdf"
    file.write_bytes(b"%PDF-1.7\n%%EOF\n")
    return file


@pytest.mark.parametrize("kind", ["consent", "product", "maker", "branch", "collection"])
def test_the_name_of_a_chosen_file_is_written_into_no_field(
    administrator: User, scan: Path, page: Page, kind: str
) -> None:
    artisan = ArtisanFactory.create()
    consent(artisan, Scope.FACE)
    page.goto(
        {
            "consent": f"/en/admin/artisans/artisan/{artisan.pk}/consent/",
            "product": f"/en/admin/catalog/product/{piece().product.pk}/change/",
            "maker": f"/en/admin/artisans/artisan/{artisan.pk}/change/",
            "branch": f"/en/admin/artisans/branch/{Branch.objects.get(slug='baku').pk}/change/",
            "collection": f"/en/admin/catalog/collection/{CollectionFactory.create().pk}/change/",
        }[kind]
    )
    files = page.locator("input[type=file]:not([name*=__prefix__])")
    if not files.count():
        page.get_by_role("link", name=re.compile("^Add another (photo|.*picture)$", re.IGNORECASE)).click()
    before = page.evaluate(_TEXTS)
    files.set_input_files(scan)
    assert files.input_value().endswith("scan.pdf")
    assert page.evaluate(_TEXTS) == before != []


def test_a_form_with_a_scan_names_no_representative(administrator: User, scan: Path, page: Page) -> None:
    artisan = ArtisanFactory.create(agreed=())
    page.goto(f"/en/admin/artisans/artisan/{artisan.pk}/consent/")
    page.get_by_role("checkbox", name="name: this site").check()
    page.get_by_label("scanned form").set_input_files(scan)
    page.get_by_role("textbox", name="who uses the data").fill("Mərkəz")
    page.get_by_role("textbox", name="who agrees").fill("Sənətkar")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("The consent is recorded.")).to_be_visible()
    form = ConsentForm.objects.get()
    assert form.representative == ""
    assert form.document
