"""What the ledger says of an order: all of its money, to the qəpik, whatever becomes of it."""

from contextlib import suppress
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as run
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from artisans import earnings
from artisans.models import Artisan, Booking, EarningsRule, LedgerEntry
from dostshop.env import Tariff
from orders import books, cancelling, payments, refunds
from orders.delivery import delivery_for
from orders.models import Invoice, LineItem, Order, Payment, Refund
from orders.providers import ProviderRefund, ProviderState, ProviderStatus, RefundState
from tests.factories import (
    ArtisanFactory,
    CraftFactory,
    UserFactory,
    bag_with,
    delivery_method,
    made_by,
    order_of,
    piece,
    place,
)
from tests.orders import toys

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_vat(settings: Settings) -> None:
    settings.VAT_STATE = "not_registered"


def pay(order: Order, *, amount: Decimal | None = None) -> Payment:
    payment = order.payments.latest("pk")
    told = ProviderStatus(ProviderState.PAID, amount or payment.amount, "AZN", f"pi_{payment.pk}")
    payments.apply_status(payment.pk, told)
    payment.refresh_from_db()
    return payment


def accounts(order: Order | None = None) -> dict[str, str]:
    """What each account has, as far as it has anything; a debit is positive."""
    rows = LedgerEntry.objects.filter(booking__order_code=order.code) if order else LedgerEntry.objects.all()
    totals = rows.order_by("account").values_list("account").annotate(Sum("amount"))
    return {account: str(total) for account, total in totals if total}


def told_of(refund: Refund, state: RefundState = RefundState.DONE) -> None:
    refunds.apply(
        refund.payment_id, ProviderRefund(f"re_{refund.pk}", state, refund.amount, str(refund.idempotency_key))
    )


def three_sent(*makers: Artisan, price: str = "12.50", quantity: int = 3, by: str = "5.00") -> Order:
    """Three of a kind, sent for 5.00, paid by card."""
    method = delivery_method(price=by)
    bowls = piece(on_hand=5, kind="small_series", price=price)
    if makers:
        made_by(bowls.product, *makers)
    bag = bag_with(bowls, quantity=quantity)
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    order = place(bag, option=option, address="Nizami 1", city="Bakı", country="AZ")
    pay(order)
    return order


def give_back(
    order: Order, units: int = 0, *, delivery: str = "0", goodwill: str = "0", deduction: str = "0"
) -> Refund:
    sums = (Decimal(delivery), Decimal(goodwill), Decimal(deduction))
    what = refunds.Sum({order.lines.get().pk: units}, *sums, to_buyer="Ləkə" if Decimal(deduction) else "")
    return refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)


def test_a_sale_is_shared_by_the_rule_of_its_day() -> None:
    nar, lala = ArtisanFactory.create(), ArtisanFactory.create()
    order = three_sent(nar, lala)
    assert accounts(order) == {
        "money": "42.50",
        "makers": "-26.25",
        "centre": "-7.50",
        "materials": "-3.75",
        "delivery": "-5.00",
    }
    # 8.75 of each bowl: the odd qəpik is the first maker's.
    assert earnings.balances() == {nar.pk: Decimal("13.14"), lala.pk: Decimal("13.11")}
    payment, sale = Booking.objects.order_by("pk")
    assert (payment.kind, sale.kind, sale.rule) == ("payment", "sale", EarningsRule.objects.get())
    row = LedgerEntry.objects.get(artisan=nar)
    assert (row.sku, row.quantity, row.branch, row.item) == (
        order.lines.get().sku,
        3,
        order.fulfilments.get().branch,
        "Firuzəyi badyə",
    )
    assert LedgerEntry.objects.get(account="money").held_at == "stripe"


def test_what_nobody_is_named_for_is_kept_apart() -> None:
    assert accounts(three_sent()) == {
        "money": "42.50",
        "unassigned": "-26.25",
        "centre": "-7.50",
        "materials": "-3.75",
        "delivery": "-5.00",
    }
    assert earnings.balances() == {}


