"""The ledger in the admin: read and exported by accountants alone, and rules that are only added."""

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import tablib
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from pytest_django import DjangoAssertNumQueries, Settings

from artisans import ledger_table, payouts
from artisans.ledger_table import Format
from artisans.models import Artisan, ArtisanPrivate, EarningsRule, LedgerEntry, Payout
from dostshop.accounts.models import Role
from orders.models import Order
from tests import paying
from tests.admin.conftest import english, signed_in, staff
from tests.admin.test_rights import of
from tests.factories import ArtisanFactory, BranchFactory, UserFactory
from tests.orders.test_books import give_back, three_sent

pytestmark = pytest.mark.django_db
EXPORT = "artisans_ledgerentry_export"


@pytest.fixture
def accountant() -> Client:
    return of(Role.ACCOUNTANT)


@pytest.fixture
def nar(settings: Settings) -> Artisan:
    settings.VAT_STATE = "not_registered"
    maker: Artisan = ArtisanFactory.create()
    return maker


@pytest.fixture
def sold(nar: Artisan) -> Order:
    return three_sent(nar)


def period(**changes: str) -> dict[str, str]:
    today = f"{timezone.localdate():%Y-%m-%d}"
    return {"first": today, "last": today, "format": "csv", **changes}


def test_the_list_says_what_moved(
    accountant: Client, sold: Order, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    accountant.get(english("artisans_ledgerentry_changelist"))
    with django_assert_num_queries(9):
        page = accountant.get(english("artisans_ledgerentry_changelist"), {"q": sold.code}).content.decode()
    for told in (sold.code, "owed to makers", "-26,25", "Turquoise bowl", "Export a period"):
        assert told in page, told
    only_money = accountant.get(english("artisans_ledgerentry_changelist"), {"account__exact": "money"})
    assert only_money.context["cl"].result_count == 1


def test_one_entry_is_read_and_nothing_of_it_is_changed(accountant: Client, administrator: Client, sold: Order) -> None:
    entry = LedgerEntry.objects.get(account="makers")
    page = english("artisans_ledgerentry_change", entry.pk)
    assert "-26,25" in accountant.get(page).content.decode()
    assert administrator.post(page, {"amount": "1"}).status_code == 403
    assert administrator.get(english("artisans_ledgerentry_add")).status_code == 403
    assert administrator.post(english("artisans_ledgerentry_delete", entry.pk), {"post": "yes"}).status_code == 403
    assert LedgerEntry.objects.get(account="makers").amount == Decimal("-26.25")


def test_a_period_is_exported_as_a_table(accountant: Client, nar: Artisan, sold: Order) -> None:
    give_back(sold, 1)
    response = accountant.get(english(EXPORT), period())
    assert response["Content-Type"].startswith("text/csv")
    today = timezone.localdate()
    assert response["Content-Disposition"] == f'attachment; filename="ledger-{today}-{today}.csv"'
    rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig"))))
    assert sum(Decimal(row["amount"]) for row in rows) == 0
    of_maker = [(row["booking"], row["amount"], row["quantity"]) for row in rows if row["maker's code"] == nar.code]
    payment, refund = sold.payments.get(), sold.payments.get().refunds.get()
    assert of_maker == [(f"sale-{payment.pk}", "-26.25", "3"), (f"refund-{refund.pk}", "8.75", "-1")]
    assert rows[0]["day"] == f"{today:%Y-%m-%d}"


def test_a_spreadsheet_gets_numbers_and_days(accountant: Client, sold: Order) -> None:
    response = accountant.get(english(EXPORT), period(format="xlsx"))
    sheet = tablib.Dataset().load(response.content, "xlsx")
    row = sheet.dict[0]
    assert (row["amount"], row["order"], row["where the money is"]) == (42.5, sold.code, "Stripe")
    assert str(row["day"])[:10] == f"{timezone.localdate():%Y-%m-%d}"
    assert sheet.height == LedgerEntry.objects.count()
    assert sheet.title == "Ledger"


def test_it_opens_in_columns_with_sums_in_the_language_of_the_page(accountant: Client, sold: Order) -> None:
    for language in ("az", "ru"):
        with translation.override(language):
            text = accountant.get(reverse(f"admin:{EXPORT}"), period()).content.decode("utf-8-sig")
            amount = gettext("amount")
        rows = list(csv.DictReader(StringIO(text), delimiter=";"))
        assert {"42,50", "-26,25"} <= {row[amount] for row in rows}, language


def test_a_payout_brings_the_number_of_its_paper(accountant: Client, nar: Artisan, sold: Order) -> None:
    payout = paying.approve(nar.pk, method=Payout.Method.CASH, actor=UserFactory.create())
    payouts.pay([payout.pk], document_number="=KM-17", paid_on=timezone.localdate(), actor=UserFactory.create())
    rows = list(csv.DictReader(StringIO(accountant.get(english(EXPORT), period()).content.decode("utf-8-sig"))))
    told = {(row["booking"], row["document number"], row["where the money is"]) for row in rows}
    assert (f"payout-{payout.pk}", "'=KM-17", "cash") in told
    assert {number for booking, number, _place in told if not booking.startswith("payout")} == {""}


def test_a_reversal_is_a_line_of_its_own_with_the_same_number(accountant: Client, nar: Artisan, sold: Order) -> None:
    payout = paying.approve(nar.pk, method=Payout.Method.CASH, actor=UserFactory.create())
    paying.pay(payout.pk, document_number="KM-17")
    paying.reverse(payout.pk)
    rows = list(csv.DictReader(StringIO(accountant.get(english(EXPORT), period()).content.decode("utf-8-sig"))))
    told = [
        (row["booking"], row["kind"], row["amount"], row["where the money is"], row["document number"])
        for row in rows
        if row["booking"].startswith("payout")
    ]
    amount = payout.amount
    assert told == [
        (f"payout-{payout.pk}", "paid out to a maker", f"{amount}", "", "KM-17"),
        (f"payout-{payout.pk}", "paid out to a maker", f"{-amount}", "cash", "KM-17"),
        (f"payout-{payout.pk}-reversal", "payout reversed", f"{-amount}", "", "KM-17"),
        (f"payout-{payout.pk}-reversal", "payout reversed", f"{amount}", "cash", "KM-17"),
    ]


def test_only_the_days_asked_for_are_exported(accountant: Client, sold: Order) -> None:
    yesterday = f"{timezone.localdate() - timedelta(days=1):%Y-%m-%d}"
    text = accountant.get(english(EXPORT), period(first="2025-01-01", last=yesterday)).content.decode("utf-8-sig")
    assert len(text.splitlines()) == 1
    assert sold.code in accountant.get(english(EXPORT), period(first="2025-01-01")).content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first": "2026-03-02", "last": "2026-03-01"}, "It ends before it begins."),
        ({"first": ""}, "This field is required."),
        ({"last": "31.02.2026"}, "Enter a valid date."),
        ({"format": "exe"}, "Select a valid choice."),
    ],
)
def test_a_period_that_is_none_is_said(accountant: Client, changes: dict[str, str], sentence: str) -> None:
    response = accountant.get(english(EXPORT), period(**changes))
    assert "Content-Disposition" not in response
    assert sentence in response.content.decode()


