"""Taking back consents in the admin: what will happen, the action, its report and the slip; by role."""

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from artisans.models import Artisan, Scope, Withdrawal
from catalog import withdrawals
from dostshop.accounts.models import Role
from tests.admin.conftest import signed_in, staff
from tests.factories import ArtisanFactory, BranchFactory, consent

pytestmark = pytest.mark.django_db

RIGHTS = ("view_artisan", "view_withdrawal", "add_withdrawal")


@pytest.fixture
def maker() -> Artisan:
    artisan: Artisan = ArtisanFactory.create(display_name_az="Qızılquş", story_az="Sözlər", agreed=())
    consent(artisan, Scope.NAME, Scope.STORY)
    return artisan


@pytest.fixture
def centre() -> Client:
    return signed_in(staff(Role.CENTRE_STAFF, *RIGHTS))


def page_of(artisan: Artisan) -> str:
    return reverse("admin:artisans_artisan_withdraw", args=[artisan.pk])


def test_first_it_says_what_will_happen_and_changes_nothing(centre: Client, maker: Artisan) -> None:
    said = centre.get(page_of(maker), {"scopes": ["name", "story"]})
    assert said.context["effects"].consents == 2
    assert not Withdrawal.objects.exists()
    maker.refresh_from_db()
    assert maker.display_name == "Qızılquş"


def test_then_it_is_done_and_reported(centre: Client, maker: Artisan) -> None:
    report = centre.post(page_of(maker), {"scopes": ["name", "story"]}, follow=True)
    withdrawal = Withdrawal.objects.get()
    assert report.redirect_chain[-1][0] == reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk])
    assert withdrawal.scopes == ["name", "story"]
    assert withdrawal.recorded_by is not None
    assert "Qızılquş" not in report.content.decode()
    maker.refresh_from_db()
    assert (maker.display_name, maker.story) == ("", "")


@pytest.mark.parametrize("scopes", [[], ["diagnosis"]])
def test_what_is_not_chosen_well_takes_nothing_back(centre: Client, maker: Artisan, scopes: list[str]) -> None:
    assert centre.post(page_of(maker), {"scopes": scopes}).status_code == 200
    assert not Withdrawal.objects.exists()


def test_what_nobody_agreed_to_is_said_so(centre: Client) -> None:
    artisan = ArtisanFactory.create(display_name_az="", story_az="", agreed=())
    assert centre.post(page_of(artisan), {"scopes": ["name"]}).status_code == 200
    assert not Withdrawal.objects.exists()


def test_makers_of_another_branch_and_without_the_right_are_out_of_reach(maker: Artisan) -> None:
    elsewhere = signed_in(staff(Role.BRANCH_STAFF, *RIGHTS, branch=BranchFactory.create(slug="barda")))
    without = signed_in(staff(Role.ACCOUNTANT, "view_artisan"))
    for client in (elsewhere, without, Client()):
        for method in (client.get, client.post):
            assert method(page_of(maker), {"scopes": ["name"]}).status_code in {302, 403, 404}
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_slip_says_what_is_gone_and_names_nobody(centre: Client, maker: Artisan, language: str) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    address = reverse("admin:artisans_withdrawal_slip", args=[withdrawal.pk])
    slip = centre.get(address, {"language": language})
    assert slip.headers["Content-Type"] == "application/pdf"
    assert slip.headers["Content-Language"] == language
    [page] = PdfReader(BytesIO(slip.content)).pages
    text = page.extract_text()
    assert maker.code in text
    assert "Qızılquş" not in text
    assert centre.get(address, {"language": "xx"}).status_code == 404


def test_the_report_query_count(
    centre: Client, maker: Artisan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    with django_assert_num_queries(7):
        centre.get(reverse("admin:artisans_withdrawal_change", args=[withdrawal.pk]))
