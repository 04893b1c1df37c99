"""Tables of products, prices and stock: from the file to the shop, and back."""

import csv
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.storage import default_storage
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog import withdrawals
from catalog.models import Product, Variant
from dostshop.accounts.models import Role, User
from dostshop.exchange import importing
from dostshop.exchange.models import Import, ImportLine
from orders import stock
from orders.models import Stock
from tests.admin.conftest import english, signed_in
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.exchange.bringing import bring, changes, exported, problems, say_yes, table
from tests.factories import (
    ArtisanFactory,
    CraftFactory,
    ProductFactory,
    VariantFactory,
    bag_with,
    made_by,
    piece,
    worker,
)
from tests.residue import residue

pytestmark = pytest.mark.django_db

State = Import.State


@pytest.fixture
def staff() -> Client:
    return of(CENTRE)


def user_of(client: Client) -> User:
    return User.objects.get(pk=client.session["_auth_user_id"])


def exported_row(client: Client, variant: Variant) -> str:
    lines = exported(user_of(client)).decode("utf-8-sig").splitlines(keepends=True)
    return lines[0] + next(line for line in lines if f",{variant.sku}," in line)


def test_a_price_is_shown_first_and_changed_with_a_yes(staff: Client) -> None:
    variant = piece(price="38.00", name_en="Bowl")
    brought = bring(staff, table(["SKU", "price, AZN"], [variant.sku, Decimal("41.50")]))
    assert (brought.state, brought.rows) == (State.CHECKED, 1)
    assert changes(brought) == [(2, "price, AZN", "38,00\N{NO-BREAK SPACE}₼", "41,50\N{NO-BREAK SPACE}₼")]
    variant.refresh_from_db()
    assert variant.price == Decimal("38.00")
    page = staff.get(english("exchange_import_change", brought.pk)).content.decode()
    assert "38,00" in page
    assert "41,50" in page
    assert "Carry out all of it" in page

    assert say_yes(staff, brought).state == State.APPLIED
    variant.refresh_from_db()
    assert variant.price == Decimal("41.50")
    assert not brought.file


def test_everything_comes_back_without_a_difference(staff: Client) -> None:
    many = ProductFactory.create(name_az="=HYPERLINK(1)", description_az="'-bir\r\niki", kind="small_series", year=2024)
    VariantFactory.create(product=many, option_az="+böyük", sku="'=1")
    VariantFactory.create(product=many, option_az="kiçik", sku="007", price=Decimal("1250.00"))
    made_by(many, ArtisanFactory.create(), ArtisanFactory.create())
    ProductFactory.create(state="draft", published_at=None, name_az="")
    piece(on_hand=3)
    VariantFactory.create(product=ProductFactory.create(kind="made_to_order", lead_time_days=9))
    for language in ("az", "ru", "en"):
        for as_ in ("csv", "xlsx"):
            content = exported(user_of(staff), language=language, as_=as_)
            brought = bring(staff, content, name=f"all.{as_}")
            assert (brought.state, brought.rows, problems(brought), changes(brought)) == (State.CHECKED, 5, [], [])
            assert brought.lines.count() == 0


def test_a_table_is_understood_in_any_language_whatever_the_page_speaks(staff: Client) -> None:
    variant = piece(price="38.00")
    for language, heading in (("az", "qiymət, AZN"), ("ru", "цена, AZN"), ("en", "price, AZN")):
        brought = bring(staff, table(["SKU", heading], [variant.sku, Decimal("41.50")], language=language))
        assert [change[1] for change in changes(brought)] == ["price, AZN"], (language, problems(brought))