def test_a_maker_who_is_gone_does_not_keep_the_money_from_being_booked() -> None:
    order = order_of(piece(price="10.00"))
    LineItem.objects.update(shares=[{"artisan": 999_999, "share": "100.00"}])
    pay(order)
    assert accounts(order)["unassigned"] == "-7.00"
    refunds.decide(order.pk, what=refunds.everything_left(order), reason="returned")
    assert set(accounts(order)) == {"money", "buyers"}


def test_a_later_rule_shares_what_is_sold_later_and_takes_back_by_the_older() -> None:
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    EarningsRule.objects.create(valid_from=timezone.localdate(), makers=50, centre=40, materials=10)
    later = three_sent(nar)
    assert accounts(later)["makers"] == "-18.75"
    give_back(order, 1)
    assert accounts(order)["makers"] == "-17.50"


def test_a_refund_is_owed_to_the_buyer_until_the_money_goes() -> None:
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    refund = give_back(order, 1, delivery="5.00")
    assert accounts(order) == {
        "money": "42.50",
        "buyers": "-17.50",
        "makers": "-17.50",
        "centre": "-5.00",
        "materials": "-2.50",
    }
    told_of(refund)
    assert accounts(order) == {"money": "25.00", "makers": "-17.50", "centre": "-5.00", "materials": "-2.50"}
    told_of(refund)
    assert Booking.objects.filter(kind="money_back").count() == 1


def test_money_that_could_not_be_sent_is_here_again() -> None:
    order = three_sent(ArtisanFactory.create())
    refund = give_back(order, 1)
    told_of(refund)
    told_of(refund, RefundState.FAILED)
    assert (accounts(order)["money"], accounts(order)["buyers"]) == ("42.50", "-12.50")
    refunds.mark_given_back(refund.pk, actor=UserFactory.create())
    assert accounts(order)["money"] == "30.00"
    assert "buyers" not in accounts(order)
    places = (
        LedgerEntry.objects.filter(account="money").order_by("held_at").values_list("held_at").annotate(Sum("amount"))
    )
    assert dict(places) == {"stripe": Decimal("42.50"), "by_hand": Decimal("-12.50")}


def test_a_refund_that_was_refused_is_still_owed(settings: Settings) -> None:
    order = three_sent(ArtisanFactory.create())
    toys.use(settings, toys.Refuses)
    refund = give_back(order, 1)
    refunds.send(refund_pk=refund.pk)
    assert accounts(order)["buyers"] == "-12.50"
    assert not Booking.objects.filter(kind="money_back").exists()


def test_goodwill_is_the_centres_and_what_is_kept_back_too() -> None:
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    give_back(order, goodwill="10.00")
    assert earnings.balances() == {nar.pk: Decimal("26.25")}
    assert accounts(order)["goodwill"] == "10.00"
    give_back(order, 1, deduction="2.00")
    assert earnings.balances() == {nar.pk: Decimal("17.50")}
    assert (accounts(order)["goodwill"], accounts(order)["kept_back"]) == ("10.00", "-2.00")


def test_what_was_given_back_at_the_provider_without_a_word_is_the_centres() -> None:
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    payment = order.payments.get()
    refunds.apply(payment.pk, ProviderRefund("re_x", RefundState.DONE, Decimal("42.50")))
    assert earnings.balances() == {nar.pk: Decimal("26.25")}
    assert accounts(order) == {
        "makers": "-26.25",
        "centre": "-7.50",
        "materials": "-3.75",
        "delivery": "-5.00",
        "goodwill": "42.50",
    }


