"""Orders sold before there was a ledger are in it after the upgrade; and where the two differ, it is said."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings

from artisans import earnings
from artisans.models import Booking, LedgerEntry
from orders import ledger_checks, reconciling, refunds
from orders.models import Order, Payment, Reconciliation, Refund
from orders.providers import RefundState
from tests import paying
from tests.artisans.test_payouts import earn, paid
from tests.factories import ArtisanFactory, UserFactory, order_of, piece
from tests.orders import toys
from tests.orders.test_books import accounts, give_back, pay, three_sent, told_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_vat(settings: Settings) -> None:
    settings.VAT_STATE = "not_registered"


def forget_the_ledger() -> None:
    """As before the upgrade."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("artisans_ledgerentry", "artisans_booking"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_kept")
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_kept")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def ledger() -> list[tuple[object, ...]]:
    columns = ("booking__cause", "booking__kind", "booking__booked_on", "account", "amount", "artisan", "held_at")
    return sorted(LedgerEntry.objects.values_list(*columns, "sku", "quantity"), key=repr)


def sold_and_given_back() -> list[Order]:
    """A life each: sold; partly given back; money that bought nothing; not paid."""
    nar = ArtisanFactory.create()
    kept, partly = three_sent(nar), three_sent(nar)
    told_of(give_back(partly, 1, delivery="5.00"))
    give_back(partly, 1, deduction="1.00")
    late = order_of(piece(price="38.00"))
    Payment.objects.filter(order=late).update(amount=Decimal("30.00"))
    pay(late, amount=Decimal("38.00"))
    order_of(piece())
    return [kept, partly, late]


def test_what_was_sold_before_the_ledger_is_booked_as_if_it_had_been_there(settings: Settings) -> None:
    toys.use(settings, toys.Toy)
    orders = sold_and_given_back()
    live = ledger()
    forget_the_ledger()
    assert ledger_checks.not_booked() == orders
    run = reconciling.reconcile()
    found = [(finding["kind"], finding["order"]) for finding in run.findings]
    assert found == [(Reconciliation.Finding.NOT_BOOKED, order.code) for order in orders]
    assert ledger() == live
    assert ledger_checks.not_booked() == []
    assert reconciling.reconcile().findings == []


def test_the_day_of_a_booking_is_the_day_of_what_it_tells() -> None:
    order = three_sent(ArtisanFactory.create())
    forget_the_ledger()
    Payment.objects.update(paid_at="2026-03-01T12:00+04:00")
    ledger_checks.book(order.pk)
    assert {str(booking.booked_on) for booking in Booking.objects.all()} == {"2026-03-01"}


def test_one_booking_that_is_missing_is_found() -> None:
    order = three_sent(ArtisanFactory.create())
    refund = give_back(order, 1)
    Refund.objects.filter(pk=refund.pk).update(done_at="2026-03-01T12:00+04:00")
    assert ledger_checks.not_booked() == [order]
    assert [*ledger_checks.disagreements()] == [f"{order.code}: 30.00 of its money is here, and the ledger says 42.50"]
    ledger_checks.book(order.pk)
    assert ledger_checks.not_booked() == []
    assert [*ledger_checks.disagreements()] == []


def test_a_refund_that_came_back_is_not_taken_for_one_that_is_missing() -> None:
    order = three_sent(ArtisanFactory.create())
    refund = give_back(order, 1)
    told_of(refund)
    told_of(refund, RefundState.FAILED)
    refunds.mark_given_back(refund.pk, actor=UserFactory.create())
    before = ledger()
    assert ledger_checks.not_booked() == []
    ledger_checks.book(order.pk)
    assert ledger() == before
    assert accounts(order)["money"] == "30.00"


def test_looking_at_every_order_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    sold_and_given_back()
    forget_the_ledger()
    with django_assert_num_queries(1):
        assert len(ledger_checks.not_booked()) == 3


def test_the_command_books_and_says_so() -> None:
    orders = sold_and_given_back()
    forget_the_ledger()
    told = StringIO()
    call_command("check_ledger", stdout=told)
    assert told.getvalue().splitlines() == [
        *(f"{order.code}: booked now" for order in orders),
        "The ledger, the payments and the payouts agree.",
    ]
    assert sum(earnings.balances().values()) == Decimal("35.00")


def test_the_command_fails_where_the_two_differ() -> None:
    order = three_sent(ArtisanFactory.create())
    Payment.objects.filter(order=order).update(captured_amount=Decimal("50.00"))
    with pytest.raises(CommandError, match=f"{order.code}: 50.00 of its money is here, and the ledger says 42.50"):
        call_command("check_ledger", stdout=StringIO())


def change_payouts(change: str) -> None:
    """As it could be written before the database kept payouts."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE artisans_payout DISABLE TRIGGER USER")
        cursor.execute(change)
        cursor.execute("ALTER TABLE artisans_payout ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


TWICE = """
INSERT INTO artisans_payout
    (artisan_id, amount, method, state, approved_by_id, approved_at, document_number, paid_on, paid_by_id,
    reversal_reason)
SELECT artisan_id, 500, method, state, approved_by_id, approved_at, document_number, paid_on, paid_by_id,
    reversal_reason
FROM artisans_payout
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("UPDATE artisans_payout SET amount = 500", "paid 500.00 to {code}, and the ledger says 26.60 to {code}"),
        ("DELETE FROM artisans_payout", "paid nothing, and the ledger says 26.60 to {code}"),
        (TWICE, "paid 500.00 to {code}, and the ledger says nothing"),
    ],
)
def test_a_payout_that_is_not_as_it_is_booked_is_told(change: str, told: str) -> None:
    artisan = ArtisanFactory.create()
    earn(artisan, "26.60")
    paid(artisan)
    found = set(ledger_checks.disagreements())
    change_payouts(change)
    [sentence] = set(ledger_checks.disagreements()) - found
    assert sentence.partition(": ")[2] == told.format(code=artisan.code)


def test_a_reversal_agrees_until_its_payout_says_that_it_is_paid() -> None:
    artisan = ArtisanFactory.create()
    earn(artisan, "26.60")
    payout = paid(artisan)
    found = set(ledger_checks.disagreements())
    paying.reverse(payout.pk)
    assert set(ledger_checks.disagreements()) == found
    unreversed = "state = 'paid', reversed_on = NULL, reversed_by_id = NULL, reversal_reason = ''"
    change_payouts(f"UPDATE artisans_payout SET {unreversed}")  # noqa: S608
    [sentence] = set(ledger_checks.disagreements()) - found
    said = f"paid nothing, and the ledger says -26.60 to {artisan.code}"
    assert sentence == f"payout-{payout.pk}-reversal: {said}"
