"""Shares to the qəpik, and a ledger that the database keeps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from artisans import earnings
from artisans.earnings import Account, Cause, Entry, Item
from artisans.models import Artisan, Booking, EarningsRule, LedgerEntry
from tests.factories import ArtisanFactory, BranchFactory

database = pytest.mark.django_db
SEVEN, TWO, ONE = Decimal(70), Decimal(20), Decimal(10)


def d(text: str) -> Decimal:
    return Decimal(text)


def sale(name: str = "sale-1", *, on: date | None = None) -> Cause:
    return Cause(name=name, kind=Booking.Kind.SALE, order_code="ABC", on=on)


def moved(amount: str, artisan: Artisan, *, quantity: int = 1) -> list[Entry]:
    item = Item(sku="S", quantity=quantity, branch_pk=artisan.branch_id, names=(("az", "Badyə"), ("en", "Bowl")))
    return [
        Entry(account=Account.BUYERS, amount=d(amount)),
        Entry(account=Account.MAKERS, amount=-d(amount), artisan_pk=artisan.pk, item=item),
    ]


@contextmanager
def committed() -> Iterator[None]:
    with transaction.atomic():
        yield
        checked()


def checked() -> None:
    """What a commit would say."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    ("amount", "by", "parts"),
    [
        ("38.00", [SEVEN, TWO, ONE], ["26.60", "7.60", "3.80"]),
        ("0.01", [SEVEN, TWO, ONE], ["0.01", "0.00", "0.00"]),
        ("0.02", [SEVEN, TWO, ONE], ["0.02", "0.00", "0.00"]),
        ("0.05", [SEVEN, TWO, ONE], ["0.04", "0.01", "0.00"]),
        ("10.00", [d("33.33"), d("33.33"), d("33.34")], ["3.33", "3.33", "3.34"]),
        ("0.01", [d("50.00"), d("50.00")], ["0.01", "0.00"]),
        ("0.00", [SEVEN, TWO, ONE], ["0.00", "0.00", "0.00"]),
    ],
)
def test_shares_are_whole_qepik(amount: str, by: Sequence[Decimal], parts: list[str]) -> None:
    assert [str(part) for part in earnings.split(d(amount), by=by)] == parts


@given(
    minor=st.integers(0, 10**9),
    by=st.lists(st.decimals("0.01", "100", places=2), min_size=1, max_size=12),
)
def test_shares_make_up_the_whole_and_none_is_a_qepik_off(minor: int, by: list[Decimal]) -> None:
    amount = Decimal(minor) / 100
    parts = earnings.split(amount, by=by)
    assert sum(parts) == amount
    for part, weight in zip(parts, by, strict=True):
        assert abs(part - amount * weight / sum(by)) < d("0.01")


@database
def test_a_booking_keeps_what_was_told() -> None:
    maker = ArtisanFactory.create(branch=BranchFactory.create(slug="barda"))
    booking = earnings.book(
        sale(on=date(2026, 3, 1)), [*moved("7.00", maker), Entry(account=Account.TAX, amount=d("0"))]
    )
    checked()
    assert (booking.size, booking.booked_on, booking.order_code) == (2, date(2026, 3, 1), "ABC")
    row = booking.entries.get(artisan=maker)
    assert (row.amount, row.sku, row.quantity, row.branch_id) == (d("-7.00"), "S", 1, maker.branch_id)
    assert [getattr(row, f"item_{language}") for language in ("az", "ru", "en")] == ["Badyə", None, "Bowl"]


@database
def test_a_cause_is_booked_once() -> None:
    maker = ArtisanFactory.create()
    earnings.book(sale(), moved("7.00", maker))
    with pytest.raises(IntegrityError, match="cause"), transaction.atomic():
        earnings.book(sale(), moved("7.00", maker))
    assert earnings.balances() == {maker.pk: d("7.00")}


@database
@pytest.mark.parametrize("amount", ["-6.99", "-7.01", "7.00"])
def test_a_booking_that_is_not_zero_in_sum_is_not_committed(amount: str) -> None:
    entries = [Entry(account=Account.BUYERS, amount=d("7.00")), Entry(account=Account.CENTRE, amount=d(amount))]
    with pytest.raises(IntegrityError, match="not 0"), committed():
        earnings.book(sale(), entries)
    assert not Booking.objects.exists()


@database
def test_a_booking_without_its_entries_is_not_committed() -> None:
    with pytest.raises(IntegrityError, match="has 0 entries and not 2"), committed():
        Booking.objects.create(cause="sale-1", kind=Booking.Kind.SALE, booked_on=timezone.localdate(), size=2)


@database
def test_no_booking_is_of_nothing() -> None:
    with pytest.raises(IntegrityError, match="artisans_booking_has_entries"), transaction.atomic():
        earnings.book(sale(), [Entry(account=Account.TAX, amount=d("0"))])


@database
def test_nothing_is_added_to_a_booking_later() -> None:
    booking = earnings.book(sale(), moved("7.00", ArtisanFactory.create()))
    checked()
    late = [LedgerEntry(booking=booking, account=Account.CENTRE, amount=d(amount)) for amount in ("1.00", "-1.00")]
    with pytest.raises(IntegrityError, match="has 4 entries and not 2"), committed():
        LedgerEntry.objects.bulk_create(late)