def test_a_new_piece_is_a_draft_with_its_makers_and_stock(staff: Client) -> None:
    CraftFactory.create(slug="carpets", name_az="Xalçaçılıq", name_ru="", name_en="Carpets")
    one, other = ArtisanFactory.create(), ArtisanFactory.create()
    makers = f"{one.code} 60; {other.code.lower()} 40"
    headings = ["SKU", "code of the product", "name (az)", "name_en", "option (az)", "price, AZN", "craft"]
    brought = bring(
        staff,
        table(
            [*headings, "branch", "makers", "on hand", "kind"],
            ["K-1", "#1", "Kilim", "Kilim", "böyük", "120,5", "carpets", "BAKU", makers, "2", "small series"],
            ["K-2", "#1", "", "Kilim", "kiçik", "90", "Xalçaçılıq", "baku", "", "", ""],
            ["K-3", "", "Kilim", "", "", "70", "Carpets", "barda", "", "1", ""],
        ),
    )
    assert problems(brought) == []
    assert [line.is_new for line in brought.lines.all()] == [True, True, True]
    assert Product.objects.count() == 0
    assert say_yes(staff, brought).state == State.APPLIED
    kilim, single = Product.objects.order_by("pk")
    assert (kilim.state, kilim.kind, kilim.slug, kilim.branch.slug, single.branch.slug) == (
        *("draft", "small_series", "kilim"),
        *("baku", "barda"),
    )
    assert [(one.sku, one.price, one.option_az) for one in kilim.variants.order_by("pk")] == [  # type: ignore[attr-defined]
        ("K-1", Decimal("120.50"), "böyük"),
        ("K-2", Decimal("90.00"), "kiçik"),
    ]
    assert [(maker.artisan, maker.share) for maker in kilim.makers.all()] == [
        (one, Decimal(60)),
        (other, Decimal(40)),
    ]
    assert dict(Stock.objects.values_list("variant__sku", "on_hand")) == {"K-1": 2, "K-3": 1}


@pytest.mark.parametrize(
    ("heading", "cell", "sentence"),
    [
        ("price, AZN", "bir manat", "Type the sum in digits, in manat, such as 25,50."),
        ("price, AZN", "", "This must not be empty."),
        (
            "price, AZN",
            "0",
            "Type a sum from 0,01 to 9",
        ),
        ("price, AZN", "1,250", "Type the sum with two digits at most after the comma."),
        ("price, AZN", "#N/A", "The spreadsheet says that it could not work this out. Type what is meant."),
        ("weight, g", "-5", "A whole number from 0 to 1000000."),
        ("weight, g", "0", "This piece is in the shop and needs it."),
        ("name (az)", "", "This piece is in the shop and needs it."),
        ("name (az)", "x" * 121, "At most 120 characters; this has 121."),
        ("name (ru)", "Бадья Севиль Мамедовой 77", "This tells the legal name of a maker."),
        ("makers and shares", "", "This piece is in the shop and needs it."),
        ("makers and shares", "XXXXXX", "No maker has the code XXXXXX."),
        ("makers and shares", "CODE 60", "The makers' shares sum to 60, not to 100."),
        ("kind", "made to order", ""),
        ("kind", "sculpture", "One of: one of a kind, small series, made to order, food."),
        ("branch", "Gəncə", "Nothing is called so. There are:"),
        ("branch", "", "This must not be empty."),
        ("fragile", "maybe", "Type “yes” or “no”."),
        ("on hand", "-1", "A whole number from 0 to 100000."),
        ("option (az)", "lost \N{REPLACEMENT CHARACTER}", "Letters were lost here."),
    ],
)
def test_what_cannot_be_is_told_by_row_and_column_and_nothing_is_done(
    staff: Client, heading: str, cell: str, sentence: str
) -> None:
    maker = ArtisanFactory.create(private__legal_name="Məmmədova Sevil")
    variant, other = piece(on_hand=2), piece()
    made_by(variant.product, maker)
    told_at = "days to make" if cell == "made to order" else heading
    told = "Say how many days it takes to make." if cell == "made to order" else sentence
    [as_it_is] = csv.DictReader(StringIO(exported_row(staff, other)))
    rows = table(
        ["SKU", heading, "care (en)"],
        [other.sku, as_it_is[heading], "wash"],
        [variant.sku, cell.replace("CODE", maker.code), ""],
    )
    brought = bring(staff, rows)
    assert [(row, column) for row, column, _sentence in problems(brought)] == [(3, told_at)]
    assert problems(brought)[0][2].startswith(told)
    page = staff.get(english("exchange_import_change", brought.pk)).content.decode()
    assert "Carry out all of it" not in page
    staff.post(english("exchange_import_apply", brought.pk), {"digest": brought.digest})
    brought.refresh_from_db()
    assert brought.state == State.CHECKED
    other.product.refresh_from_db()
    assert not other.product.care_en  # type: ignore[attr-defined]


def test_what_was_sold_since_the_table_was_made_does_not_come_back(staff: Client) -> None:
    sold, counted = piece(on_hand=1, price="38.00"), piece(on_hand=5, kind="small_series")
    lines = exported(user_of(staff), choice="stock").decode("utf-8-sig").splitlines()
    stock.write_off(sold.pk, quantity=1)
    stock.write_off(counted.pk, quantity=2)
    # Counted: seven, of the five that the shop knew of.
    brought = bring(staff, "\n".join(lines).replace(",5,5", ",7,5").encode())
    assert changes(brought) == [(3, "on hand", "3", "5")]
    say_yes(staff, brought)
    assert dict(Stock.objects.values_list("variant", "on_hand")) == {sold.pk: 0, counted.pk: 5}


