"""Statements in the admin: issued by accountants, read by the Centre too, and out of everybody else's reach."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from artisans import statements
from artisans.models import Artisan, Branch, Statement, StatementMonth
from dostshop.accounts.models import Role, User
from dostshop.locks import Busy
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.artisans.test_consent_documents import read
from tests.artisans.test_statements import LAST, THIS_MONTH, book, maker, told_life
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST, ISSUE = "artisans_statement_changelist", "artisans_statement_issue"


@pytest.fixture
def accountant() -> Client:
    return of(Role.ACCOUNTANT)


@pytest.fixture
def artisan() -> Artisan:
    found = maker(private__legal_name="Məmmədova Sevil")
    told_life(found)
    return found


@pytest.fixture
def statement(artisan: Artisan) -> Statement:
    user: User = UserFactory.create()
    statements.issue(LAST, actor=user)
    return Statement.objects.get(artisan=artisan)


def of_branch() -> Statement:
    return Statement.objects.get(artisan=None)


def typed(**changes: str) -> dict[str, str]:
    return {"month": LAST.isoformat(), **changes}


def test_an_accountant_issues_the_statements_of_a_month(accountant: Client, artisan: Artisan) -> None:
    page = accountant.get(english(ISSUE)).content.decode()
    assert f"{LAST:%B %Y}" in page
    page = accountant.post(english(ISSUE), typed(), follow=True).content.decode()
    assert "Statement issued for 1 maker." in page
    told = StatementMonth.objects.get()
    assert (told.month, told.issued_by.memberships.get().role) == (LAST, Role.ACCOUNTANT)
    page = accountant.get(english(ISSUE)).content.decode()
    assert "Every month that is over is told." in page
    assert artisan.statements.count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"month": ""}, "This field is required."),
        ({"month": "2026-13-01"}, "Select a valid choice."),
        ({"month": "1999-01-01"}, "Select a valid choice."),
        ({"month": THIS_MONTH.isoformat()}, "Select a valid choice."),
    ],
)
def test_a_month_that_cannot_be_issued_is_said(
    accountant: Client, artisan: Artisan, changes: dict[str, str], sentence: str
) -> None:
    response = accountant.post(english(ISSUE), typed(**changes))
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not StatementMonth.objects.exists()


@pytest.mark.parametrize(
    ("refusal", "sentence"), [(statements.NotIssued("Told already."), "Told already."), (Busy(), "Please try again.")]
)
def test_what_is_refused_meanwhile_is_said(
    accountant: Client, artisan: Artisan, monkeypatch: pytest.MonkeyPatch, refusal: Exception, sentence: str
) -> None:
    def refuse(*_args: Any, **_options: Any) -> int:
        raise refusal

    monkeypatch.setattr(statements, "issue", refuse)
    page = accountant.post(english(ISSUE), typed()).content.decode()
    assert sentence in page
    assert "selected" in page


def test_the_list_and_a_page_say_what_is_owed(
    accountant: Client, statement: Statement, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    accountant.get(english(LIST))
    with django_assert_num_queries(11):
        page = accountant.get(english(LIST), {"q": "Baku"}).content.decode()
    for told in ("23,30", "50,00", "all makers of the branch", f"{LAST:%m.%Y}"):
        assert told in page, told
    # Which kinds of rows there are is looked up once.
    accountant.get(english("artisans_statement_change", statement.pk))
    with django_assert_num_queries(7):
        page = accountant.get(english("artisans_statement_change", statement.pk)).content.decode()
    assert "?language=ru" in page
    assert english("artisans_statement_papers_of_makers", statement.pk) not in page
    page = accountant.get(english("artisans_statement_change", of_branch().pk)).content.decode()
    assert english("artisans_statement_papers_of_makers", of_branch().pk) in page


def test_nothing_of_it_is_changed(accountant: Client, administrator: Client, statement: Statement) -> None:
    for client in (accountant, administrator):
        page = english("artisans_statement_change", statement.pk)
        assert client.post(page, {"closing": "1"}).status_code == 403
        assert client.get(english("artisans_statement_add")).status_code == 403
        delete = english("artisans_statement_delete", statement.pk)
        assert client.post(delete, {"post": "yes"}).status_code == 403
    assert Statement.objects.count() == 2


def test_all_papers_of_a_branch_are_one_file(accountant: Client, artisan: Artisan) -> None:
    for _number in range(2):
        book(maker(), "10.00")
    book(maker(branch=Branch.objects.get(slug="barda")), "10.00")
    statements.issue(LAST, actor=UserFactory.create())
    baku = Statement.objects.get(artisan=None, branch=artisan.branch)
    document, text = read(accountant.get(english("artisans_statement_papers_of_makers", baku.pk), {"language": "ru"}))
    assert len(document.pages) == 3
    codes = [one.code for one in Artisan.objects.filter(branch=artisan.branch).order_by("code")]
    places = [text.index(code) for code in codes]
    assert places == sorted(places)


def papers(statement: Statement) -> list[str]:
    return [
        *(english("artisans_statement_paper", one.pk) for one in (statement, of_branch())),
        english("artisans_statement_papers_of_makers", of_branch().pk),
        english("artisans_statement_preview", statement.artisan_id),
    ]


@pytest.mark.parametrize("role", list(Role))
def test_who_may_open_what(role: Role, statement: Statement) -> None:
    may_read, client = role in {Role.ACCOUNTANT, Role.CENTRE_STAFF}, of(role)
    # Instructors are sent away at the admin's door.
    not_found, forbidden = (302, 302) if role == Role.INSTRUCTOR else (404, 403)
    for address in papers(statement):
        response = client.get(address, {"language": "az"})
        assert response.status_code == (200 if may_read else not_found), address
        if may_read:
            assert response.content.startswith(b"%PDF-")
            assert "no-store" in response["Cache-Control"]
            assert "DOST-" in response["Content-Disposition"]
    page = client.get(english("artisans_artisan_statements", statement.artisan_id))
    assert (page.status_code == 200) == may_read
    assert client.get(english(ISSUE)).status_code == (200 if role == Role.ACCOUNTANT else forbidden)
    assert client.post(english(ISSUE), typed()).status_code == (200 if role == Role.ACCOUNTANT else forbidden)


@pytest.mark.parametrize("slug", ["baku", "barda"])
def test_who_works_for_one_branch_sees_none_whatever_the_rights(slug: str, statement: Statement) -> None:
    branch = Branch.objects.get(slug=slug)
    client = signed_in(staff(Role.BRANCH_STAFF, "view_statement", "view_artisan", branch=branch))
    for address in papers(statement):
        assert client.get(address, {"language": "az"}).status_code == 404, address
    assert client.get(english("artisans_artisan_statements", statement.artisan_id)).status_code == 403
    assert client.get(english("artisans_statement_change", statement.pk)).status_code == 302
    assert client.get(english(LIST)).context["cl"].result_count == 0


def test_strangers_and_shoppers_are_sent_away(client: Client, statement: Statement) -> None:
    shopper = signed_in(UserFactory.create())
    for address in (*papers(statement), english(ISSUE), english(LIST)):
        for person in (client, shopper):
            assert person.get(address, {"language": "az"}).status_code == 302, address


@pytest.mark.parametrize("language", ["", "de", "az'"])
def test_a_paper_in_no_language_is_not_found(accountant: Client, statement: Statement, language: str) -> None:
    for address in papers(statement):
        assert accountant.get(address, {"language": language}).status_code == 404, address


def test_papers_that_are_none_are_not_found(accountant: Client, statement: Statement) -> None:
    addresses = [
        english("artisans_statement_paper", 0),
        english("artisans_statement_papers_of_makers", statement.pk),
        english("artisans_statement_preview", 0),
        "/en/admin/artisans/artisan/abc/statements/",
    ]
    for address in addresses:
        assert accountant.get(address, {"language": "az"}).status_code == 404, address


def test_the_page_of_a_maker_leads_to_the_statements(
    accountant: Client, statement: Statement, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page = english("artisans_artisan_statements", statement.artisan_id)
    assert page in accountant.get(english("artisans_artisan_change", statement.artisan_id)).content.decode()
    assert (
        page not in of(Role.BRANCH_STAFF).get(english("artisans_artisan_change", statement.artisan_id)).content.decode()
    )
    with django_assert_num_queries(8):
        text = accountant.get(page).content.decode()
    for told in ("23,30", english("artisans_statement_paper", statement.pk), "Until today"):
        assert told in text, told
    empty = accountant.get(english("artisans_artisan_statements", maker().pk)).content.decode()
    assert "No statement is issued yet." in empty


def test_the_list_asks_no_more_for_many_statements(
    accountant: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(20):
        book(maker(), "10.00", on=LAST + timedelta(days=1))
    statements.issue(LAST, actor=UserFactory.create())
    accountant.get(english(LIST))
    with django_assert_num_queries(11):
        accountant.get(english(LIST))