@database
def test_the_ledger_is_only_added_to() -> None:
    booking = earnings.book(sale(), moved("7.00", ArtisanFactory.create()))
    checked()
    changes: list[Callable[[], object]] = [
        lambda: Booking.objects.update(order_code="XYZ"),
        lambda: Booking.objects.filter(pk=booking.pk)._raw_delete("default"),
        lambda: LedgerEntry.objects.update(amount=d("5.00")),
        lambda: LedgerEntry.objects.all().delete(),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="is only added to"), transaction.atomic():
            change()
    assert LedgerEntry.objects.filter(booking__order_code="ABC").count() == 2


@database
def test_makers_are_named_on_their_account_alone_and_money_is_somewhere() -> None:
    maker = ArtisanFactory.create()
    wrong = [
        Entry(account=Account.MAKERS, amount=d("1.00")),
        Entry(account=Account.CENTRE, amount=d("1.00"), artisan_pk=maker.pk),
        Entry(account=Account.MONEY, amount=d("1.00")),
        Entry(account=Account.TAX, amount=d("1.00"), held_at="stripe"),
    ]
    for entry in wrong:
        with pytest.raises(IntegrityError, match="artisans_ledgerentry_m"), transaction.atomic():
            earnings.book(sale(), [entry, Entry(account=Account.BUYERS, amount=d("-1.00"))])


@database
def test_the_opposite_of_an_entry_takes_all_of_it_back() -> None:
    maker = ArtisanFactory.create()
    earnings.book(sale(), moved("7.00", maker))
    earnings.book(sale("refund-1"), [entry.opposite() for entry in moved("3.00", maker)])
    checked()
    assert earnings.balances() == {maker.pk: d("4.00")}
    assert sum(LedgerEntry.objects.filter(artisan=maker).values_list("quantity", flat=True)) == 0


@database
def test_balances_of_all_makers_are_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    makers = [ArtisanFactory.create() for _number in range(3)]
    for number, maker in enumerate(makers):
        earnings.book(sale(f"sale-{number}"), moved(f"{number + 1}.00", maker))
    earnings.book(sale("sale-x"), moved("-2.50", makers[0]))
    with django_assert_num_queries(1):
        assert earnings.balances() == {makers[0].pk: d("-1.50"), makers[1].pk: d("2.00"), makers[2].pk: d("3.00")}


def rule(**changes: object) -> EarningsRule:
    tomorrow = timezone.localdate() + timedelta(days=1)
    return EarningsRule(**{"valid_from": tomorrow, "makers": SEVEN, "centre": TWO, "materials": ONE, **changes})


@pytest.fixture
def rules_gone(db: None) -> None:
    """As before the first migration: only emptying the table takes a rule that has begun."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE artisans_earningsrule CASCADE")


@database
def test_a_new_shop_shares_seventy_twenty_ten() -> None:
    first = EarningsRule.objects.in_force(timezone.localdate())
    assert str(first) == "70 / 20 / 10 %"
    assert earnings.share(d("38.00"), rule=first) == earnings.Shares(d("26.60"), d("7.60"), d("3.80"))


@database
def test_a_rule_holds_from_its_day_until_the_next() -> None:
    today = timezone.localdate()
    later = rule(makers=d("75"), centre=d("15"))
    later.full_clean()
    later.save()
    assert EarningsRule.objects.in_force(today).makers == 70
    assert EarningsRule.objects.in_force(later.valid_from).makers == 75


@database
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"materials": d("9")}, "The three parts together have to make 100 percent."),
        ({"materials": d("11")}, "The three parts together have to make 100 percent."),
        ({"materials": d("0"), "centre": d("30")}, "Each part has to be more than 0 percent."),
        ({"materials": d("-10"), "centre": d("40")}, "Each part has to be more than 0 percent."),
        ({"valid_from": date(2026, 1, 1)}, "A rule holds from tomorrow"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        rule(**changes).full_clean()
    assert sentence in str(refused.value)
    if "valid_from" not in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            rule(**changes).save()


@database
def test_a_rule_is_never_changed_and_can_be_taken_back_before_it_begins() -> None:
    rule().save()
    EarningsRule.objects.filter(valid_from__gt=timezone.localdate()).delete()
    first = EarningsRule.objects.get()
    with pytest.raises(IntegrityError, match="not changed"), transaction.atomic():
        EarningsRule.objects.update(makers=80, centre=10)
    with pytest.raises(IntegrityError, match="not changed"), transaction.atomic():
        first.delete()


@database
def test_no_rule_begins_on_a_day_that_is_over() -> None:
    """Whoever goes past the form is refused by the database: what was sold on that day is shared by another rule."""
    today = timezone.localdate()
    for day in (today - timedelta(days=1), date(2020, 1, 1)):
        with pytest.raises(IntegrityError, match="a day that is over"), transaction.atomic():
            rule(valid_from=day).save()
    rule(valid_from=today).save()
    assert EarningsRule.objects.in_force(today - timedelta(days=1)).makers == 70


@database
def test_the_first_rule_of_all_may_begin_before_today(rules_gone: None) -> None:
    rules = [rule(valid_from=date(2021, 10, day)) for day in (1, 2)]
    with pytest.raises(IntegrityError, match="a day that is over"), transaction.atomic():
        EarningsRule.objects.bulk_create(rules)
    rules[0].save()
    assert EarningsRule.objects.get().valid_from == date(2021, 10, 1)
