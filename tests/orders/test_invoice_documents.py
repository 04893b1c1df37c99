"""The printed invoice: what it says in three languages, where it is kept, and who may have it."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateJob
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries, Settings

from dostshop import pdf
from orders import invoice_documents, invoices, providers, refunds
from orders.delivery import delivery_for
from orders.models import Invoice, Order, Refund
from tests.dostshop.test_pdf import tags
from tests.factories import CraftFactory, bag_with, delivery_method, order_of, piece, place
from tests.orders.test_invoices import pay

pytestmark = pytest.mark.django_db

LANGUAGES = ["az", "ru", "en"]
LETTERS = "Əə Ğğ İı Şş Çç Öö Üü"
BUYER = f"{LETTERS} Щедрый"


def sold(language: str = "az", **changes: Any) -> Order:
    method = delivery_method(price="5.00")
    names: dict[str, Any] = {"name_az": "Şəkər çörəyi", "name_ru": "Сахарный хлеб", "name_en": "Sugar bread"}
    bag = bag_with(piece(price="1250.00"), piece(price="20.00", craft=CraftFactory.create(tax_class="exempt"), **names))
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    destination = {"address": "Sınaq küçəsi 1", "city": "Gəncə", "postcode": "AZ2000", "country": "AZ"}
    order = place(bag, option=option, language=language, **{"name": BUYER, **destination, **changes})
    pay(order)
    return order


def read(invoice: Invoice) -> tuple[PdfReader, str]:
    document = PdfReader(BytesIO(invoice_documents.document(invoice)))
    text = "\n".join(page.extract_text() for page in document.pages)
    return document, " ".join(text.replace("\u202f", " ").split())


def assert_accessible(document: PdfReader, language: str) -> None:
    """Tagged as PDF/UA-1 asks: its language and title, and tables whose cells have names."""
    root: Any = document.trailer["/Root"]
    assert str(root["/Lang"]).startswith(language)
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "pdfuaid:part>1<" in root["/Metadata"].get_data().decode()
    found = tags(root["/StructTreeRoot"])
    assert {"/H1", "/H2", "/Table", "/THead", "/TBody", "/TR", "/TH", "/TD"} <= set(found)
    assert found.count("/H1") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_sold_what_to_whom_with_every_letter(language: str) -> None:
    invoice = sold(language).invoices.get()
    document, text = read(invoice)
    title = {"az": "Hesab-faktura", "ru": "Счёт-фактура", "en": "Invoice"}[language]
    paid = {"az": "Ödənilib", "ru": "Оплачено", "en": "Paid on"}[language]
    with translation.override(language):
        day = date_format(timezone.localtime(invoice.issued_at), "j E Y")
        card = str(providers.title("stripe"))
    exempt = {"az": "Şəkər çörəyi", "ru": "Сахарный хлеб", "en": "Sugar bread"}[language]
    assert document.metadata is not None
    assert document.metadata.title == f"{title} {invoice.number}"
    assert_accessible(document, language)
    for said in (
        f"{title} {invoice.number}",
        invoice.order.code,
        BUYER,
        "AZ2000 Gəncə",
        "1234567890",
        f"{exempt} (SKU-",
        "1 250,00",
        "1 275,00 ₼",
        "191,44",
        "18 %",
        f"{paid} {day}, {card}",
    ):
        assert said in text, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_credit_note_names_the_invoice_and_the_reason(language: str) -> None:
    order = sold(language)
    what = refunds.Sum({order.lines.all()[1].pk: 1}, deduction=Decimal("3.00"), to_buyer="Etiketi yoxdur")
    refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    invoice, note = Invoice.objects.order_by("pk")
    document, text = read(note)
    assert_accessible(document, language)
    reason = {"az": "qaytarılıb", "ru": "возвращено", "en": "returned"}[language]
    for said in (note.number, invoice.number, reason, BUYER, "–3,00", "17,00 ₼", "Etiketi yoxdur"):
        assert said in text, said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_seller_without_vat_shows_none_and_says_so(settings: Settings, language: str) -> None:
    settings.VAT_STATE, settings.SELLER_VOEN = "not_registered", ""
    _, text = read(sold(language).invoices.get())
    sentence = {
        "az": "Satıcı ƏDV ödəyicisi deyil.",
        "ru": "Продавец не является плательщиком НДС.",
        "en": "The seller is not registered for VAT.",
    }[language]
    assert sentence in text
    assert "18 %" not in text
    assert "VÖEN" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fiscal_number_is_printed_with_what_it_is_good_for(language: str) -> None:
    invoice = sold(language).invoices.get()
    assert "edvgerial.az" not in read(invoice)[1]
    invoice_documents.print_out(invoice_pk=invoice.pk)
    invoices.set_fiscal_id(invoice.pk, fiscal_id="5D8yQe3VQ1aX")
    invoice_documents.print_out(invoice_pk=invoice.pk)
    invoice.refresh_from_db()
    assert invoice.file
    _, text = read(invoice)
    assert "5D8yQe3VQ1aX" in text
    assert "edvgerial.az" in text


@pytest.mark.parametrize("name", ["李小龙", '#read("page.typ") $x$ *b*', "<b>\u202e</b>", "\\ \" ' ] } )", "ə" * 150])
def test_no_name_stops_the_printing(name: str) -> None:
    invoice = sold(name=name).invoices.get()
    assert invoice.number in read(invoice)[1]


def test_it_is_printed_once_and_kept() -> None:
    invoice = order_and_invoice()[1]
    fresh = invoice_documents.document(invoice)
    for _ in range(2):
        invoice_documents.print_out(invoice_pk=invoice.pk)
    invoice.refresh_from_db()
    assert str(invoice.file).startswith(f"invoices/{invoice.year}/{invoice.number}")
    assert invoice_documents.document(invoice) == fresh
    invoice.file.storage.delete(str(invoice.file))
    assert invoice_documents.document(invoice) == fresh


def test_a_number_that_comes_while_it_is_printed_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = order_and_invoice()[1]
    prints = pdf.render

    def slowly(*args: Any, **options: Any) -> bytes:
        Invoice.objects.filter(pk=invoice.pk).update(fiscal_id="5D8yQe3VQ1aX")
        return prints(*args, **options)

    monkeypatch.setattr(pdf, "render", slowly)
    invoice_documents.print_out(invoice_pk=invoice.pk)
    invoice.refresh_from_db()
    assert invoice.file.name == ""


def test_what_is_printed_anew_leaves_no_former_document_behind() -> None:
    invoice = order_and_invoice()[1]
    invoice_documents.print_out(invoice_pk=invoice.pk)
    invoice.refresh_from_db()
    former = str(invoice.file)
    invoices.set_fiscal_id(invoice.pk, fiscal_id="5D8yQe3VQ1aX")
    task = ProcrastinateJob.objects.filter(task_name="orders.print_invoice").latest("pk")
    for _ in range(2):
        invoice_documents.print_out(**task.args)
    invoice.refresh_from_db()
    assert str(invoice.file) not in {"", former}
    assert invoice.file.storage.exists(str(invoice.file))
    assert not invoice.file.storage.exists(former)


def order_and_invoice() -> tuple[Order, Invoice]:
    order = order_of(piece())
    pay(order)
    return order, order.invoices.get()


def test_whoever_has_the_orders_link_has_its_invoice(client: Client) -> None:
    order, invoice = order_and_invoice()
    response = client.get(invoice.get_absolute_url())
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert f"DOST-{invoice.number}.pdf" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"%PDF-")
    page = client.get(order.get_absolute_url()).content.decode()
    assert f'href="{invoice.get_absolute_url()}"' in page


def test_nobody_has_the_invoice_of_another_order(client: Client) -> None:
    (mine, invoice), (other, others) = order_and_invoice(), order_and_invoice()
    link = invoice.get_absolute_url()
    for forged in (
        link.replace(invoice.number, others.number),
        link.replace(mine.secret, other.secret),
        link.replace(mine.code, other.code),
        link.replace(invoice.number, f"{invoice.year}-99999"),
        link.replace(invoice.number, f"{invoice.year}-999999999"),
    ):
        assert client.get(forged).status_code == 404, forged
    assert client.post(link).status_code == 405


@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_the_order_page_shows_the_fiscal_number_as_a_code_with_a_name(client: Client, prefix: str) -> None:
    order, invoice = order_and_invoice()
    address = f"{prefix}{order.get_absolute_url()}"
    assert 'class="qr"' not in client.get(address).content.decode()
    invoices.set_fiscal_id(invoice.pk, fiscal_id="5D8yQe3VQ1aX")
    page = client.get(address).content.decode()
    assert 'class="qr" role="img" aria-label="' in page
    assert "5D8yQe3VQ1aX" in page
    assert "edvgerial.az" in page


def test_the_pages_query_counts(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    order, invoice = order_and_invoice()
    refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal(1)), reason=Refund.Reason.GOODWILL)
    with django_assert_num_queries(2):
        client.get(invoice.get_absolute_url())
    with django_assert_num_queries(11):
        client.get(order.get_absolute_url())
