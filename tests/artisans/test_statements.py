"""Statements: every entry is told once, what is issued stays as it is, and nothing is lost on the way."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from threading import Event, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans import earnings, statements
from artisans.earnings import Account, Cause, Entry, Item
from artisans.models import Artisan, Booking, EarningsRule, Payout, Statement, StatementMonth, last_day
from artisans.statements import NotIssued
from dostshop import money
from dostshop.accounts.models import User
from tests.factories import ArtisanFactory, UserFactory
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db

THIS_MONTH = timezone.localdate().replace(day=1)
LAST = (THIS_MONTH - timedelta(days=1)).replace(day=1)
BEFORE = (LAST - timedelta(days=1)).replace(day=1)
BOWL = (("az", "Firuzəyi badyə"), ("ru", "Бирюзовая чаша"), ("en", "Turquoise bowl"))
LANGUAGES = ("az", "ru", "en")
NUMBERS = iter(range(1, 10**9))


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(**fields)
    return artisan


def accountant() -> User:
    user: User = UserFactory.create()
    return user


def d(text: str) -> Decimal:
    return Decimal(text)


def named(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((language, name) for language in LANGUAGES)


@transaction.atomic
def book(
    artisan: Artisan,
    amount: str,
    *,
    on: date = LAST,
    sku: str = "S-1",
    names: tuple[tuple[str, str], ...] = BOWL,
    quantity: int = 1,
) -> None:
    """A sale of which this is the maker's part, by the rule of the day; of a negative amount what went back."""
    kind = Booking.Kind.REFUND if amount.startswith("-") else Booking.Kind.SALE
    units = -quantity if amount.startswith("-") else quantity
    item = Item(sku=sku, quantity=units, branch_pk=artisan.branch_id, names=names)
    rule = EarningsRule.objects.in_force(on)
    centre, materials = (money.rounded(d(amount) * part / rule.makers) for part in (rule.centre, rule.materials))
    tax = money.rounded((d(amount) + centre + materials) * 18 / 100)
    entries = [
        Entry(account=Account.BUYERS, amount=d(amount) + centre + materials + tax),
        Entry(account=Account.TAX, amount=-tax),
        Entry(account=Account.MAKERS, amount=-d(amount), artisan_pk=artisan.pk, item=item),
        Entry(account=Account.CENTRE, amount=-centre, item=item),
        Entry(account=Account.MATERIALS, amount=-materials, item=item),
    ]
    earnings.book(Cause(name=f"{kind}-{next(NUMBERS)}", kind=kind, on=on, rule=rule), entries)


@transaction.atomic
def pay(artisan: Artisan, amount: str, *, on: date = LAST, number: str = "KM-17") -> None:
    """As ``payouts.pay`` leaves it, on a day of the past."""
    actor = accountant()
    payout = Payout.objects.create(
        artisan=artisan,
        amount=d(amount),
        method=Payout.Method.CASH,
        state=Payout.State.PAID,
        approved_by=actor,
        document_number=number,
        paid_on=on,
        paid_by=actor,
    )
    entries = [
        Entry(account=Account.MAKERS, amount=d(amount), artisan_pk=artisan.pk),
        Entry(account=Account.MONEY, amount=-d(amount), held_at="cash"),
    ]
    earnings.book(Cause(name=f"payout-{payout.pk}", kind=Booking.Kind.PAYOUT, on=on), entries)


def statement_of(artisan: Artisan, month: date = LAST) -> Statement:
    return Statement.objects.get(artisan=artisan, month__month=month)


def told_life(artisan: Artisan) -> None:
    """Owed from before, sold, returned and paid in the last month."""
    book(artisan, "50.00", on=BEFORE)
    book(artisan, "26.60", on=LAST, quantity=2)
    book(artisan, "-13.30", on=LAST + timedelta(days=3))
    pay(artisan, "40.00", on=LAST + timedelta(days=9))


