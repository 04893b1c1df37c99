"""Invoices in the admin: read, printed, exported; the fiscal number is typed in by who may."""

import csv
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from artisans.models import Branch
from dostshop.accounts.models import Role
from orders import invoice_table, invoices, payments, refunds, vat
from orders.models import Invoice, Refund
from tests.admin.conftest import english, signed_in, staff
from tests.factories import UserFactory, order_of, piece, worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice() -> Invoice:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create(is_staff=True))
    return order.invoices.get()


@pytest.fixture
def accountant() -> Client:
    return signed_in(staff(Role.ACCOUNTANT, "view_invoice", "change_invoice"))


def enter(client: Client, invoice: Invoice, typed: str) -> str:
    address = english("orders_invoice_enter_fiscal_id", invoice.pk)
    return client.post(address, {"fiscal_id": typed, "_form_submitted": "on"}, follow=True).content.decode()


def pdf(invoice: Invoice) -> str:
    return reverse("admin:orders_invoice_pdf", args=[invoice.pk])


def test_the_accountant_enters_the_fiscal_number(accountant: Client, invoice: Invoice) -> None:
    page = enter(accountant, invoice, " 5D8yQe3VQ1aX ")
    assert "The fiscal number is entered" in page
    invoice.refresh_from_db()
    assert invoice.fiscal_id == "5D8yQe3VQ1aX"
    assert invoice.order.mails.filter(kind="receipt").exists()


@pytest.mark.parametrize("typed", ["", "5D8yQe3VQ1a", "5D8yQe3VQ1aXY", "5D8y Qe3VQ1a", "5D8yQe3VQ1aƏ", "x" * 10_000])
def test_what_is_no_fiscal_number_is_said_and_changes_nothing(accountant: Client, invoice: Invoice, typed: str) -> None:
    page = enter(accountant, invoice, typed)
    assert "12 letters and digits" in page
    assert "The fiscal number is entered" not in page
    invoice.refresh_from_db()
    assert invoice.fiscal_id == ""


def test_the_number_of_another_receipt_is_refused_in_words(accountant: Client, invoice: Invoice) -> None:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create(is_staff=True))
    enter(accountant, invoice, "5D8yQe3VQ1aX")
    assert "Another invoice has this fiscal number." in enter(accountant, order.invoices.get(), "5D8yQe3VQ1aX")
    assert order.invoices.get().fiscal_id == ""


def test_who_may_only_look_enters_nothing(invoice: Invoice) -> None:
    looker = signed_in(staff(Role.ACCOUNTANT, "view_invoice"))
    assert looker.get(pdf(invoice)).status_code == 200
    address = reverse("admin:orders_invoice_enter_fiscal_id", args=[invoice.pk])
    response = looker.post(address, {"fiscal_id": "5D8yQe3VQ1aX", "_form_submitted": "on"})
    assert response.status_code == 403
    assert Invoice.objects.get().fiscal_id == ""


def test_documents_open_for_who_may_see_them_alone(client: Client, accountant: Client, invoice: Invoice) -> None:
    response = accountant.get(pdf(invoice))
    assert response["Content-Type"] == "application/pdf"
    barda = staff(Role.BRANCH_STAFF, "view_invoice", branch=Branch.objects.get(slug="barda"))
    baku = staff(Role.BRANCH_STAFF, "view_invoice", branch=Branch.objects.get(slug="baku"))
    assert signed_in(baku).get(pdf(invoice)).status_code == 200
    assert signed_in(barda).get(pdf(invoice)).status_code == 404
    assert signed_in(staff(Role.CENTRE_STAFF)).get(pdf(invoice)).status_code == 404
    assert signed_in(UserFactory.create()).get(pdf(invoice), follow=True).status_code == 403
    assert client.get(pdf(invoice)).status_code == 302


def test_nobody_adds_changes_or_deletes_one(administrator: Client, invoice: Invoice) -> None:
    change = english("orders_invoice_change", invoice.pk)
    assert administrator.get(english("orders_invoice_add")).status_code == 403
    assert administrator.post(change, {"kind": "credit_note"}).status_code == 403
    assert administrator.post(english("orders_invoice_delete", invoice.pk), {"post": "yes"}).status_code == 403
    assert Invoice.objects.get() == invoice
    assert pdf(invoice) in administrator.get(reverse("admin:orders_invoice_change", args=[invoice.pk])).content.decode()


def test_the_list_is_filtered(accountant: Client, invoice: Invoice) -> None:
    what = refunds.Sum({line.pk: 1 for line in invoice.order.lines.all()})
    refunds.decide(invoice.order.pk, what=what, reason=Refund.Reason.RETURNED)
    note = Invoice.objects.get(kind="credit_note")
    changelist = english("orders_invoice_changelist")
    shown = accountant.get(changelist, {"kind__exact": "credit_note", "year": str(invoice.year)}).content.decode()
    assert (note.number in shown, invoice.number in shown) == (True, False)


def exported(client: Client, address: str) -> list[list[str]]:
    chosen = {"action": "export", "_selected_action": list(Invoice.objects.values_list("pk", flat=True))}
    response = client.post(address, chosen)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    delimiter = "," if address.startswith("/en/") else ";"
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=delimiter))


def test_what_an_accountant_imports(accountant: Client, settings: Settings) -> None:
    settings.VAT_STATE = vat.REGISTERED
    exempt = piece(price="10.00", craft__tax_class="exempt")
    order = order_of(piece(), exempt, provider="branch", name="=HYPERLINK(1)", language="ru")
    payments.mark_paid(order.pk, actor=worker())
    invoice = order.invoices.get()
    invoices.set_fiscal_id(invoice.pk, fiscal_id="5D8yQe3VQ1aX")
    lines = {line.sku: line.pk for line in order.lines.all()}
    refunds.decide(order.pk, what=refunds.Sum({lines[exempt.sku]: 1}), reason=Refund.Reason.RETURNED)
    note = Invoice.objects.get(kind="credit_note")
    day = timezone.localdate().isoformat()
    both = [order.code, "'=HYPERLINK(1)", "at the branch, on pickup"]
    sold, back = [invoice.number, "invoice", day, "", *both], [note.number, "credit note", day, invoice.number, *both]
    heading, *rows = exported(accountant, english("orders_invoice_changelist"))
    assert heading[:7] == ["number", "kind", "issued", "corrects", "order", "buyer", "way of paying"]
    assert heading[7:11] == ["kind of VAT", "VAT rate, %", "sum without VAT", "VAT"]
    assert heading[11:] == ["sum with VAT", "currency", "fiscal number"]
    assert rows == [
        [*sold, "VAT", "18.00", "32.20", "5.80", "38.00", "AZN", "5D8yQe3VQ1aX"],
        [*sold, "exempt from VAT", "0.00", "10.00", "0.00", "10.00", "AZN", "5D8yQe3VQ1aX"],
        [*back, "exempt from VAT", "0.00", "-10.00", "0.00", "-10.00", "AZN", ""],
    ]


def test_heading_and_sums_are_in_the_language_of_staff(accountant: Client, invoice: Invoice) -> None:
    heading, row = exported(accountant, reverse("admin:orders_invoice_changelist"))
    assert heading[5:7] == ["alıcı", "ödəniş üsulu"]
    assert row[6] == "filialda, götürəndə"
    assert row[9:12] == ["32,20", "5,80", "38,00"]


def test_a_table_is_one_query(invoice: Invoice, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    with django_assert_num_queries(1):
        invoice_table.write(Invoice.objects.all(), into=StringIO())