def test_without_what_was_on_hand_then_the_count_is_what_there_is(staff: Client) -> None:
    variant = piece(on_hand=5, kind="small_series")
    say_yes(staff, bring(staff, table(["SKU", "on hand"], [variant.sku, "2"])))
    assert Stock.objects.get(pk=variant.pk).on_hand == 2


def test_what_shoppers_hold_stays(staff: Client) -> None:
    variant = piece(on_hand=5, kind="small_series")
    stock.hold(bag_with(variant, quantity=3))
    brought = bring(staff, table(["SKU", "on hand"], [variant.sku, "2"]))
    assert problems(brought) == [(2, "on hand", "Shoppers hold 3 of it: no fewer can be on hand.")]


def test_what_changed_after_somebody_looked_is_shown_anew(staff: Client) -> None:
    variant, other = piece(on_hand=5, price="38.00", kind="small_series"), piece(price="10.00")
    brought = bring(staff, table(["SKU", "price, AZN", "on hand"], [variant.sku, "40", "4"], [other.sku, "12", "1"]))
    stock.write_off(variant.pk, quantity=2)
    again = say_yes(staff, brought)
    assert (again.state, again.sentence[:17]) == (State.CHECKED, "Something changed")
    assert (2, "on hand", "3", "4") in changes(again)
    assert {one.price for one in Variant.objects.all()} == {Decimal("38.00"), Decimal("10.00")}
    assert Stock.objects.get(pk=variant.pk).on_hand == 3
    # What was shown before is not carried out, even where the button of that page is pressed.
    staff.post(english("exchange_import_apply", again.pk), {"digest": brought.digest or "x"})
    assert say_yes(staff, again).state == State.APPLIED
    assert Stock.objects.get(pk=variant.pk).on_hand == 4


def test_a_sale_between_the_last_look_and_the_writing_stops_it(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = piece(on_hand=5, price="38.00", kind="small_series")
    brought = bring(staff, table(["SKU", "price, AZN", "on hand"], [variant.sku, "40", "9"]))
    recount = stock.recount

    def sold_just_now(counted: Any) -> None:
        Stock.objects.filter(pk=variant.pk).update(on_hand=4)
        recount(counted)

    monkeypatch.setattr(stock, "recount", sold_just_now)
    assert say_yes(staff, brought).state == State.CHECKED
    variant.refresh_from_db()
    assert variant.price == Decimal("38.00")


def test_a_branch_changes_its_own_pieces_alone_and_adds_none(db: None) -> None:
    baku, ours, theirs = of(BRANCH), piece(), piece(branch__slug="barda")
    headings = ["SKU", "name (en)", "price, AZN", "craft", "branch", "name (az)"]
    brought = bring(
        baku,
        table(
            headings,
            [ours.sku, "Mug", "9", ours.product.craft.slug, "barda", "Fincan"],
            [theirs.sku, "Mug", "9", "", "", ""],
            ["NEW-1", "Mug", "9", ours.product.craft.slug, "baku", "Fincan"],
        ),
    )
    assert [(row, column, sentence[:30]) for row, column, sentence in problems(brought)] == [
        (2, "branch", "Nothing is called so. There ar"),
        (3, "", "This is a piece of another bra"),
        (4, "", "You may change pieces, and not"),
    ]
    assert theirs.sku not in exported(user_of(baku)).decode()
    assert ours.sku in exported(user_of(baku)).decode()


def test_each_sees_the_own_imports_alone_and_an_accountant_only_exports(staff: Client) -> None:
    brought = bring(staff, table(["SKU"], [piece().sku]))
    for other in (of(CENTRE), of(BRANCH), signed_in(worker())):
        for page in ("change", "apply", "discard"):
            url = english(f"exchange_import_{page}", brought.pk)
            assert (other.get(url) if page == "change" else other.post(url)).status_code in {302, 404}
        assert Import.objects.filter(pk=brought.pk, state=State.CHECKED).exists()
    accountant = of(Role.ACCOUNTANT)
    assert accountant.get(english("exchange_import_bring", "pieces")).status_code == 403
    asked = {"choice": "everything", "language": "ru", "format": "xlsx"}
    answer = accountant.get(english("exchange_import_take", "pieces"), asked)
    assert answer["Content-Disposition"].startswith('attachment; filename="DOST-pieces-everything-')
    assert answer.content[:2] == b"PK"


def test_whoever_lost_the_right_meanwhile_carries_nothing_out(staff: Client) -> None:
    variant = piece(price="38.00")
    brought = bring(staff, table(["SKU", "price, AZN"], [variant.sku, "40"]))
    user = user_of(staff)
    staff.post(english("exchange_import_apply", brought.pk), {"digest": brought.digest})
    user.memberships.all().delete()
    assert say_yes(staff, brought).state == State.UNREADABLE
    variant.refresh_from_db()
    assert variant.price == Decimal("38.00")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([["SKU", "colour"], ["A", "red"]], (1, "colour", "The shop knows no column of this name.")),
        ([["SKU", "sku"], ["A", "A"]], (1, "sku", "This column is there twice.")),
        ([["SKU", ""], ["A", "red"]], (1, "", "Column 2 has no name.")),
        ([["price, AZN"], ["9"]], (1, "", "By one of these columns the rows are known: SKU, code of the product.")),
        ([["SKU", "year made"], ["SAME", "2020"], ["SAME", "2021"]], (2, "", "This SKU is there twice.")),
        ([["SKU", "name (en)"], ["", "red"]], (2, "", "Type a SKU, by which the row is known.")),
        ([["SKU", "code of the product"], ["A", "NOCODE"]], (2, "", "No product has this code.")),
        ([["SKU", "code of the product"], ["HERE", "NOCODE"]], (2, "", "This SKU is of the product CODE.")),
        ([["code of the product", "price, AZN"], ["CODE", "9"]], (2, "", "Type a SKU: price, option and stock")),
        ([["SKU", "price, AZN"], ["A", "9"]], (2, "name (az)", "A new piece needs this.")),
    ],
)
def test_rows_and_columns_that_are_about_nothing(staff: Client, rows: list[list[str]], told: Any) -> None:
    here = VariantFactory.create(sku="HERE")
    code = here.product.code
    brought = bring(staff, table(*([code if cell == "CODE" else cell for cell in row] for row in rows)))
    row, column, sentence = told
    assert any(
        (found[0], found[1]) == (row, column) and found[2].startswith(sentence.replace("CODE", code))
        for found in problems(brought)
    ), problems(brought)