@pytest.mark.parametrize("steps", [[3], [1, 2], [2, 1], [1, 1, 1]])
def test_an_order_that_went_back_whole_leaves_nothing(steps: list[int]) -> None:
    order = three_sent(ArtisanFactory.create(), ArtisanFactory.create(), price="0.07")
    for number, units in enumerate(steps):
        told_of(give_back(order, units, delivery="5.00" if number == 0 else "0"))
    assert accounts(order) == {}
    assert set(earnings.balances().values()) == {Decimal(0)}


def test_money_for_nothing_is_owed_until_it_goes_back() -> None:
    order = order_of(piece(price="38.00"))
    cancelling.cancel(order.pk)
    pay(order)
    assert accounts(order) == {"money": "38.00", "buyers": "-38.00"}
    told_of(Refund.objects.get())
    assert accounts(order) == {}
    assert not Booking.objects.filter(kind="sale").exists()


def test_another_sum_is_owed_until_it_goes_back() -> None:
    order = order_of(piece(price="38.00"))
    pay(order, amount=Decimal("30.00"))
    assert accounts(order) == {"money": "30.00", "buyers": "-30.00"}


def test_money_that_came_and_went_back_at_the_provider_leaves_nothing() -> None:
    order = order_of(piece(price="38.00"))
    payment = order.payments.get()
    back = ProviderRefund("re_x", RefundState.DONE, payment.amount)
    told = ProviderStatus(ProviderState.PAID, payment.amount, "AZN", "pi_1", refunds=(back,))
    payments.apply_status(payment.pk, told)
    refunds.apply(payment.pk, back)
    assert accounts(order) == {}


def test_a_further_transfer_is_owed_and_goes_back_from_the_account(settings: Settings) -> None:
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    order = order_of(piece(price="38.00"), provider="transfer")
    staff = UserFactory.create()
    payments.mark_paid(order.pk, actor=staff, amount=Decimal("38.00"))
    refund = payments.take_in_transfer(order.pk, amount=Decimal("5.00"), booked_before=Decimal("38.00"), actor=staff)
    assert (accounts(order)["money"], accounts(order)["buyers"]) == ("43.00", "-5.00")
    refunds.mark_given_back(refund.pk, actor=staff)
    assert accounts(order)["money"] == "38.00"
    assert {*LedgerEntry.objects.filter(account="money").values_list("held_at", flat=True)} == {"transfer"}


def test_fees_are_borne_by_the_centre_and_are_not_given_back(settings: Settings) -> None:
    settings.PAYMENT_FEES = {"stripe": Tariff(Decimal("2.9"), Decimal("0.50"))}
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    assert (accounts(order)["fees"], accounts(order)["fees_owed"]) == ("1.73", "-1.73")
    assert accounts(order)["money"] == "42.50"
    assert earnings.balances() == {nar.pk: Decimal("26.25")}
    told_of(refunds.decide(order.pk, what=refunds.everything_left(order), reason="cancelled"))
    assert accounts(order) == {"fees": "1.73", "fees_owed": "-1.73"}


def test_tax_is_taken_out_before_anything_is_shared(settings: Settings) -> None:
    settings.VAT_STATE = "registered"
    order = three_sent(ArtisanFactory.create(), price="11.80")
    # 35.40 contain 5.40, and 5.00 contain 0.76.
    assert accounts(order) == {
        "money": "40.40",
        "tax": "-6.16",
        "makers": "-21.00",
        "centre": "-6.00",
        "materials": "-3.00",
        "delivery": "-4.24",
    }


def test_the_word_of_the_provider_twice_is_one_sale() -> None:
    order = three_sent(ArtisanFactory.create())
    for _again in range(2):
        pay(order)
    assert Booking.objects.filter(order_code=order.code).count() == 2


