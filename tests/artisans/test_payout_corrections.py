"""What was written down wrong of a payout is mended, once, and what is booked stays."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone, translation

from artisans import earnings, payout_corrections, payouts, statement_documents, statements
from artisans.earnings import Account, Cause, Entry
from artisans.models import Artisan, ArtisanPrivate, Booking, LedgerEntry, Payout, PayoutCorrection, Statement
from artisans.payout_corrections import NotPossible
from tests import paying
from tests.artisans.test_consent_documents import read
from tests.artisans.test_earnings import checked, committed
from tests.artisans.test_payouts import TODAY, accountant, approved, due, earn, maker, paid
from tests.artisans.test_statements import BEFORE, LANGUAGES, LAST, book, statement_of
from tests.artisans.test_statements import pay as pay_in_the_past
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db

Reason = Payout.ReversalReason
MISTYPED = PayoutCorrection.Reason.MISTYPED


def correct(payout: Payout, number: str = "KM-71", *, with_others: bool = False) -> list[Payout]:
    return payout_corrections.correct_number(
        payout.pk, number=number, reason=MISTYPED, with_others=with_others, actor=accountant()
    )


def paid_to_somebody(amount: str = "26.60") -> Payout:
    artisan = maker()
    earn(artisan, amount, cause=f"sale-{artisan.pk}")
    return paid(artisan)


def ledger() -> list[tuple[Any, ...]]:
    return list(LedgerEntry.objects.order_by("pk").values_list("booking__cause", "account", "amount", "held_at"))


def test_a_reversed_payout_is_due_again_and_paid_by_another() -> None:
    payout = paid_to_somebody()
    booked = ledger()
    with committed():
        paying.reverse(payout.pk, reason=Reason.NOT_HANDED_OVER)
    payout.refresh_from_db()
    assert (payout.state, payout.document_number, payout.reversed_on) == ("reversed", "KM-17", TODAY)
    assert ledger() == [
        *booked,
        (f"payout-{payout.pk}-reversal", "makers", Decimal("-26.60"), ""),
        (f"payout-{payout.pk}-reversal", "money", Decimal("26.60"), "cash"),
    ]
    assert due(payout.artisan) == Decimal("26.60")
    again = paid(payout.artisan)
    assert (again.pk != payout.pk, again.state, again.amount) == (True, "paid", Decimal("26.60"))
    assert paying.balance(payout.artisan_id) == 0


@pytest.mark.parametrize("day", [TODAY + timedelta(days=1), TODAY - timedelta(days=1)])
def test_a_payout_is_reversed_on_a_day_that_can_be(day: date) -> None:
    payout = paid_to_somebody()
    with pytest.raises(NotPossible):
        paying.reverse(payout.pk, on=day)
    assert paying.balance(payout.artisan_id) == 0


def cancelled() -> Payout:
    payout = approved(maker())
    paying.cancel(payout.pk)
    return payout


def reversed_once() -> Payout:
    payout = paid_to_somebody()
    paying.reverse(payout.pk)
    return payout


def reversing(payout: Payout) -> None:
    paying.reverse(payout.pk)


@pytest.mark.parametrize(
    ("make", "mend"),
    [
        *((make, mend) for make in (lambda: approved(maker()), cancelled) for mend in (reversing, correct)),
        (reversed_once, reversing),
    ],
)
def test_what_is_not_paid_is_not_mended(make: Callable[[], Payout], mend: Callable[[Payout], None]) -> None:
    payout = make()
    before = ledger()
    with pytest.raises(NotPossible):
        mend(payout)
    assert ledger() == before
    assert not PayoutCorrection.objects.exists()


def test_the_social_worker_does_not_hear_of_what_was_not_received() -> None:
    payout = paid_to_somebody()
    ArtisanPrivate.objects.filter(pk=payout.artisan_id).update(monthly_threshold=Decimal("1.00"))
    assert payouts.above_threshold(month=TODAY)
    paying.reverse(payout.pk)
    assert payouts.above_threshold(month=TODAY) == []


def test_a_number_is_corrected_and_the_one_before_kept() -> None:
    payout = paid_to_somebody()
    booked, actor = ledger(), accountant()
    for number, reason in ((" KM-71 ", MISTYPED), ("KM-72", PayoutCorrection.Reason.ANOTHER_PAPER)):
        with committed():
            payout_corrections.correct_number(payout.pk, number=number, reason=reason, with_others=False, actor=actor)
    payout.refresh_from_db()
    assert (payout.document_number, payout.state, payout.paid_on) == ("KM-72", "paid", TODAY)
    told = PayoutCorrection.objects.order_by("pk").values_list("old_number", "new_number", "reason", "made_by")
    assert list(told) == [("KM-17", "KM-71", "mistyped", actor.pk), ("KM-71", "KM-72", "another_paper", actor.pk)]
    assert ledger() == booked


@pytest.mark.parametrize("number", ["", "  ", "KM-17"])
def test_a_number_is_corrected_to_another_one(number: str) -> None:
    payout = paid_to_somebody()
    with pytest.raises(NotPossible):
        correct(payout, number)
    payout.refresh_from_db()
    assert payout.document_number == "KM-17"
    assert not PayoutCorrection.objects.exists()


def test_one_document_of_many_payouts_is_corrected_on_all_or_on_one() -> None:
    first, second, reversed_one = (paid_to_somebody() for _number in range(3))
    paying.reverse(reversed_one.pk)
    other = approved(maker(), cause="sale-other")
    paying.pay(other.pk, document_number="KM-18")
    assert correct(first, "KM-71") == [first]
    assert correct(first, "KM-17") == [first]
    # The paper is the same for what did not arrive.
    assert correct(first, "KM-72", with_others=True) == [first, second, reversed_one]
    numbers = Payout.objects.order_by("pk").values_list("document_number", flat=True)
    assert list(numbers) == ["KM-72", "KM-72", "KM-72", "KM-18"]
    checked()


def test_the_database_refuses_a_number_that_no_correction_tells() -> None:
    payout = paid_to_somebody()
    with pytest.raises(IntegrityError, match="its corrections tell"), committed():
        Payout.objects.filter(pk=payout.pk).update(document_number="KM-71")
    correct(payout)
    with pytest.raises(IntegrityError, match="its corrections tell"), committed():
        Payout.objects.filter(pk=payout.pk).update(document_number="KM-17")
    # Nor one that stands there for a moment, between two that are told.
    with pytest.raises(IntegrityError, match="its corrections tell"), transaction.atomic():
        Payout.objects.filter(pk=payout.pk).update(document_number="X")


def correction(payout: Payout, **told: Any) -> None:
    told = {"old_number": "KM-17", "new_number": "KM-71", "reason": MISTYPED, "made_by": accountant(), **told}
    PayoutCorrection.objects.create(payout=payout, **told)


@pytest.mark.parametrize(
    ("told", "refusal"),
    [
        ({}, "its corrections tell"),
        ({"old_number": "KM-1"}, "not paid by this document"),
        ({"new_number": "KM-17"}, "payoutcorrection_changes"),
        ({"new_number": ""}, "payoutcorrection_changes"),
    ],
)
def test_the_database_refuses_a_correction_that_is_none(told: dict[str, str], refusal: str) -> None:
    payout = paid_to_somebody()
    with pytest.raises(IntegrityError, match=refusal), committed():
        correction(payout, **told)


def test_what_was_corrected_is_only_added_to() -> None:
    correct(paid_to_somebody())
    checked()
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        PayoutCorrection.objects.update(reason="another_paper")
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        PayoutCorrection.objects.get().delete()


def reversed_unbooked(payout: Payout, **changes: Any) -> None:
    told = {"reversed_on": TODAY, "reversed_by": payout.approved_by, "reversal_reason": Reason.MISTAKE, **changes}
    Payout.objects.filter(pk=payout.pk).update(state="reversed", **told)


def reversal_in_the_ledger(payout: Payout, **changes: Any) -> None:
    told = {"amount": payout.amount, "artisan": payout.artisan_id, "held_at": "cash", "on": TODAY, **changes}
    entries = [
        Entry(account=Account.MAKERS, amount=-told["amount"], artisan_pk=told["artisan"]),
        Entry(account=Account.MONEY, amount=told["amount"], held_at=told["held_at"]),
    ]
    earnings.book(Cause(name=payout.reversal_cause, kind=Booking.Kind.REVERSAL, on=told["on"]), entries)


@pytest.mark.parametrize("half", [reversed_unbooked, reversal_in_the_ledger])
def test_nothing_is_reversed_without_a_booking_and_nothing_booked_without_a_reversal(
    half: Callable[[Payout], None],
) -> None:
    payout = paid_to_somebody()
    with pytest.raises(IntegrityError, match="booking of its reversal"), committed():
        half(payout)


@pytest.mark.parametrize(
    "wrong", [{"amount": Decimal("26.59")}, {"held_at": "bank"}, {"on": TODAY - timedelta(days=1)}]
)
def test_a_reversal_and_its_booking_say_the_same(wrong: dict[str, Any]) -> None:
    payout = paid_to_somebody()

    def both(**changes: Any) -> None:
        with committed():
            reversed_unbooked(payout)
            reversal_in_the_ledger(payout, **changes)

    with pytest.raises(IntegrityError, match="booking of its reversal"):
        both(**wrong)
    both()
    with pytest.raises(IntegrityError, match="artisans_booking_cause"), transaction.atomic():
        reversal_in_the_ledger(payout)


@pytest.mark.parametrize(
    "changes", [{"reversed_on": None}, {"reversal_reason": ""}, {"reversed_on": TODAY - timedelta(days=1)}]
)
def test_a_reversal_says_when_and_why(changes: dict[str, Any]) -> None:
    payout = paid_to_somebody()
    with pytest.raises(IntegrityError, match="reversed_says_why"), transaction.atomic():
        reversed_unbooked(payout, **changes)


@pytest.mark.parametrize("change", [{"state": "paid"}, {"reversed_on": TODAY + timedelta(days=1)}, {"amount": 1}])
def test_what_is_reversed_stays_so(change: dict[str, Any]) -> None:
    reversed_once()
    with pytest.raises(IntegrityError, match="only reversed"), transaction.atomic():
        Payout.objects.update(**change)
    with pytest.raises(IntegrityError, match="only reversed"), transaction.atomic():
        Payout.objects.get().delete()


def two_reverse_at_once(payout: Payout) -> list[Any]:
    actor = accountant()

    def reverse() -> None:
        paying.reverse(payout.pk, actor=actor)

    return all_at_once([reverse, reverse])


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_accountants_who_reverse_at_once_reverse_once() -> None:
    payout = paid_to_somebody()
    outcomes = two_reverse_at_once(payout)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "NotPossible"]
    assert paying.balance(payout.artisan_id) == Decimal("26.60")
    assert Booking.objects.filter(kind="reversal").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_the_lock_only_the_database_keeps_them_from_reversing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find it paid; the second finds it reversed as it writes."""
    payout = paid_to_somebody()
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    monkeypatch.setattr(timezone, "localdate", after_all_have_come(timezone.localdate, callers=2))
    actor = accountant()
    calls = [lambda: paying.reverse(payout.pk, on=TODAY, actor=actor)] * 2
    assert sorted(type(one).__name__ for one in all_at_once(calls)) == ["IntegrityError", "NoneType"]
    assert Booking.objects.filter(kind="reversal").count() == 1