def test_rows_of_one_product_do_not_contradict_each_other(staff: Client) -> None:
    product = ProductFactory.create(kind="small_series")
    for sku in ("A", "B", "C"):
        VariantFactory.create(product=product, sku=sku)
    brought = bring(staff, table(["SKU", "year made"], ["A", "2020"], ["B", "2021"], ["C", ""]))
    assert problems(brought) == [(3, "year made", "Row 2 says something else of the same product.")]


def test_the_file_is_gone_once_it_is_not_needed(staff: Client) -> None:
    variant = piece()
    brought = bring(staff, table(["SKU", "year made"], [variant.sku, "2020"]))
    name = brought.file.name
    assert name
    assert default_storage.exists(name)
    staff.post(english("exchange_import_discard", brought.pk))
    assert not Import.objects.filter(pk=brought.pk).exists()
    assert not ImportLine.objects.exists()
    [job] = ProcrastinateJob.objects.filter(task_name="exchange.discard_import")
    importing.discard_import(**job.args)
    assert not default_storage.exists(name)


def test_a_maker_who_takes_the_name_back_is_in_no_table_that_waits(staff: Client) -> None:
    maker, variant = ArtisanFactory.create(display_name_az="Gülçöhrə"), piece()
    brought = bring(staff, table(["SKU", "description (az)"], [variant.sku, "Gülçöhrə toxuyub"]))
    name = str(brought.file.name)
    assert brought.lines.count() == 1
    withdrawals.withdraw(maker.pk)
    assert list(residue("Gülçöhrə")) == []
    # Whoever waits for it is told.
    brought.refresh_from_db()
    assert (brought.state, brought.file.name, brought.lines.count()) == ("unreadable", "", 0)
    assert "A maker took a consent back" in brought.sentence
    [job] = ProcrastinateJob.objects.filter(task_name="exchange.discard_import")
    assert job.args == {"name": name}
    importing.discard_import(**job.args)
    assert not default_storage.exists(name)


def test_the_history_of_a_product_tells_who_imported(staff: Client) -> None:
    variant = piece()
    say_yes(staff, bring(staff, table(["SKU", "year made"], [variant.sku, "2020"])))
    [entry] = LogEntry.objects.filter(object_id=str(variant.product_id))
    assert (entry.user, entry.change_message) == (user_of(staff), "By a table")