def cells_of(table: bytes) -> list[str]:
    return [str(cell) for row in tablib.Dataset().load(table, "xlsx") for cell in row]


def test_a_name_is_never_a_formula_and_a_maker_never_a_name(nar: Artisan, sold: Order) -> None:
    ArtisanPrivate.objects.filter(pk=nar.pk).update(legal_name="Gizli Adlı")
    line = sold.lines.get()
    line.variant.product.name_az = "=HYPERLINK(1)"  # type: ignore[attr-defined]
    line.variant.product.save()
    give_back(sold, 1)
    for kind in Format:
        table = ledger_table.of_period(date(2020, 1, 1), date(2100, 1, 1), format=kind)
        cells = re.split(r"[;\r\n]+", table.decode()) if kind == Format.CSV else cells_of(table)
        assert "'=HYPERLINK(1)" in cells
        assert "=HYPERLINK(1)" not in cells
        assert "Gizli Adlı" not in cells


def test_accountants_alone_export(client: Client, administrator: Client, sold: Order) -> None:
    for role in Role:
        answer = of(role).get(english(EXPORT), period())
        assert (answer.status_code == 200) == (role == Role.ACCOUNTANT), role
        assert (sold.code in answer.content.decode()) == (role == Role.ACCOUNTANT), role
    assert administrator.get(english(EXPORT), period()).status_code == 200
    assert client.get(english(EXPORT), period()).status_code == 302


def test_the_right_to_export_is_of_use_to_nobody_of_a_branch_and_nobody_who_may_not_look(sold: Order) -> None:
    of_branch = staff(Role.BRANCH_STAFF, "view_ledgerentry", "export_booking", branch=BranchFactory.create())
    blind = staff(Role.CENTRE_STAFF, "export_booking")
    for user in (of_branch, blind):
        answer = signed_in(user).get(english(EXPORT), period())
        assert answer.status_code == 403
        assert sold.code not in answer.content.decode()
    assert signed_in(staff(Role.CENTRE_STAFF, "view_ledgerentry", "export_booking")).get(english(EXPORT), period())[
        "Content-Disposition"
    ]


def rule(**changes: object) -> dict[str, object]:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return {"valid_from": tomorrow, "makers": "75", "centre": "15", "materials": "10", **changes}


def test_a_rule_is_added_and_taken_back_before_it_begins(accountant: Client) -> None:
    assert accountant.post(english("artisans_earningsrule_add"), rule()).status_code == 302
    new = EarningsRule.objects.get(makers=75)
    page = english("artisans_earningsrule_change", new.pk)
    assert accountant.post(page, rule(makers="80")).status_code == 403
    accountant.post(english("artisans_earningsrule_delete", new.pk), {"post": "yes"})
    first = EarningsRule.objects.get()
    assert accountant.post(english("artisans_earningsrule_delete", first.pk), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [first.pk], "post": "yes"}
    accountant.post(english("artisans_earningsrule_changelist"), chosen)
    assert EarningsRule.objects.get() == first


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"materials": "9"}, "The three parts together have to make 100 percent."),
        ({"materials": "11"}, "The three parts together have to make 100 percent."),
        ({"materials": "0", "centre": "25"}, "Each part has to be more than 0 percent."),
        ({"valid_from": "2026-01-01"}, "A rule holds from tomorrow"),
        ({"makers": ""}, "This field is required."),
    ],
)
def test_a_rule_that_cannot_be_is_said_and_not_written(
    accountant: Client, changes: dict[str, object], sentence: str
) -> None:
    page = accountant.post(english("artisans_earningsrule_add"), rule(**changes)).content.decode()
    assert sentence in page
    assert EarningsRule.objects.count() == 1


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.BRANCH_STAFF, Role.CENTRE_STAFF])
def test_nobody_else_sets_how_a_price_is_shared(role: Role) -> None:
    # Instructors are sent away at the admin's door.
    refused = 302 if role == Role.INSTRUCTOR else 403
    assert of(role).post(english("artisans_earningsrule_add"), rule()).status_code == refused
    assert EarningsRule.objects.count() == 1