def test_a_maker_with_nothing_to_tell_gets_none() -> None:
    book(maker(), "10.00")
    silent, even, later = maker(), maker(), maker()
    book(even, "10.00", on=BEFORE)
    pay(even, "10.00", on=BEFORE)
    book(later, "10.00", on=THIS_MONTH)
    assert statements.issue(LAST, actor=accountant()) == 1
    assert not Statement.objects.filter(artisan__in=[silent, even, later]).exists()


def test_what_is_booked_late_is_told_with_the_next_month() -> None:
    artisan = maker()
    book(artisan, "30.00", on=BEFORE)
    statements.issue(BEFORE, actor=accountant())
    book(artisan, "7.00", on=BEFORE, names=named("Gecikmiş"))
    book(artisan, "5.00", on=LAST)
    statements.issue(LAST, actor=accountant())
    first, second = statement_of(artisan, BEFORE), statement_of(artisan, LAST)
    assert (first.opening, first.closing) == (d("0.00"), d("30.00"))
    assert (second.opening, second.closing) == (d("30.00"), d("42.00"))
    for language in LANGUAGES:
        assert "Gecikmiş" in str(second.content[language]["parts"])
        assert "Gecikmiş" not in str(first.content[language]["parts"])
    assert any("earlier days" in note for note in second.content["en"]["notes"])


def test_months_that_were_left_out_are_told_with_the_next() -> None:
    artisan = maker()
    for month, amount in ((BEFORE - timedelta(days=1), "1.00"), (BEFORE, "2.00"), (LAST, "4.00")):
        book(artisan, amount, on=month)
    statements.issue((BEFORE - timedelta(days=1)).replace(day=1), actor=accountant())
    statements.issue(LAST, actor=accountant())
    statement = statement_of(artisan)
    assert (statement.opening, statement.closing) == (d("1.00"), d("7.00"))
    assert f"{BEFORE:1 %B} – " in statement.content["en"]["title"]


MONTHS = [date(2025, number, 1) for number in range(1, 7)]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_booked_whenever_each_entry_is_told_once(seed: int) -> None:
    """Against a plain reckoning: what is untold and not of a later month is told, and nothing else."""
    random, makers, actor = Random(seed), [maker(), maker()], accountant()
    untold: list[tuple[Artisan, date, Decimal]] = []
    owed = dict.fromkeys(makers, d("0.00"))
    for month in MONTHS:
        for _number in range(random.randrange(8)):
            day = random.choice(MONTHS) + timedelta(days=random.randrange(28))
            untold.append(
                (random.choice(makers), day, random.choice([-1, 1]) * Decimal(random.randrange(1, 999)) / 100)
            )
            book(untold[-1][0], str(untold[-1][2]), on=day)
        if random.random() < 0.3:
            continue
        if not StatementMonth.objects.exists():
            for artisan, day, sum_ in untold:
                owed[artisan] += sum_ if day < month else 0
            untold = [one for one in untold if one[1] >= month]
        told = [one for one in untold if one[1] <= last_day(month)]
        untold = [one for one in untold if one[1] > last_day(month)]
        expected = {}
        for artisan in makers:
            moved = [sum_ for of, _day, sum_ in told if of == artisan]
            if moved or owed[artisan]:
                expected[artisan.pk] = (owed[artisan], owed[artisan] + sum(moved))
            owed[artisan] += sum(moved)
        with suppress(NotIssued):
            statements.issue(month, actor=actor)
        issued = Statement.objects.filter(month__month=month).exclude(artisan=None)
        assert {one.artisan_id: (one.opening, one.closing) for one in issued} == expected


def as_sum(text: str) -> Decimal:
    return d(text.removesuffix("\xa0₼").replace("\u202f", "").replace(",", "."))


@pytest.mark.parametrize("month", [THIS_MONTH, (THIS_MONTH + timedelta(days=31)).replace(day=1)])
def test_a_month_that_is_not_over_is_not_told(month: date) -> None:
    book(maker(), "10.00")
    with pytest.raises(NotIssued):
        statements.issue(month, actor=accountant())
    assert not StatementMonth.objects.exists()


