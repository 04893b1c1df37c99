"""Payouts: never above what is due, once, and booked."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans import earnings, payouts
from artisans.earnings import Account, Cause, Entry
from artisans.models import Artisan, ArtisanPrivate, Booking, LedgerEntry, Payout
from artisans.payouts import Taken
from dostshop.accounts.models import User
from tests import paying
from tests.artisans.test_earnings import committed
from tests.factories import ArtisanFactory, UserFactory
from tests.paying import CASH, Refused
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
IBAN = "AZ21 NABZ 0000 0000 1370 1000 1944"


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(**fields)
    return artisan


def accountant() -> User:
    user: User = UserFactory.create()
    return user


@transaction.atomic
def earn(artisan: Artisan, amount: str, *, cause: str = "sale-1") -> None:
    owed = Decimal(amount)
    entries = [
        Entry(account=Account.MONEY, amount=owed, held_at="stripe"),
        Entry(account=Account.MAKERS, amount=-owed, artisan_pk=artisan.pk),
    ]
    earnings.book(Cause(name=cause, kind=Booking.Kind.SALE), entries)


def due(artisan: Artisan) -> Decimal:
    """As the page of what is due has it."""
    [standing] = (one for one in payouts.standings() if one.artisan == artisan)
    return standing.due


def paid(artisan: Artisan) -> Payout:
    payout = paying.approve(artisan.pk, method=CASH, actor=accountant())
    paying.pay(payout.pk, document_number="KM-17", paid_on=TODAY, actor=accountant())
    payout.refresh_from_db()
    return payout


def test_what_is_due_is_paid_and_booked() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paid(artisan)
    assert (payout.state, payout.amount, payout.document_number) == ("paid", Decimal("26.60"), "KM-17")
    assert paying.balance(artisan.pk) == 0
    booked = LedgerEntry.objects.filter(booking__cause=f"payout-{payout.pk}").values_list(
        "account", "amount", "held_at"
    )
    assert set(booked) == {("makers", Decimal("26.60"), ""), ("money", Decimal("-26.60"), "cash")}


def test_what_is_approved_is_not_due_again() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, method=CASH, actor=accountant(), amount=Decimal("20.00"))
    assert due(artisan) == Decimal("6.60")
    paying.cancel(payout.pk)
    assert due(artisan) == Decimal("26.60")


@pytest.mark.parametrize("amount", ["-5.00", "0.00", "26.61"])
def test_nothing_but_what_is_due_is_approved(amount: str) -> None:
    artisan = maker()
    earn(artisan, "26.60")
    with pytest.raises(Refused):
        paying.approve(artisan.pk, method=CASH, actor=accountant(), amount=Decimal(amount))
    assert not Payout.objects.exists()


def test_a_negative_balance_is_not_paid_and_made_up_by_later_sales() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    paid(artisan)
    earn(artisan, "-26.60", cause="refund-1")
    with pytest.raises(Refused):
        paying.approve(artisan.pk, method=CASH, actor=accountant())
    assert Payout.objects.count() == 1
    earn(artisan, "30.00", cause="sale-2")
    assert paying.approve(artisan.pk, method=CASH, actor=accountant()).amount == Decimal("3.40")


def test_a_refund_after_the_approval_stops_the_payout() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, method=CASH, actor=accountant())
    earn(artisan, "-10.00", cause="refund-1")
    with pytest.raises(Refused):
        paying.pay(payout.pk, document_number="1", paid_on=TODAY, actor=accountant())
    payout.refresh_from_db()
    assert payout.state == "approved"
    assert not Booking.objects.filter(kind="payout").exists()


@pytest.mark.parametrize(
    ("number", "day"), [(" ", TODAY), ("1", TODAY + timedelta(days=1)), ("1", TODAY - timedelta(days=1))]
)
def test_a_payout_is_paid_with_a_document_and_on_a_day_that_can_be(number: str, day: date) -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, method=CASH, actor=accountant())
    with pytest.raises(Refused):
        paying.pay(payout.pk, document_number=number, paid_on=day, actor=accountant())
    assert paying.balance(artisan.pk) == Decimal("26.60")


def pay_again(payout: Payout) -> None:
    paying.pay(payout.pk, document_number="2", paid_on=TODAY, actor=accountant())


@pytest.mark.parametrize("again", [pay_again, lambda payout: paying.cancel(payout.pk)])
def test_what_is_paid_is_neither_paid_nor_cancelled_again(again: Callable[[Payout], None]) -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paid(artisan)
    with pytest.raises(Refused):
        again(payout)
    assert Booking.objects.filter(kind="payout").count() == 1


def test_a_pause_stops_payouts_and_says_no_reason() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(payouts_paused=True)
    with pytest.raises(Refused):
        paying.approve(artisan.pk, method=CASH, actor=accountant())


def test_what_is_approved_is_not_paid_while_payouts_are_paused() -> None:
    artisan = maker()
    payout = approved(artisan)
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(payouts_paused=True)
    with pytest.raises(Refused):
        pay_again(payout)
    assert paying.balance(artisan.pk) == Decimal("26.60")


@pytest.mark.parametrize("private", [{"private": False}, {"private__payout_details": " "}])
def test_nobody_is_paid_to_an_account_that_is_not_known(private: dict[str, Any]) -> None:
    artisan = maker(agreed=(), **private)
    earn(artisan, "26.60")
    with pytest.raises(Refused):
        paying.approve(artisan.pk, method=Payout.Method.BANK, actor=accountant())
    assert not Payout.objects.exists()
    assert paying.approve(artisan.pk, method=CASH, actor=accountant()).amount == Decimal("26.60")


def test_what_is_approved_is_not_paid_to_an_account_that_is_gone() -> None:
    artisan = maker(private__payout_details=IBAN)
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, method=Payout.Method.BANK, actor=accountant())
    assert [one.obstacle for one in payouts.to_pay()] == [""]
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(payout_details=" \n")
    with translation.override("en"):
        assert [one.obstacle for one in payouts.to_pay()] == ["No bank account of Nar is recorded."]
    with pytest.raises(Refused):
        pay_again(payout)
    assert paying.balance(artisan.pk) == Decimal("26.60")
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(payout_details=IBAN)
    pay_again(payout)
    assert paying.balance(artisan.pk) == 0


@pytest.mark.parametrize("details", ["abc", "AZ22 NABZ 0000 0000 1370 1000 1944"])
def test_nothing_is_paid_to_an_account_number_that_cannot_be(details: str) -> None:
    artisan = maker(private__payout_details=IBAN)
    earn(artisan, "26.60")
    payout = paying.approve(artisan.pk, method=Payout.Method.BANK, actor=accountant())
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(payout_details=details)
    with translation.override("en"):
        [sentence] = [one.obstacle for one in payouts.to_pay()]
    assert sentence.startswith("No account number (IBAN) that can be right stands in the payout details of Nar.")
    with pytest.raises(Refused):
        pay_again(payout)
    assert paying.balance(artisan.pk) == Decimal("26.60")


def test_cash_needs_no_account() -> None:
    approved(maker(private__payout_details=""))
    assert [one.obstacle for one in payouts.to_pay()] == [""]


def test_whoever_is_paid_more_than_the_threshold_is_listed_for_that_month() -> None:
    watched, other = maker(), maker()
    ArtisanPrivate.objects.filter(pk=watched.pk).update(monthly_threshold=Decimal("26.59"))
    for number, artisan in enumerate((watched, other)):
        earn(artisan, "26.60", cause=f"sale-{number}")
        paid(artisan)
    assert [record.pk for record in payouts.above_threshold(month=TODAY)] == [watched.pk]
    assert payouts.above_threshold(month=TODAY - timedelta(days=40)) == []


def test_the_database_refuses_a_second_open_payout_and_a_paid_one_without_document() -> None:
    payout = Payout(artisan=maker(), amount=1, method=CASH, approved_by=accountant())
    payout.save()
    payout.pk = None
    with pytest.raises(IntegrityError, match="one_open_per_artisan"), transaction.atomic():
        payout.save()
    with pytest.raises(IntegrityError, match="paid_has_document"), transaction.atomic():
        Payout.objects.update(state="paid")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 1},
        {"state": "approved"},
        {"paid_on": TODAY - timedelta(days=1)},
        {"method": "bank"},
        {"state": "cancelled"},
        {"reversed_on": TODAY},
    ],
)
def test_what_is_paid_stays_as_it_was_paid(change: dict[str, Any]) -> None:
    artisan = maker()
    earn(artisan, "26.60")
    payout = paid(artisan)
    with pytest.raises(IntegrityError, match="only paid or cancelled"), transaction.atomic():
        Payout.objects.update(**change)
    with pytest.raises(IntegrityError, match="only paid or cancelled"), transaction.atomic():
        payout.delete()


@pytest.mark.parametrize("change", [{"amount": 1}, {"method": "bank"}, {"approved_at": timezone.now()}])
def test_what_is_approved_is_paid_as_it_was_approved(change: dict[str, Any]) -> None:
    approved(maker())
    with pytest.raises(IntegrityError, match="only paid or cancelled"), transaction.atomic():
        Payout.objects.update(**change)
    paying.cancel(Payout.objects.get().pk)
    with pytest.raises(IntegrityError, match="only paid or cancelled"), transaction.atomic():
        Payout.objects.update(state="approved")


def in_the_ledger(payout: Payout, **changes: Any) -> None:
    """As ``payouts.pay`` books it, but for what is told."""
    told = {"amount": payout.amount, "artisan": payout.artisan_id, "held_at": "cash", "on": TODAY, **changes}
    entries = [
        Entry(account=Account.MAKERS, amount=told["amount"], artisan_pk=told["artisan"]),
        Entry(account=Account.MONEY, amount=-told["amount"], held_at=told["held_at"]),
    ]
    earnings.book(Cause(name=f"payout-{payout.pk}", kind=Booking.Kind.PAYOUT, on=told["on"]), entries)


def paid_unbooked(payout: Payout) -> None:
    today = {"document_number": "KM-17", "paid_on": TODAY, "paid_by": payout.approved_by}
    Payout.objects.filter(pk=payout.pk).update(state="paid", **today)


def paid_and_booked(payout: Payout, **changes: Any) -> None:
    with committed():
        paid_unbooked(payout)
        in_the_ledger(payout, **changes)


@pytest.mark.parametrize(
    "wrong", [{"amount": Decimal("26.59")}, {"held_at": "bank"}, {"on": TODAY - timedelta(days=1)}]
)
def test_a_payout_and_its_booking_say_the_same(wrong: dict[str, Any]) -> None:
    payout = approved(maker())
    with pytest.raises(IntegrityError, match="are not the same"):
        paid_and_booked(payout, **wrong)
    paid_and_booked(payout)


def test_what_is_booked_is_the_payout_of_its_maker() -> None:
    payout, other = approved(maker()), maker()
    with pytest.raises(IntegrityError, match="are not the same"):
        paid_and_booked(payout, artisan=other.pk)


@pytest.mark.parametrize("half", [paid_unbooked, in_the_ledger])
def test_nothing_is_paid_without_a_booking_and_nothing_booked_without_being_paid(
    half: Callable[[Payout], None],
) -> None:
    payout = approved(maker())
    with pytest.raises(IntegrityError, match="are not the same"), committed():
        half(payout)


def test_what_is_due_takes_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        earn(maker(), "1.00", cause=f"sale-{number}")
    with django_assert_num_queries(2):
        assert len(payouts.standings()) == 5


def approved(artisan: Artisan, *, cause: str = "sale-1") -> Payout:
    earn(artisan, "26.60", cause=cause)
    return paying.approve(artisan.pk, method=CASH, actor=accountant())


def two_pay_at_once(payouts_chosen: list[Payout]) -> list[Any]:
    """What each came to, whoever came first."""
    actor, pks = accountant(), [payout.pk for payout in payouts_chosen]

    def pay() -> Taken:
        return payouts.pay(pks, document_number="KM-17", paid_on=TODAY, actor=actor)

    return all_at_once([pay, pay])


def some_approved() -> list[Payout]:
    makers = [maker() for _number in range(5)]
    for artisan in makers:
        earn(artisan, "26.60", cause=f"sale-{artisan.pk}")
    return [paying.approve(artisan.pk) for artisan in makers]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_accountants_who_pay_at_once_pay_once() -> None:
    chosen = some_approved()
    outcomes = two_pay_at_once(chosen)
    assert sorted(payout.pk for one in outcomes for payout in one.done) == [payout.pk for payout in chosen]
    assert sum(len(one.refused) for one in outcomes) == len(chosen)
    assert set(earnings.balances().values()) == {Decimal()}
    assert Booking.objects.filter(kind="payout").count() == len(chosen)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_the_lock_only_the_database_keeps_them_from_paying_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find them approved and due; the second finds one paid as it writes."""
    chosen = some_approved()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(earnings, "balances", after_all_have_come(earnings.balances, callers=2))
    outcomes = two_pay_at_once(chosen)
    assert sorted(type(one).__name__ for one in outcomes) == ["IntegrityError", "Taken"]