def test_capturing_asks_few_questions_more(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    nar = ArtisanFactory.create()
    order = three_sent(nar)
    payment = order.payments.get()
    Payment.objects.filter(pk=payment.pk).update(provider="epoint")
    payment.pk = 10**6
    with django_assert_num_queries(2):
        books.money_came(order, payment)
    # The rule, the lines, the makers who are there, and the rows.
    with django_assert_num_queries(5):
        books.sold(order, payment)


def two_kinds() -> tuple[Order, LineItem, LineItem]:
    """A piece with VAT and one without, paid."""
    order = place(bag_with(piece(price="118.00"), piece(price="60.00", craft=CraftFactory.create(tax_class="exempt"))))
    pay(order)
    taxed, exempt = order.lines.order_by("-unit_price")
    return order, taxed, exempt


def give(order: Order, *, goodwill: str = "0", deduction: str = "0", **units: LineItem) -> Refund:
    sums = (Decimal(0), Decimal(goodwill), Decimal(deduction))
    lines = {line.pk: 1 for line in units.values()}
    what = refunds.Sum(lines, *sums, to_buyer="Ləkə" if Decimal(deduction) else "")
    return refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)


def test_goodwill_bears_the_tax_that_it_moved_to_what_goes_back_later(settings: Settings) -> None:
    settings.VAT_STATE = "registered"
    order, taxed, exempt = two_kinds()
    give(order, goodwill="50.00")
    # 33.15 of it are of the piece with tax: 5.06.
    assert (accounts(order)["goodwill"], accounts(order)["tax"]) == ("44.94", "-12.94")
    give(order, exempt=exempt)
    # Of the other kind, 43.15 were left. The rest goes back with 2.57 of tax.
    assert accounts(order) == {
        "money": "178.00",
        "buyers": "-110.00",
        "unassigned": "-70.00",
        "centre": "-20.00",
        "materials": "-10.00",
        "goodwill": "42.37",
        "tax": "-10.37",
    }
    give(order, taxed=taxed, deduction="50.00")
    assert set(accounts(order)) == {"money", "buyers", "goodwill", "kept_back"}


def test_what_is_kept_back_after_goodwill_is_kept_apart_from_it(settings: Settings) -> None:
    settings.VAT_STATE = "registered"
    order, _taxed, exempt = two_kinds()
    give(order, goodwill="50.00")
    give(order, exempt=exempt, deduction="10.00")
    assert (accounts(order)["kept_back"], accounts(order)["centre"]) == ("-10.00", "-20.00")


CENTS = st.integers(1, 30_000).map(lambda minor: str(Decimal(minor) / 100))


@run(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=CENTS,
    quantity=st.integers(1, 5),
    delivery=CENTS,
    steps=st.lists(st.tuples(st.integers(0, 3), st.booleans(), CENTS, CENTS), max_size=5),
)
def test_tax_in_the_ledger_is_the_tax_of_the_invoices(
    settings: Settings, price: str, quantity: int, delivery: str, steps: list[tuple[int, bool, str, str]]
) -> None:
    """And no maker gives back more than the sale gave, but all of it where every unit went back."""
    settings.VAT_STATE = "registered"
    order = three_sent(ArtisanFactory.create(), ArtisanFactory.create(), price=price, quantity=quantity, by=delivery)
    for units, with_delivery, goodwill, deduction in steps:
        line = order.lines.get()
        back = str(order.delivery_total - order.delivery_refunded) if with_delivery else "0"
        with suppress(refunds.NothingToRefund, refunds.MoreThanPaid):
            give_back(order, min(units, line.left_quantity), delivery=back, goodwill=goodwill, deduction=deduction)
        order.refresh_from_db()
        invoiced = sum(one.tax * (-1 if one.is_credit_note else 1) for one in Invoice.objects.filter(order=order))
        assert Decimal(accounts(order).get("tax", 0)) == -invoiced
        assert all(owed >= 0 for owed in earnings.balances().values())
        of_no_piece = LedgerEntry.objects.filter(booking__order_code=order.code, account="centre", sku="")
        assert all(abs(entry.amount) <= Decimal("0.01") for entry in of_no_piece)
        if order.lines.get().left_quantity == 0:
            assert "makers" not in accounts(order)
