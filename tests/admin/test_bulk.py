"""Changing many products at once: what is shown is what is done, to all of them or to none."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from artisans.models import Branch
from catalog import bulk
from catalog.models import Collection, Product, ProductEvent, Variant
from dostshop.accounts.models import Role
from tests.admin.conftest import english
from tests.admin.test_rights import of
from tests.factories import ArtisanFactory, CollectionFactory, PhotoFactory, made_by, piece

pytestmark = pytest.mark.django_db


def post(client: Client, action: str, *products: Product, **fields: Any) -> Any:
    data = {"action": action, "_selected_action": [product.pk for product in products], **fields}
    return client.post(english("catalog_product_changelist"), data)


def shown(client: Client, action: str, *products: Product, **fields: Any) -> list[tuple[str, str, str]]:
    return [(row.old, row.new, row.refusal) for row in post(client, action, *products, **fields).context["found"]]


def confirmed(client: Client, action: str, *products: Product, **fields: Any) -> Any:
    seal = post(client, action, *products, **fields).context["seal"]
    return post(client, action, *products, **fields, seal=seal)


def ready(**fields: Any) -> Product:
    product: Product = piece(**{"state": Product.State.DRAFT, **fields}).product
    PhotoFactory.create(product=product)
    made_by(product, ArtisanFactory.create())
    return product


def prices() -> list[Decimal]:
    return list(Variant.objects.order_by("pk").values_list("price", flat=True))


PERCENT = {"wish": 1, "how": "percent", "value": "10", "step": "0.50"}


def test_prices_are_shown_rounded_then_written(administrator: Client) -> None:
    cheap, dear, left = piece(price="10.20").product, piece(price="99.99").product, piece(price="5.00").product
    assert shown(administrator, "change_prices", cheap, dear, **PERCENT) == [
        ("10,20\u00a0₼", "11,00\u00a0₼", ""),
        ("99,99\u00a0₼", "110,00\u00a0₼", ""),
    ]
    assert prices() == [Decimal("10.20"), Decimal("99.99"), Decimal("5.00")]
    assert confirmed(administrator, "change_prices", cheap, dear, **PERCENT).status_code == 302
    assert prices() == [Decimal("11.00"), Decimal("110.00"), Decimal("5.00")]
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(cheap.pk), str(dear.pk)}
    left.refresh_from_db()
    before = cheap.updated_at
    cheap.refresh_from_db()
    assert cheap.updated_at > before


@pytest.mark.parametrize(
    ("percent", "step", "price", "new"),
    [
        ("10", "0.01", "38.05", "41.86"),
        ("-10", "0.01", "0.05", "0.05"),
        ("-90", "0.01", "0.01", "0.01"),
        ("-50", "1.00", "0.60", "1.00"),
        ("50", "1.00", "1.00", "2.00"),
        ("0.5", "0.50", "100.00", "100.50"),
    ],
)
def test_percent_is_rounded_half_up_and_never_to_nothing(percent: str, step: str, price: str, new: str) -> None:
    assert bulk.Price(percent=Decimal(percent), step=Decimal(step)).of(Decimal(price)) == Decimal(new)


@pytest.mark.parametrize(
    "typed",
    [
        {"value": ""},
        {"value": "abc"},
        {"value": "NaN"},
        {"value": "0", "how": "amount"},
        {"value": "-5", "how": "amount"},
        {"value": "10000000", "how": "amount"},
        {"value": "1,005", "how": "amount"},
        {"value": "-91"},
        {"value": "201"},
        {"how": ""},
        {"step": "0.03"},
    ],
)
def test_what_is_no_price_is_refused_at_its_field(administrator: Client, typed: dict[str, str]) -> None:
    product = piece(price="38.00").product
    page = post(administrator, "change_prices", product, **{**PERCENT, **typed})
    assert list(page.context["form"].errors) == [next(iter(typed))]
    assert page.context["found"] is None
    assert prices() == [Decimal("38.00")]


def test_one_price_too_high_stops_all(administrator: Client) -> None:
    products = [piece(price=price).product for price in ("9999999.00", "10.00")]
    page = post(administrator, "change_prices", *products, **PERCENT)
    assert [bool(row.refusal) for row in page.context["found"]] == [True, False]
    assert "Do it" not in page.content.decode()
    answer = post(administrator, "change_prices", *products, **PERCENT, seal=page.context["seal"])
    assert answer.status_code == 200
    assert prices() == [Decimal("9999999.00"), Decimal("10.00")]


def test_what_changed_meanwhile_is_shown_anew(administrator: Client) -> None:
    product = piece(price="38.00").product
    seal = post(administrator, "change_prices", product, **PERCENT).context["seal"]
    Variant.objects.update(price=Decimal("40.00"))
    for forged in (seal, "", "0" * 64):
        page = post(administrator, "change_prices", product, **PERCENT, seal=forged)
        assert [(row.old, row.new) for row in page.context["found"]] == [("40,00\u00a0₼", "44,00\u00a0₼")]
        assert "changed meanwhile" in page.content.decode()
        assert prices() == [Decimal("40.00")]
    # What was shown for one product is agreed to for no other.
    assert not LogEntry.objects.exists()


def test_a_collection_gets_them_last_and_loses_them(administrator: Client) -> None:
    collection = CollectionFactory.create()
    there, new, third = (piece().product for _ in range(3))
    collection.items.create(product=there, position=7)
    adding = {"wish": 1, "collection": collection.pk, "is_wanted": "yes"}
    assert len(shown(administrator, "change_collection", there, new, third, **adding)) == 2
    confirmed(administrator, "change_collection", there, new, third, **adding)
    assert list(collection.items.values_list("product", "position")) == [(there.pk, 7), (new.pk, 8), (third.pk, 9)]
    taking = {**adding, "is_wanted": "no"}
    confirmed(administrator, "change_collection", there, third, **taking)
    assert list(collection.items.values_list("product", flat=True)) == [new.pk]
    page = post(administrator, "change_collection", there, **taking)
    assert "nothing to change" in page.content.decode()


def test_pieces_move_to_another_branch(administrator: Client) -> None:
    barda = Branch.objects.get(slug="barda")
    moved, there = piece().product, piece(branch=barda).product
    wish = {"wish": 1, "branch": barda.pk}
    assert len(shown(administrator, "change_branch", moved, there, **wish)) == 1
    confirmed(administrator, "change_branch", moved, there, **wish)
    assert set(Product.objects.values_list("branch", flat=True)) == {barda.pk}


def test_each_step_is_foreseen_and_its_refusal_named(administrator: Client) -> None:
    whole, bare, archived = ready(), piece(state=Product.State.DRAFT).product, ready(state=Product.State.ARCHIVED)
    asked = ready(state=Product.State.CHANGES_ASKED)
    rows = shown(administrator, "publish_chosen", whole, bare, archived, asked)
    assert [new for _old, new, _refusal in rows] == ["published"] * 4
    assert [refusal[:25] for _old, _new, refusal in rows] == ["", "Not yet. It needs: a photo"[:25], "", ""]
    assert not ProductEvent.objects.exists()
    confirmed(administrator, "publish_chosen", whole, bare, archived, asked)
    states = dict(Product.objects.values_list("pk", "state"))
    assert states == {
        whole.pk: "published",
        bare.pk: "draft",
        archived.pk: "published",
        asked.pk: "published",
    }
    [(_old, _new, refusal)] = shown(administrator, "approve_chosen", whole)
    assert "cannot become" in refusal
    assert "Do it" not in post(administrator, "approve_chosen", whole).content.decode()


def test_more_than_500_at_once_are_refused(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    products = [piece().product for _ in range(3)]
    answer = post(administrator, "change_prices", *products, **PERCENT)
    assert answer.status_code == 302
    assert post(administrator, "change_prices", *products[:2], **PERCENT).status_code == 200


def test_branch_staff_change_prices_of_their_branch_and_nothing_else(db: None) -> None:
    baku_staff, collection = of(Role.BRANCH_STAFF), CollectionFactory.create()
    own = piece(price="10.00").product
    foreign = piece(price="10.00", branch=Branch.objects.get(slug="barda")).product
    wish = {"wish": 1, "how": "amount", "value": "12,50", "step": "0.01"}
    assert len(shown(baku_staff, "change_prices", own, foreign, **wish)) == 1
    confirmed(baku_staff, "change_prices", own, foreign, **wish)
    assert prices() == [Decimal("12.50"), Decimal("10.00")]
    typed = {"wish": 1, "collection": collection.pk, "is_wanted": "yes", "branch": foreign.branch_id}
    for action in ("change_collection", "change_branch", "publish_chosen", "archive_chosen"):
        for extra in ({}, {"seal": "x"}):
            post(baku_staff, action, own, **typed, **extra)
    own.refresh_from_db()
    assert (own.branch.slug, own.state) == ("baku", Product.State.PUBLISHED)
    assert not Collection.objects.filter(items__isnull=False).exists()
    for role in (Role.ACCOUNTANT, Role.INSTRUCTOR):
        post(of(role), "change_prices", own, **wish, seal=bulk.seal([]))
    assert prices() == [Decimal("12.50"), Decimal("10.00")]