def of_maker(artisan: Artisan, month: date, language: str = "en") -> dict[str, Any]:
    content: dict[str, Any] = statement_of(artisan, month).content[language]
    return content


def test_a_reversal_is_told_in_its_month_on_a_line_of_its_own() -> None:
    artisan, other = maker(), maker()
    book(artisan, "40.00", on=BEFORE)
    pay_in_the_past(artisan, "40.00", on=BEFORE + timedelta(days=1))
    book(other, "5.00", on=LAST)
    statements.issue(BEFORE, actor=accountant())
    printed = [statement_documents.pdf_response(one, language="az").content for one in Statement.objects.order_by("pk")]
    paying.reverse(Payout.objects.get().pk, on=LAST + timedelta(days=3))
    pay_in_the_past(artisan, "30.00", on=LAST + timedelta(days=9), number="KM-99")
    statements.issue(LAST, actor=accountant())
    statement, told = statement_of(artisan), of_maker(artisan, LAST)
    assert (statement.opening, statement.closing) == (Decimal(), Decimal("10.00"))
    assert [amount for _words, amount in told["sums"]] == [
        *("0,00\xa0₼", "0,00\xa0₼", "0,00\xa0₼", "-30,00\xa0₼", "40,00\xa0₼")
    ]
    assert told["sums"][-1][0] == "It did not reach you"
    [part] = told["parts"]
    first_day = f"{BEFORE + timedelta(days=1):2 %B}"
    assert [row[1:] for row in part["rows"]] == [
        [f"paid on {first_day}, did not reach you: the bank sent the money back", "-40,00\xa0₼"],
        ["in cash, against signature, document KM-99", "30,00\xa0₼"],
    ]
    of_branch = Statement.objects.get(artisan=None, month__month=LAST).content["en"]
    assert of_branch["names"][2:] == ["Owed before", "Earned", "Went back", "Paid", "Not received", "Owed after"]
    assert of_branch["totals"][2:] == ["0,00", "5,00", "0,00", "-30,00", "40,00", "15,00"]
    again = [statement_documents.pdf_response(one, language="az").content for one in issued_before()]
    assert again == printed


