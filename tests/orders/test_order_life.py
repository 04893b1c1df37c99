"""Any order of events in the lives of some orders: what must never be, never is.

Shoppers, staff, the clock and a bank act at random, each as often and as late as they like; events of the bank come
repeated and out of order, and it fails before or after it has done what it was asked. The shop may refuse, in its own
words; any other error fails the test, the database's constraints included.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as run
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from artisans import payout_corrections, payouts
from artisans.models import Payout
from dostshop import money
from orders import bag as bags
from orders import (
    cancelling,
    checkout,
    expiry,
    fulfilment,
    payments,
    providers,
    refunds,
    returns,
    stock,
    till,
    webhooks,
)
from orders.delivery import delivery_for
from orders.models import Bag, Hold, LineItem, Order, Payment, Refund, Return, Stock
from orders.models.order import WrongTransition
from orders.steps import NotPossible
from tests import paying
from tests.factories import BranchFactory, delivery_method, details, piece, worker
from tests.orders import toys
from tests.orders.bank import Bank, Books, Page
from tests.orders.invariants import (
    invoice_numbers_have_no_gap,
    is_to_come,
    money_adds_up,
    moves_by_the_table,
    units_are_counted_once,
    was_paid,
)
from tests.orders.reckoning import Ledger

SMALLEST_SUM = Decimal("0.01")
REFUSED = (
    stock.OutOfStock,
    stock.MoreThanSold,
    stock.PutBackMeanwhile,
    bags.NotForSale,
    checkout.TooManyUnpaid,
    payments.NotPayable,
    payments.GoesBack,
    till.NotTheirs,
    providers.ProviderUnavailable,
    providers.ProviderRefused,
    refunds.NothingToRefund,
    refunds.MoreThanBought,
    refunds.MoreThanPaid,
    refunds.NotWaiting,
    refunds.LookFirst,
    refunds.Unexplained,
    NotPossible,
    returns.NotReturnable,
    WrongTransition,
    paying.Refused,
    payout_corrections.NotPossible,
)
refused = suppress(*REFUSED)
few = st.integers(0, 2)
differences = st.sampled_from([0, 0, 0, 0, -1, 1])
troubles = st.sampled_from(["", "", "unavailable", "failed"])
troubles_of_refunds = st.sampled_from(["", "", "unavailable", "failed", "unknown"])
ways_to_pay = st.sampled_from(["bank", "bank", "bank", "branch", "transfer"])


class OrderLife(RuleBasedStateMachine):
    orders: Bundle[int] = Bundle("orders")

    @initialize(target=orders, provider=ways_to_pay, is_sent=st.booleans(), steps=st.integers(0, 3))
    def open_shop(self, provider: str, is_sent: bool, steps: int) -> Any:
        """With two orders to begin with, the first of them so many steps ahead."""
        Bank.books = self.books = Books()
        self.staff = worker()
        chest = piece(on_hand=1, price="38.00")
        bowls = piece(on_hand=6, price="12.35", kind="small_series", branch=BranchFactory.create(slug="barda"))
        made = piece(on_hand=0, price="99.99", kind="made_to_order", lead_time_days=3)
        self.ledger = Ledger()
        self.ledger.share(chest.product, "60.00", "40.00")
        self.ledger.share(bowls.product, "33.33", "33.33", "33.34")
        self.pieces = [chest, bowls, made]
        self.received = {chest.pk: 1, bowls.pk: 6}
        self.method = delivery_method(price="5.00")
        self.placed: list[int] = []
        # Refunds that were given by hand, which the bank knows nothing of.
        self.by_hand: set[int] = set()
        self.place({0, 1}, quantity=2, provider="bank", is_sent=False)
        self.place({1, 2}, quantity=2, provider=provider, is_sent=is_sent)
        first, _second = self.placed
        if steps > 0:
            self.pay_at_the_bank(first, newest=True, difference=0, is_heard_of=True)
            self.ledger.change_rule(40, 50)
            # A qəpik too much is refused.
            self.approve_payouts(difference=1)
            self.approve_payouts(difference=0)
        if steps > 1:
            for step in ("ready", "arrived", "hand over"):
                self.prepare(first, step=step, whole=True)
        if steps > 2:
            self.pay_what_is_approved()
            self.ask_to_return(first, units=1, faulty=False)
        return multiple(*self.placed)

    # The shopper.

    @rule(
        target=orders,
        chosen=st.sets(few, min_size=1),
        quantity=st.integers(1, 2),
        provider=ways_to_pay,
        is_sent=st.booleans(),
    )
    def order_more(self, chosen: set[int], quantity: int, provider: str, is_sent: bool) -> Any:
        before = len(self.placed)
        with refused:
            self.place(chosen, quantity=quantity, provider=provider, is_sent=is_sent)
        return multiple(*self.placed[before:])

    def place(self, chosen: set[int], *, quantity: int, provider: str, is_sent: bool) -> None:
        """``quantity`` is of what there are more than one of."""
        bag = bags.find_or_make(token="", user=None)
        for number in sorted(chosen):
            bags.add(bag, variant=bags.for_sale(self.pieces[number].code), quantity=quantity if number else 1)
        stock.hold(bag)
        wishes = details(bag, provider=provider, **(self.address(bag) if is_sent else {}))
        shown = checkout.total(bags.lines(bag), wishes.option)
        order = checkout.place_order(bag.pk, details=wishes, total_shown=shown)
        self.placed.append(order.pk)
        payments.start(order.payments.get())

    def address(self, bag: Bag) -> dict[str, Any]:
        option = delivery_for(bags.lines(bag)).get(f"post-{self.method.pk}")
        return {"option": option, "address": "Nizami 5", "city": "Gəncə", "country": "AZ"}

    @rule(order=orders, trouble=troubles)
    def begin_to_pay(self, order: int, trouble: str) -> None:
        """Once more, or anew."""
        self.books.trouble = trouble
        with refused:
            payments.try_again(order, provider="bank")

    @rule(order=orders, newest=st.booleans(), difference=differences, is_heard_of=st.booleans())
    def pay_at_the_bank(self, order: int, newest: bool, difference: int, is_heard_of: bool) -> None:
        if pages := self.pages_of(order):
            page = pages[-1 if newest else 0]
            self.books.pay(page, page.amount + difference * SMALLEST_SUM)
            if is_heard_of:
                self.hear_of_an_event(0)

    @rule(order=orders)
    def cancel(self, order: int) -> None:
        with refused:
            cancelling.cancel(order)

    @rule(order=orders, units=few, faulty=st.booleans())
    def ask_to_return(self, order: int, units: int, faulty: bool) -> None:
        with refused:
            returns.ask(order, units=self.units(order, units), reason="damaged" if faulty else "changed_mind")

    # The bank, and what comes from it.

    @rule(which=st.integers(0, 30))
    def hear_of_an_event(self, which: int) -> None:
        """Any that was ever sent: for the first time or again, early or late."""
        if self.books.sent:
            self.deliver(self.books.sent[-1 - which % len(self.books.sent)])

    @rule(order=orders, hundredths=st.integers(1, 4000), is_heard_of=st.booleans())
    def give_back_at_the_bank(self, order: int, hundredths: int, is_heard_of: bool) -> None:
        for page in self.pages_of(order):
            with refused:
                self.books.give_back(page, min(hundredths * SMALLEST_SUM, page.paid - page.given_back))
                if is_heard_of:
                    self.hear_of_an_event(0)

    # Tasks and the clock.

    @rule(order=orders, trouble=troubles_of_refunds)
    def send_refunds(self, order: int, trouble: str) -> None:
        for refund in Refund.objects.unsettled().filter(payment__order=order, payment__provider="bank"):
            self.books.trouble = trouble
            with refused:
                refunds.send(refund_pk=refund.pk)

    @rule(order=orders)
    def ask_the_bank(self, order: int) -> None:
        for payment in Payment.objects.filter(order=order).exclude(provider_reference=""):
            with refused:
                payments.check(payment)

    @rule(order=orders)
    def close_pages(self, order: int) -> None:
        for payment in Payment.objects.filter(order=order, status="expired").exclude(provider_reference=""):
            payments.expire_at_provider(payment.pk)

    @rule(order=orders, is_noticed=st.booleans())
    def time_runs_out(self, order: int, is_noticed: bool) -> None:
        past = timezone.now() - timedelta(hours=1)
        Payment.objects.open().filter(order=order).update(expires_at=past, remind_at=None)
        Hold.objects.filter(order=order, released_at=None).update(expires_at=past)
        if is_noticed and order in expiry.overdue_orders():
            expiry.expire_order(order)

    # Staff.

    @rule(order=orders, difference=differences)
    def mark_paid(self, order: int, difference: int) -> None:
        with refused:
            payments.mark_paid(order, actor=self.staff, amount=self.order(order).total + difference * SMALLEST_SUM)

    @rule(order=orders)
    def take_back_what_was_typed(self, order: int) -> None:
        known = self.order(order)
        if typed := payments.typed_sum(known):
            till.take_back(known, amount=typed, actor=self.staff)

    @rule(order=orders, difference=differences, was_looked_at=st.sampled_from([True, True, False]))
    def take_further_transfer(self, order: int, difference: int, was_looked_at: bool) -> None:
        known = self.order(order)
        booked = payments.booked(known) if was_looked_at else known.total
        with refused:
            till.take_further(
                known, amount=known.total + difference * SMALLEST_SUM, booked_before=booked, actor=self.staff
            )

    @rule(order=orders, shelf=st.none() | few)
    def call_off(self, order: int, shelf: int | None) -> None:
        """With the usual shelf, or so many units of each line."""
        units = None if shelf is None else self.units(order, shelf)
        with refused:
            cancelling.call_off(order, actor=self.staff, shelf=units)

    @rule(order=orders, units=few)
    def write_down_a_return(self, order: int, units: int) -> None:
        told = returns.Told(self.units(order, units), reason="damaged", note="Zəng etdi")
        with refused:
            returns.record(order, told=told, actor=self.staff)

    @rule(order=orders, units=few, delivery=st.booleans(), goodwill=few, deduction=few)
    def refund(self, order: int, units: int, delivery: bool, goodwill: int, deduction: int) -> None:
        what = refunds.Sum(
            self.units(order, units),
            delivery=self.order(order).delivery_total if delivery else money.ZERO,
            goodwill=Decimal(goodwill),
            deduction=deduction * SMALLEST_SUM,
            to_buyer="Etiketi yoxdur",
        )
        with refused:
            refunds.decide(order, what=what, reason="faulty", actor=self.staff)

    @rule(order=orders)
    def refund_what_is_left(self, order: int) -> None:
        with refused:
            refunds.decide(order, what=refunds.everything_left(self.order(order)), reason="faulty", actor=self.staff)

    @rule(order=orders, by_hand=st.booleans())
    def see_to_refunds(self, order: int, by_hand: bool) -> None:
        for refund in refunds.for_a_person().filter(payment__order=order):
            with refused:
                if by_hand:
                    refunds.mark_given_back(refund.pk, actor=self.staff)
                    self.by_hand.add(refund.pk)
                else:
                    refunds.try_again(refund.pk, actor=self.staff)

    @rule(order=orders)
    def say_whether_refunds_went(self, order: int) -> None:
        """As the bank's own books tell."""
        lost = Refund.objects.filter(payment__order=order, failure=Refund.Failure.UNKNOWN).select_related("payment")
        for refund in lost:
            page = self.books.pages[refund.payment.provider_reference]
            with refused:
                has_gone = str(refund.idempotency_key) in page.refunds
                refunds.say_whether_it_went(refund.pk, has_gone=has_gone, actor=self.staff)

    @rule(makers=st.integers(1, 98), centre=st.integers(1, 98))
    def change_the_rule(self, makers: int, centre: int) -> None:
        if makers + centre < 100:
            self.ledger.change_rule(makers, centre)

    @rule(order=orders, units=few)
    def restock(self, order: int, units: int) -> None:
        with refused:
            stock.restock(order, units=self.units(order, units), actor=self.staff)

    @rule(
        order=orders,
        step=st.sampled_from(["ready", "arrived", "put back", "hand over", "hand over", "ship"]),
        whole=st.booleans(),
    )
    def prepare(self, order: int, step: str, whole: bool) -> None:
        steps: dict[str, Callable[[int], None]] = {
            "ready": partial(fulfilment.mark_ready, actor=self.staff),
            "arrived": partial(fulfilment.mark_arrived, actor=self.staff),
            "ship": partial(fulfilment.ship, carrier="Azərpoçt", tracking_number="RR1", actor=self.staff),
            "put back": partial(fulfilment.put_back, actor=self.staff),
        }
        if step == "hand over":
            with refused:
                fulfilment.hand_over(order, code="", note="shows the mail", actor=self.staff)
            return
        for part in self.order(order).fulfilments.all()[: None if whole else 1]:
            with refused:
                steps[step](part.pk)

    @rule(order=orders, step=st.sampled_from(["accept", "accept", "refuse", "receive", "refund", "close", "restock"]))
    def go_on_with_returns(self, order: int, step: str) -> None:
        for returned in Return.objects.filter(order=order):
            units = {row.pk: row.quantity for row in returned.lines.all()}
            steps: dict[str, Callable[[int], object]] = {
                "accept": partial(returns.accept, actor=self.staff),
                "refuse": partial(returns.refuse, actor=self.staff, answer="Sınıb"),
                "receive": partial(returns.receive, actor=self.staff),
                "refund": partial(returns.refund, actor=self.staff),
                "close": partial(returns.close, actor=self.staff, answer="Sınıb"),
                "restock": partial(returns.restock, units=units, actor=self.staff),
            }
            with refused:
                steps[step](returned.pk)

    # Who pays the makers.

    @rule(difference=differences)
    def approve_payouts(self, difference: int) -> None:
        """To every maker, of all that is due or of a qəpik more or less."""
        due = self.ledger.due(self.known())
        for maker in self.ledger.makers:
            amount = Decimal(due[maker].numerator) / due[maker].denominator + difference * SMALLEST_SUM
            with refused:
                payout = paying.approve(maker, method=Payout.Method.CASH, actor=self.staff, amount=amount)
                assert 0 < payout.amount <= due[maker]

    @rule()
    def pay_what_is_approved(self) -> None:
        due = self.ledger.due(self.known())
        for payout in self.approved():
            with refused:
                paying.pay(payout.pk, document_number="KM-1", paid_on=timezone.localdate(), actor=self.staff)
                assert payout.amount <= due[payout.artisan_id]
                self.ledger.paid[payout.artisan_id] += Fraction(payout.amount)

    @rule()
    def cancel_payouts(self) -> None:
        for payout in self.approved():
            paying.cancel(payout.pk)

    @rule(newest=st.booleans())
    def reverse_a_payout(self, newest: bool) -> None:
        """Any that was ever made, whatever became of it."""
        made = Payout.objects.filter(artisan__in=self.ledger.makers).order_by("-pk" if newest else "pk")
        if payout := made.first():
            with refused:
                paying.reverse(payout.pk, actor=self.staff)
                self.ledger.paid[payout.artisan_id] -= Fraction(payout.amount)

    def approved(self) -> list[Payout]:
        return list(Payout.objects.open().filter(artisan__in=self.ledger.makers))

    # What must always hold.

    @invariant()
    def what_must_hold_holds(self) -> None:
        orders = self.known()
        for order in orders:
            moves_by_the_table(order)
            units_are_counted_once(order)
            money_adds_up(order, self.books)
        if orders:
            self.every_piece_is_somewhere(orders)
            self.ledger.holds_for(orders)
        invoice_numbers_have_no_gap()

    def every_piece_is_somewhere(self, orders: list[Order]) -> None:
        on_hand = dict(Stock.objects.filter(pk__in=self.received).values_list("pk", "on_hand"))
        live = Hold.objects.live().filter(variant__in=self.received)
        held = dict(live.values_list("variant").annotate(Sum("quantity")).order_by())
        lines = [(order, line) for order in orders for line in order.lines.all()]
        for pk, received in self.received.items():
            sold = sum(line.quantity for order, line in lines if line.variant_id == pk and was_paid(order))
            back = sum(line.restocked_quantity for _order, line in lines if line.variant_id == pk)
            assert on_hand[pk] == received - sold + back
            owed = sum(line.units_wanted for order, line in lines if line.variant_id == pk and is_to_come(order, line))
            assert on_hand[pk] + owed <= received
            assert held.get(pk, 0) <= on_hand[pk]

    def teardown(self) -> None:
        """In the end, the bank's books and the shop's are the same, and nobody paid for nothing."""
        self.books.trouble = ""
        for _twice in range(2):
            for event in self.books.sent:
                self.deliver(event)
            for order in self.placed:
                self.send_refunds(order, trouble="")
        self.what_must_hold_holds()
        for payment in Payment.objects.filter(order__in=self.ours()).prefetch_related("refunds", "invoices"):
            page = self.books.pages.get(payment.provider_reference)
            if page is not None:
                assert payment.captured_amount == page.paid
                if not any(refund.failure or refund.pk in self.by_hand for refund in payment.refunds.all()):
                    assert payment.refunded_amount == page.given_back
            assert payment.invoices.all() or payment.refunded_amount == payment.captured_amount

    def deliver(self, event: dict[str, Any]) -> None:
        with refused:
            webhooks.receive("bank", body=json.dumps(event).encode(), headers={})

    def ours(self) -> list[int]:
        return getattr(self, "placed", [])

    def known(self) -> list[Order]:
        """With all that is to be looked at."""
        parts = ("events", "lines__refund_lines", "lines__fulfilment", "payments__refunds", "invoices")
        return list(Order.objects.filter(pk__in=self.ours()).prefetch_related(*parts))

    def order(self, pk: int) -> Order:
        return Order.objects.get(pk=pk)

    def units(self, order: int, quantity: int) -> dict[int, int]:
        return dict.fromkeys(LineItem.objects.filter(order=order).values_list("pk", flat=True), quantity)

    def pages_of(self, order: int) -> list[Page]:
        names = Payment.objects.filter(order=order).order_by("pk").values_list("provider_reference", flat=True)
        return [self.books.pages[name] for name in names if name]


def live(settings: Settings) -> None:
    toys.use(settings, Bank, code="bank")
    settings.BANK_IBAN = "AZ39DOST00000000000000000001"
    is_fresh = run.get_current_profile_name() == "fresh"
    run_state_machine_as_test(
        OrderLife,
        settings=run(
            max_examples=100 if is_fresh else 16,
            stateful_step_count=40,
            derandomize=not is_fresh,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_any_order_of_events_keeps_what_must_hold(settings: Settings) -> None:
    live(settings)


@pytest.mark.django_db
def test_without_the_look_at_what_is_due_more_is_paid(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payouts._Makers, "obstacle", lambda _makers, _payout: "")
    with pytest.raises(AssertionError):
        live(settings)