@pytest.mark.parametrize("month", [LAST, BEFORE])
def test_a_month_is_told_once_and_none_before_it_later(month: date) -> None:
    artisan = maker()
    book(artisan, "10.00")
    statements.issue(LAST, actor=accountant())
    book(artisan, "5.00", on=BEFORE)
    with pytest.raises(NotIssued):
        statements.issue(month, actor=accountant())
    assert Statement.objects.filter(artisan=artisan).count() == 1


def test_a_month_of_nothing_is_not_written() -> None:
    with pytest.raises(NotIssued, match="nothing to tell"), translation.override("en"):
        statements.issue(LAST, actor=accountant())
    assert not StatementMonth.objects.exists()


def test_which_months_can_be_told() -> None:
    assert statements.open_months() == []
    book(maker(), "10.00", on=BEFORE + timedelta(days=20))
    assert statements.open_months() == [LAST, BEFORE]
    statements.issue(BEFORE, actor=accountant())
    assert statements.open_months() == [LAST]
    statements.issue(LAST, actor=accountant())
    assert statements.open_months() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda: Statement.objects.update(closing=0),
        lambda: Statement.objects.all().delete(),
        lambda: StatementMonth.objects.update(up_to=0),
        lambda: StatementMonth.objects.filter(statements=None).delete(),
    ],
)
def test_the_database_keeps_what_is_issued(change: Callable[[], object]) -> None:
    book(maker(), "10.00")
    statements.issue(LAST, actor=accountant())
    StatementMonth.objects.create(month=THIS_MONTH, up_to=1, issued_by=accountant())
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        change()


def test_issuing_takes_as_many_queries_for_many_makers_as_for_one(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count, month in ((1, BEFORE), (20, LAST)):
        for _number in range(count):
            artisan = maker()
            book(artisan, "10.00", on=month)
            pay(artisan, "5.00", on=month)
        actor = accountant()
        with django_assert_num_queries(20):
            statements.issue(month, actor=actor)


def issue_at_once(times: int) -> list[str]:
    actor = accountant()
    calls = [lambda: statements.issue(LAST, actor=actor)] * times
    return sorted(type(result).__name__ for result in all_at_once(calls))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_accountants_who_issue_at_once_issue_once() -> None:
    book(maker(), "10.00")
    assert issue_at_once(2) == ["NotIssued", "int"]
    assert Statement.objects.exclude(artisan=None).count() == 1


def booked_meanwhile(artisan: Artisan, *, until: Callable[[], bool]) -> None:
    """Issues while a sale is being written whose number is lower than that of one that is written already."""
    written, go_on = Event(), Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                book(artisan, "10.00")
                written.set()
                go_on.wait(timeout=30)
        finally:
            connection.close()

    def issue() -> None:
        try:
            statements.issue(LAST, actor=actor)
        finally:
            connection.close()

    actor = accountant()
    slow = Thread(target=write_slowly)
    slow.start()
    assert written.wait(timeout=30)
    book(artisan, "1.00")
    issuing = Thread(target=issue)
    issuing.start()
    while issuing.is_alive() and not until():
        time.sleep(0.02)
    go_on.set()
    for thread in (slow, issuing):
        thread.join(timeout=30)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'artisans_ledgerentry'::regclass"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        [waiting] = cursor.fetchone()
    return bool(waiting)


def told_in_both_months(artisan: Artisan) -> Decimal:
    """What the statement of the next month comes to, once nothing is under way."""
    with translation.override("en"):
        return as_sum(statements.preview(artisan)["owed"][1])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_sale_that_is_being_written_is_told_too() -> None:
    artisan = maker()
    booked_meanwhile(artisan, until=somebody_waits_for_a_lock)
    assert statement_of(artisan).closing == told_in_both_months(artisan) == d("11.00")


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_the_lock_it_would_be_counted_and_told_in_no_month(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_lock", lambda *_args: None)
    artisan = maker()
    booked_meanwhile(artisan, until=lambda: False)
    assert statement_of(artisan).closing == d("1.00")
    with translation.override("en"):
        content = statements.preview(artisan)
    # It is in the opening, as if a statement had told it.
    assert (content["sums"][0][1], content["parts"]) == ("11,00\xa0₼", [])