def issued_before() -> list[Statement]:
    return list(Statement.objects.filter(month__month=BEFORE).order_by("pk"))


def test_without_a_reversal_no_line_and_no_column_speaks_of_one() -> None:
    artisan = maker()
    book(artisan, "40.00")
    statements.issue(LAST, actor=accountant())
    assert len(of_maker(artisan, LAST)["sums"]) == 4
    assert "Not received" not in Statement.objects.get(artisan=None).content["en"]["names"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_every_line_and_reversals_it_is_one_page(language: str) -> None:
    artisan = maker(private__legal_name="Məmmədova-Quliyeva Sevil Əliağa qızı və nümayəndəsi")
    book(artisan, "100.00", on=BEFORE)
    for number in range(6):
        day = LAST + timedelta(days=number)
        book(artisan, "-1.00", on=day, sku=f"B-{number}")
        book(artisan, "11.50", on=day, sku=f"S-{number}")
        pay_in_the_past(artisan, "9.50", on=day, number="KM-17")
    for payout in Payout.objects.all()[:4]:
        paying.reverse(payout.pk, on=LAST + timedelta(days=20), reason=Reason.MISTAKE)
    statements.issue(LAST, actor=accountant())
    [answer] = [statement_documents.pdf_response(statement_of(artisan), language=language)]
    document, text = read(answer)
    assert len(document.pages) == 1
    content = of_maker(artisan, LAST, language)
    assert content["ask"] in text
    assert content["sums"][-1][0] in text
    with translation.override(language):
        assert str(Reason.MISTAKE.label) in text
