"""Each check of a chaos run can fail: rows in which one thing is broken, and what is said of them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.chaos import checks
from tests.chaos.books import (
    Books,
    EventRow,
    InvoiceRow,
    JobRow,
    LedgerRow,
    LineRow,
    MailRow,
    OrderRow,
    PaymentRow,
    PieceRow,
    RefundRow,
)
from tests.chaos.stand_ins import Charge

TEN, THREE, NOTHING = Decimal("10.00"), Decimal("3.00"), Decimal("0.00")
ORDER = OrderRow(
    code="A", status="paid", total=TEN, delivery_refunded=THREE, delivery_in_refunds=THREE, moves=("paid",)
)
PAYMENT = PaymentRow(pk=1, order="A", provider="stripe", charge="pi_1", captured=TEN, refunded=THREE, is_in_time=False)
REFUND = RefundRow(
    payment=1, amount=THREE, is_done=True, failure="", credited=THREE, message="order-A-refundedrefund-1"
)
PIECE = PieceRow(sku="S", received=2, on_hand=1, sold=2, restocked=1, held=1, owed=1)
MAIL = MailRow(message="order-A-paid", kind="paid", is_sent=True)
RECEIVED = MailRow(message="order-A-received", kind="received", is_sent=True)
REFUNDED = MailRow(message=REFUND.message, kind="refunded", is_sent=True)
MAILS = [RECEIVED, REFUNDED]
READY = MailRow(message="order-A-ready", kind="ready", is_sent=False)
JOB = JobRow(pk=1, task="orders.send_mail", status="succeeded", message=MAIL.message)
REGULAR = JobRow(pk=2, task="orders.expire", status="failed", again_by="orders.expire")
EVENT = EventRow(name="checkout.session.completed", is_handled=True, error="")
INVOICE = InvoiceRow(year=2026, number=1, order="A", payment=1, total=TEN, is_credit_note=False, is_printed=True)
CREDIT = replace(INVOICE, number=2, total=THREE, is_credit_note=True)
LEDGER = [
    LedgerRow(order="A", account="money", amount=Decimal("7.00")),
    LedgerRow(order="A", account="makers", amount=Decimal("-7.00")),
]
CHARGE = Charge("stripe", "pi_1", "A", TEN, THREE)


def books(**changes: Any) -> Books:
    right = {
        "orders": [ORDER],
        "payments": [PAYMENT],
        "refunds": [REFUND],
        "pieces": [PIECE],
        "lines": [LineRow(order="A", sold=2, refunded=1, in_refunds=1)],
        "mails": [MAIL, *MAILS],
        "mails_found": [mail.message for mail in (MAIL, *MAILS)],
        "jobs": [JOB, REGULAR, replace(REGULAR, pk=3, status="succeeded")],
        "events": [EVENT],
        "invoices": [INVOICE, CREDIT],
        "series": {2026: 2},
        "ledger": LEDGER,
        "charges": [CHARGE],
        "seen": {"A"},
    }
    return Books(**{**right, **changes})


def test_what_is_right_is_not_complained_of() -> None:
    assert checks.problems(books()) == []


def test_a_cancelling_may_tell_of_its_refund() -> None:
    called_off = replace(ORDER, status="cancelled", moves=("paid", "cancelled"))
    told = MailRow(message="order-A-cancelledrefund-1", kind="cancelled", is_sent=True)
    assert list(checks.everybody_is_told(books(orders=[called_off], mails=[MAIL, *MAILS, told]))) == []


def test_an_order_whose_every_piece_was_refunded_may_keep_back_something() -> None:
    lines = [LineRow(order="A", sold=1, refunded=1, in_refunds=1)]
    called_off = replace(ORDER, status="cancelled", moves=("paid", "cancelled"))
    assert list(checks.no_order_is_lost(books(orders=[called_off], lines=lines))) == []


BROKEN: list[tuple[checks.Check, dict[str, Any], str]] = [
    (checks.no_order_is_lost, {"orders": []}, "order A was placed and is gone"),
    (checks.no_order_is_lost, {"orders": [replace(ORDER, status="expired")]}, "its money was kept"),
    (checks.no_order_is_lost, {"payments": []}, "order A is paid and nobody paid it"),
    (checks.no_order_is_lost, {"payments": [replace(PAYMENT, captured=THREE)]}, "nobody paid it"),
    (
        checks.no_order_keeps_more_than_it_costs,
        {"payments": [PAYMENT, replace(PAYMENT, pk=2, charge="pi_2", refunded=NOTHING)]},
        "order A costs 10.00, and 17.00 is kept",
    ),
    (
        checks.nobody_waits_for_ever,
        {"orders": [replace(ORDER, status="awaiting_payment", moves=())]},
        "order A waits for a payment whose time is over",
    ),
    (checks.every_charge_has_its_order, {"payments": []}, "stripe took 10.00 for A, and no payment has it"),
    (checks.every_charge_has_its_order, {"payments": [replace(PAYMENT, order="B")]}, "and B has it"),
    (checks.every_charge_has_its_order, {"charges": []}, "order A has 10.00 that stripe never took"),
    (checks.sums_agree_with_the_provider, {"charges": [replace(CHARGE, received=Decimal("10.01"))]}, "took 10.01"),
    (checks.sums_agree_with_the_provider, {"charges": [replace(CHARGE, returned=NOTHING)]}, "stripe says 0.00"),
    (checks.sums_agree_with_the_provider, {"refunds": [REFUND, REFUND]}, "refunds of 6.00, and 3.00 is noted"),
    (checks.sums_agree_with_the_provider, {"refunds": []}, "refunds of 0, and 3.00 is noted"),
    (
        checks.sums_agree_with_the_provider,
        {"refunds": [replace(REFUND, is_done=False, failure="no answer")]},
        "a refund of 3.00 is not settled: no answer",
    ),
    (checks.no_piece_is_sold_twice, {"pieces": [replace(PIECE, sold=4)]}, "S: 2 came in, 4 sold, 1 came back"),
    (checks.no_piece_is_sold_twice, {"pieces": [replace(PIECE, owed=2)]}, "1 are for sale and 2 owed to buyers"),
    (checks.stock_adds_up, {"pieces": [replace(PIECE, on_hand=-1, sold=4)]}, "S: -1 on hand"),
    (checks.stock_adds_up, {"pieces": [replace(PIECE, on_hand=2)]}, "S: 2 on hand, and 2 came in"),
    (checks.no_unit_is_held_twice, {"pieces": [replace(PIECE, held=2)]}, "S: 2 held of 1"),
    (checks.every_mail_went_once, {"mails_found": [MAIL.message] * 2}, "order-A-paid went 2 times"),
    (checks.every_mail_went_once, {"mails_found": []}, "order-A-paid went 0 times"),
    (checks.every_mail_went_once, {"mails_found": [], "mails": [replace(MAIL, is_sent=False)], "jobs": []}, "0 times"),
    (checks.every_mail_went_once, {"mails": []}, "nobody wrote it"),
    (checks.every_mail_went_once, {"mails": [replace(MAIL, is_sent=False)]}, "is noted as not sent"),
    (checks.every_mail_went_once, {"mails": [replace(MAIL, is_sent=False)], "mails_found": []}, "paid went 0 times"),
    (checks.everybody_is_told, {"mails": MAILS}, "order A: the mail “paid” was never written"),
    (checks.everybody_is_told, {"mails": [MAIL, REFUNDED]}, "the mail “received” was never written"),
    (checks.everybody_is_told, {"mails": [MAIL, RECEIVED]}, "nobody was told of a refund of 3.00"),
    (checks.no_task_is_lost, {"jobs": [replace(JOB, status="doing")]}, "task orders.send_mail 1 is doing"),
    (checks.no_task_is_lost, {"jobs": [replace(JOB, status="todo")]}, "task orders.send_mail 1 is todo"),
    (
        checks.no_task_is_lost,
        {"jobs": [replace(JOB, status="failed")], "mails_found": []},
        "task orders.send_mail 1 is failed",
    ),
    (
        checks.no_task_is_lost,
        {"jobs": [replace(JOB, task="orders.print", message="", status="failed")]},
        "orders.print",
    ),
    (checks.no_task_is_lost, {"jobs": [REGULAR]}, "task orders.expire 2 is failed"),
    (checks.every_event_is_handled, {"events": [replace(EVENT, is_handled=False)]}, "is not handled"),
    (checks.every_event_is_handled, {"events": [replace(EVENT, error="Unexplained")]}, "Unexplained"),
    (
        checks.orders_move_by_the_table,
        {"orders": [replace(ORDER, status="expired", moves=("paid", "expired"))]},
        "order A went from paid to expired",
    ),
    (checks.orders_move_by_the_table, {"orders": [replace(ORDER, moves=("paid", "paid"))]}, "from paid to paid"),
    (checks.orders_move_by_the_table, {"orders": [replace(ORDER, moves=())]}, "is awaiting_payment"),
    (checks.invoices_have_no_gap, {"series": {2026: 3}}, "the invoices of 2026 are not 1 to 3"),
    (checks.invoices_have_no_gap, {"invoices": [INVOICE, replace(CREDIT, number=3)]}, "are not 1 to 2"),
    (checks.invoices_have_no_gap, {"invoices": [INVOICE, replace(CREDIT, number=1)]}, "are not 1 to 2"),
    (checks.invoices_have_no_gap, {"invoices": [CREDIT]}, "was paid 1 times and has 0 invoices"),
    (checks.invoices_have_no_gap, {"invoices": [replace(INVOICE, is_printed=False)]}, "was never printed"),
    (
        checks.invoices_have_the_sums_of_what_was_paid,
        {"invoices": [replace(INVOICE, total=THREE), CREDIT]},
        "order A costs 10.00, and its invoice says 3.00",
    ),
    (
        checks.invoices_have_the_sums_of_what_was_paid,
        {"refunds": [replace(REFUND, credited=None)]},
        "a refund of 3.00 has a credit note of None",
    ),
    (
        checks.what_was_refunded_is_counted_once,
        {"lines": [LineRow(order="A", sold=2, refunded=1, in_refunds=2)]},
        "order A: 1 of a line refunded, and its refunds say 2",
    ),
    (
        checks.what_was_refunded_is_counted_once,
        {"orders": [replace(ORDER, delivery_in_refunds=NOTHING)]},
        "order A: 3.00 of the delivery refunded, and its refunds say 0.00",
    ),
    (checks.the_ledger_agrees_with_the_payments, {"ledger": LEDGER[:1]}, "order A: its entries make 7.00"),
    (checks.the_ledger_agrees_with_the_payments, {"ledger": []}, "order A: 7.00 is here, and the ledger says 0"),
    (
        checks.the_ledger_agrees_with_the_payments,
        {
            "orders": [replace(ORDER, status="cancelled", moves=("paid", "cancelled"))],
            "refunds": [replace(REFUND, amount=TEN)],
            "ledger": [LEDGER[1], replace(LEDGER[1], account="buyers", amount=Decimal("7.00"))],
        },
        "order A gave all of its money back, and makers keep a share",
    ),
]


@pytest.mark.parametrize(("check", "broken", "sentence"), BROKEN)
def test_what_broke_is_named(check: checks.Check, broken: dict[str, Any], sentence: str) -> None:
    assert any(sentence in found for found in check(books(**broken)))


def test_every_check_was_seen_to_fail() -> None:
    assert {check for check, _broken, _sentence in BROKEN} == set(checks.CHECKS)


def test_a_mail_that_no_longer_holds_is_not_missed() -> None:
    jobs = [JOB, replace(JOB, pk=9, message=READY.message)]
    right = books()
    assert checks.problems(replace(right, mails=[*right.mails, READY], jobs=jobs)) == []


def test_a_mail_whose_worker_died_waits_for_a_person() -> None:
    doubted = books(mails=[replace(MAIL, is_sent=False), *MAILS], jobs=[replace(JOB, status="failed")])
    assert checks.problems(doubted) == []