def two_approve_at_once(artisan: Artisan) -> list[Any]:
    actor = accountant()

    def approve() -> Taken:
        return payouts.approve({artisan.pk: Decimal("20.00")}, method=CASH, actor=actor)

    return all_at_once([approve, approve])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_accountants_who_approve_at_once_approve_once() -> None:
    artisan = maker()
    earn(artisan, "26.60")
    outcomes = two_approve_at_once(artisan)
    assert sorted((len(one.done), len(one.refused)) for one in outcomes) == [(0, 1), (1, 0)]
    assert Payout.objects.get().amount == 20


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_the_lock_only_the_database_keeps_them_from_approving_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find nothing approved."""
    artisan = maker()
    earn(artisan, "26.60")
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(earnings, "balances", after_all_have_come(earnings.balances, callers=2))
    assert sorted(type(one).__name__ for one in two_approve_at_once(artisan)) == ["IntegrityError", "Taken"]
    assert Payout.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_maker_whom_somebody_else_has_locked_is_refused_and_the_others_are_paid() -> None:
    first, *others = some_approved()
    with transaction.atomic():
        Artisan.objects.select_for_update(no_key=True).get(pk=first.artisan_id)
        [taken] = all_at_once([lambda: pay_all(first, others)])
    assert {payout.pk for payout in taken.done} == {payout.pk for payout in others}
    with translation.override("en"):
        assert list(taken.refused) == [f"{first.artisan.code}: {payouts.BUSY}"]
    first.refresh_from_db()
    assert first.state == "approved"


def pay_all(first: Payout, others: list[Payout]) -> Taken:
    pks = [payout.pk for payout in (first, *others)]
    with translation.override("en"):
        return payouts.pay(pks, document_number="KM-17", paid_on=TODAY, actor=first.approved_by)
