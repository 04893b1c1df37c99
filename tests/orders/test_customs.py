"""What the customs are told of a parcel that goes abroad: by which form, of which pieces, and who may print it."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries, Settings

from artisans.models import Branch
from catalog.models import Craft, Product, Variant
from dostshop.accounts.models import Role
from orders import customs, refunds
from orders.delivery import delivery_for
from orders.models import Fulfilment, LineItem, Order, Refund
from tests.admin.conftest import BRANCH_WORK, english, signed_in, staff
from tests.factories import BranchFactory, CraftFactory, UserFactory, bag_with, delivery_method, order_of, piece, place
from tests.orders.test_invoices import pay

pytestmark = pytest.mark.django_db

ADDRESS = {"address": "Torstraße 1", "city": "Berlin", "postcode": "10119", "country": "DE", "phone": "+4930123456"}
LETTERS = "Əə Ğğ İı Şş Çç Öö Üü Щедрый"


def sent_abroad(*variants: Variant, quantity: int = 1, **changes: Any) -> Order:
    method = delivery_method(countries=["DE"], up_to_weight_g=30_000)
    bag = bag_with(*variants, quantity=quantity)
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    order = place(bag, option=option, **{**ADDRESS, **changes})
    pay(order)
    return order


def declared(order: Order) -> customs.Declaration:
    found = customs.declaration_of(order.fulfilments.get())
    assert found is not None
    return found


def paper(part: Fulfilment) -> str:
    return f"/staff/parts/{part.pk}/customs-declaration/"


def read(body: bytes) -> tuple[PdfReader, str]:
    document = PdfReader(BytesIO(body))
    text = "\n".join(page.extract_text() for page in document.pages)
    return document, " ".join(text.replace("\u202f", " ").split())


def worker(branch: str = "baku") -> Client:
    return signed_in(staff(Role.BRANCH_STAFF, *BRANCH_WORK, branch=BranchFactory.create(slug=branch)))


def test_the_line_keeps_weight_code_and_permit_of_the_sale() -> None:
    craft = CraftFactory.create(hs_code="570110", needs_export_permit=True)
    order = sent_abroad(piece(craft=craft, weight_g=1200, export_permit="0412/2026"))
    Craft.objects.update(hs_code="999999")
    Product.objects.update(weight_g=1, export_permit="other")
    line = order.lines.get()
    assert (line.weight_g, line.hs_code, line.export_permit) == (1200, "570110", "0412/2026")
    [item] = declared(order).items
    assert (item.weight_g, item.hs_code, item.permit) == (1200, "570110", "0412/2026")


def test_a_line_without_a_code_takes_what_the_craft_has_now() -> None:
    order = sent_abroad(piece(name_en="Bowl"))
    assert declared(order).without_code == ["Bowl, Pottery"]
    Craft.objects.update(hs_code="691200")
    assert (declared(order).without_code, declared(order).items[0].hs_code) == ([], "691200")


@pytest.mark.parametrize(
    ("price", "weight", "form"),
    [("680.00", 2000, "CN 22"), ("680.01", 2000, "CN 23"), ("1.00", 2001, "CN 23"), ("1.00", 1, "CN 22")],
)
def test_the_form_follows_value_and_weight(settings: Settings, price: str, weight: int, form: str) -> None:
    settings.CN22_LIMIT = 680
    assert declared(sent_abroad(piece(price=price, weight_g=weight))).form == form


def test_what_was_given_up_is_not_declared() -> None:
    cups = piece(kind="small_series", on_hand=3, price="10.00", weight_g=300)
    order = sent_abroad(cups, quantity=3)
    what = refunds.Sum({order.lines.get().pk: 2})
    refunds.decide(order.pk, what=what, reason=Refund.Reason.GOODWILL)
    found = declared(order)
    assert (found.items[0].quantity, found.weight_g, found.value) == (1, 300, Decimal("10.00"))
    refunds.decide(order.pk, what=refunds.Sum({order.lines.get().pk: 1}), reason=Refund.Reason.GOODWILL)
    assert customs.declaration_of(order.fulfilments.get()) is None


def test_each_branch_declares_its_own_parcel() -> None:
    order = sent_abroad(piece(name_en="Bowl"), piece(name_en="Sock", branch=BranchFactory.create(slug="barda")))
    found = [customs.declaration_of(part) for part in order.fulfilments.all()]
    assert [[item.description for item in one.items] for one in found if one] == [["Bowl, Pottery"], ["Sock, Pottery"]]


@pytest.mark.parametrize("language", ["az", "ru", "en"])
def test_the_paper_is_in_english_whatever_the_order_with_every_letter(language: str) -> None:
    craft = CraftFactory.create(hs_code="570110", needs_export_permit=True)
    rug = piece(craft=craft, price="1250.00", materials_en="Wool", name_en="Rug", export_permit="0412/2026")
    order = sent_abroad(rug, language=language, name=LETTERS)
    part = order.fulfilments.get()
    response = worker().get(paper(part))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="CN23-{order.code}.pdf"'
    document, text = read(response.content)
    root: Any = document.trailer["/Root"]
    assert document.metadata is not None
    assert document.metadata.title == "Customs declaration CN 23"
    assert (str(root["/Lang"]), root["/MarkInfo"]["/Marked"]) == ("en", True)
    for said in (
        "Déclaration en douane",
        "Sale of goods",
        "Rug, Pottery, Wool",
        "570110",
        "AZ",
        "900 g",
        "1 250,00 AZN",
        "0412/2026",
        order.invoices.get().number,
        LETTERS,
        "Torstraße 1",
        "10119 Berlin",
        "Germany",
        "Azerbaijan",
        "I certify that the particulars",
    ):
        assert said in text, said


def test_who_prepares_the_parcel_prints_it_and_others_do_not(client: Client) -> None:
    part = sent_abroad(piece()).fulfilments.get()
    assert worker("baku").get(paper(part)).status_code == 200
    assert signed_in(staff(Role.CENTRE_STAFF, *BRANCH_WORK)).get(paper(part)).status_code == 200
    instructor = staff(Role.INSTRUCTOR, *BRANCH_WORK, branch=Branch.objects.get(slug="baku"))
    for other in (signed_in(instructor), signed_in(UserFactory.create()), worker("barda")):
        assert other.get(paper(part)).status_code == 404
    assert client.get(paper(part)).status_code == 302
    assert worker("baku").post(paper(part)).status_code == 405


def test_a_parcel_within_the_country_needs_none() -> None:
    method = delivery_method()
    bag = bag_with(piece())
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    home = place(bag, option=option, **{**ADDRESS, "country": "AZ"})
    for order in (home, order_of(piece())):
        part = order.fulfilments.get()
        assert worker().get(paper(part)).status_code == 404
        assert "Customs declaration" not in worker().get(f"/en/staff/parts/{part.pk}/").content.decode()


def test_the_part_offers_it_and_says_what_is_missing() -> None:
    part = sent_abroad(piece(name_en="Bowl")).fulfilments.get()
    page = worker().get(f"/en/staff/parts/{part.pk}/").content.decode()
    assert "Customs declaration CN 22, to print" in page
    assert '<li lang="en">Bowl, Pottery</li>' in page
    Craft.objects.update(hs_code="691200")
    assert "The customs ask for a code" not in worker().get(f"/en/staff/parts/{part.pk}/").content.decode()


def test_the_order_in_the_admin_leads_to_it() -> None:
    order = sent_abroad(piece())
    address = english("orders_order_change", order.pk)
    link = f"/en{paper(order.fulfilments.get())}"
    assert link in worker().get(address).content.decode()
    reader = staff(Role.CENTRE_STAFF, "view_order")
    assert link not in signed_in(reader).get(address).content.decode()
    home = order_of(piece())
    assert "customs-declaration" not in worker().get(english("orders_order_change", home.pk)).content.decode()


@pytest.mark.parametrize("typed", ["12345", "12345678901", "57.01.10", "57O110", "٥٧٠١١٠"])
def test_what_is_no_customs_code_is_refused(typed: str) -> None:
    craft = CraftFactory.create()
    craft.hs_code = typed
    with pytest.raises(ValidationError) as refused:
        craft.full_clean()
    assert "hs_code" in refused.value.message_dict
    if len(typed) <= 10:
        with pytest.raises(IntegrityError, match="catalog_craft_hs_code_digits"), transaction.atomic():
            craft.save()
    craft.refresh_from_db()
    assert craft.hs_code == ""


def test_the_papers_query_count(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    order = sent_abroad(*[piece() for _ in range(4)])
    client = worker()
    with django_assert_num_queries(12):
        client.get(paper(order.fulfilments.get()))
    assert LineItem.objects.count() == 4
