"""Five thousand rows: within a minute, and by as few questions as five."""

from decimal import Decimal
from time import process_time

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from artisans.models import ArtisanPrivate
from catalog.models import Product, ProductMaker, Variant
from dostshop.exchange.models import Import
from orders.models import Stock
from tests.admin.test_rights import CENTRE, of
from tests.exchange.bringing import bring, exported, say_yes
from tests.exchange.test_pieces import user_of
from tests.factories import ArtisanFactory, BranchFactory, CraftFactory

pytestmark = pytest.mark.django_db

ROWS = 5000
TEXTS = [f"{name}_{code}" for name in ("name", "description", "care") for code in ("az", "ru", "en")]


def fill_catalogue(rows: int) -> None:
    """With texts in every language, stock, and makers with legal names of their own."""
    branch, craft, before = BranchFactory.create(), CraftFactory.create(), Product.objects.count()
    makers = ArtisanFactory.create_batch(40, agreed=())
    for number, maker in enumerate(makers):
        ArtisanPrivate.objects.filter(artisan=maker).update(
            legal_name=f"Həsənova{number} Gülnar{chr(97 + number % 26)}"
        )
    texts = {name: f"Əl ilə toxunub, yun, {name}" for name in TEXTS}
    products = Product.objects.bulk_create(
        Product(branch=branch, craft=craft, code=f"P{before + n}", slug=f"xalca-{n}", weight_g=900, **texts)
        for n in range(rows)
    )
    ProductMaker.objects.bulk_create(ProductMaker(product=one, artisan=makers[one.pk % 40]) for one in products)
    variants = Variant.objects.bulk_create(
        Variant(product=one, code=f"V{before + n}", sku=f"X-{one.pk}", price=Decimal("99.90"))
        for n, one in enumerate(products)
    )
    Stock.objects.bulk_create(Stock(variant=one, on_hand=1) for one in variants)


def change_everything() -> None:
    Product.objects.update(weight_g=1, **{name: Concat(F(name), Value(" başqa")) for name in TEXTS})
    Variant.objects.update(price=1)
    Stock.objects.update(on_hand=7)


def test_five_thousand_rows_are_read_and_carried_out_within_a_minute(db: None) -> None:
    """Of the processor's time, so that a busy machine makes no difference; the database's own is not in it."""
    fill_catalogue(ROWS)
    staff = of(CENTRE)
    whole_table = exported(user_of(staff), as_="xlsx")
    change_everything()
    began = process_time()
    brought = bring(staff, whole_table, name="all.xlsx")
    assert (brought.rows, brought.lines.count()) == (ROWS, ROWS)
    assert say_yes(staff, brought).state == Import.State.APPLIED
    assert process_time() - began <= 60
    assert Product.objects.filter(weight_g=900).count() == ROWS
    for name in TEXTS:
        assert Product.objects.filter(**{name: f"Əl ilə toxunub, yun, {name}"}).count() == ROWS
    assert Variant.objects.filter(price=Decimal("99.90")).count() == ROWS


def queries(rows: int) -> tuple[int, int]:
    """To read a table of so many rows, and to carry it out."""
    fill_catalogue(rows)
    staff = of(CENTRE)
    content = exported(user_of(staff), choice="prices")
    Variant.objects.update(price=1)
    with CaptureQueriesContext(connection) as reading:
        brought = bring(staff, content)
    with CaptureQueriesContext(connection) as carrying_out:
        assert say_yes(staff, brought).state == Import.State.APPLIED
    return len(reading), len(carrying_out)


def test_many_rows_ask_no_more_than_few(db: None) -> None:
    few = queries(5)
    assert queries(200) == few
