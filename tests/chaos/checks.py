"""What must hold after a chaos run, each as a function of the books alone; what it yields is what broke."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise

from orders.models import Order, OrderMail
from tests.chaos.books import Books, MailRow

type Check = Callable[[Books], Iterator[str]]

WITH_MONEY = {Order.Status.PAID, Order.Status.COMPLETED}
# What is told of such a move, always.
TOLD: dict[str, str] = {
    Order.Status.PAID: OrderMail.Kind.PAID,
    Order.Status.CANCELLED: OrderMail.Kind.CANCELLED,
}
# They ask the buyer to do something, and are not sent where there is nothing to do any more.
MAY_BE_DROPPED = {
    OrderMail.Kind.RECEIVED,
    OrderMail.Kind.REMINDER,
    OrderMail.Kind.READY,
    OrderMail.Kind.UNCLAIMED,
    OrderMail.Kind.PAID_SHORT,
    OrderMail.Kind.SUM_TAKEN_BACK,
}
# They are not sent where the mail about pieces that were handed over tells more.
MAY_BE_TOLD_WITH_MORE = {OrderMail.Kind.PAID, OrderMail.Kind.HANDED_OVER}


def no_order_is_lost(books: Books) -> Iterator[str]:
    """Whatever a shopper has seen, and whatever was paid, is there."""
    known = {order.code for order in books.orders}
    for code in sorted(books.seen - known):
        yield f"order {code} was placed and is gone"
    paid = {payment.order for payment in books.payments if payment.captured > payment.refunded}
    unrefunded = {line.order for line in books.lines if line.refunded < line.sold}
    for order in books.orders:
        # Of what was called off by refunding every piece, something may have been kept back.
        is_settled = Order.Status.PAID in order.moves and order.code not in unrefunded
        if order.status not in WITH_MONEY and order.code in paid and not is_settled:
            yield f"order {order.code} is {order.status} and its money was kept"
        if order.status in WITH_MONEY and not any(
            payment.order == order.code and payment.captured >= order.total for payment in books.payments
        ):
            yield f"order {order.code} is {order.status} and nobody paid it"


def no_order_keeps_more_than_it_costs(books: Books) -> Iterator[str]:
    kept: dict[str, Decimal] = defaultdict(Decimal)
    for payment in books.payments:
        kept[payment.order] += payment.captured - payment.refunded
    for order in books.orders:
        if kept[order.code] > order.total:
            yield f"order {order.code} costs {order.total}, and {kept[order.code]} is kept"


def nobody_waits_for_ever(books: Books) -> Iterator[str]:
    in_time = {payment.order for payment in books.payments if payment.is_in_time}
    for order in books.orders:
        if order.status == Order.Status.AWAITING_PAYMENT and order.code not in in_time:
            yield f"order {order.code} waits for a payment whose time is over"


def every_charge_has_its_order(books: Books) -> Iterator[str]:
    known = {(payment.provider, payment.charge): payment for payment in books.payments if payment.charge}
    for charge in books.charges:
        payment = known.pop((charge.provider, charge.charge), None)
        if payment is None and charge.received != charge.returned:
            yield f"{charge.provider} took {charge.received} for {charge.order or 'nothing'}, and no payment has it"
        elif payment and payment.order != charge.order:
            yield f"{charge.provider} took {charge.received} for {charge.order}, and {payment.order} has it"
    for payment in known.values():
        if payment.captured:
            yield f"order {payment.order} has {payment.captured} that {payment.provider} never took"


def sums_agree_with_the_provider(books: Books) -> Iterator[str]:
    """To the qəpik."""
    charges = {(charge.provider, charge.charge): charge for charge in books.charges}
    done = defaultdict(list)
    decided = defaultdict(list)
    for refund in books.refunds:
        decided[refund.payment].append(refund.amount)
        if refund.is_done:
            done[refund.payment].append(refund.amount)
        else:
            yield f"a refund of {refund.amount} is not settled: {refund.failure or 'nobody was asked'}"
    for payment in books.payments:
        if sum(decided[payment.pk]) != payment.refunded:
            yield f"order {payment.order}: refunds of {sum(decided[payment.pk])}, and {payment.refunded} is noted"
        charge = charges.get((payment.provider, payment.charge))
        if charge is None:
            continue
        if charge.received != payment.captured:
            yield f"order {payment.order}: {payment.captured} came, and {payment.provider} took {charge.received}"
        if charge.returned != sum(done[payment.pk]):
            went = sum(done[payment.pk])
            yield f"order {payment.order}: {went} went back, and {payment.provider} says {charge.returned}"


def no_piece_is_sold_twice(books: Books) -> Iterator[str]:
    for piece in books.pieces:
        if piece.sold - piece.restocked > piece.received:
            yield f"{piece.sku}: {piece.received} came in, {piece.sold} sold, {piece.restocked} came back"
        if piece.on_hand + piece.owed > piece.received:
            yield f"{piece.sku}: {piece.received} came in, {piece.on_hand} are for sale and {piece.owed} owed to buyers"


def stock_adds_up(books: Books) -> Iterator[str]:
    for piece in books.pieces:
        if piece.on_hand < 0:
            yield f"{piece.sku}: {piece.on_hand} on hand"
        if piece.on_hand != piece.received - piece.sold + piece.restocked:
            yield (
                f"{piece.sku}: {piece.on_hand} on hand, and {piece.received} came in, {piece.sold} sold, "
                f"{piece.restocked} came back"
            )


def no_unit_is_held_twice(books: Books) -> Iterator[str]:
    for piece in books.pieces:
        if piece.held > piece.on_hand:
            yield f"{piece.sku}: {piece.held} held of {piece.on_hand}"


def every_mail_went_once(books: Books) -> Iterator[str]:
    """One whose worker died in the middle may be unsure of itself, as long as a person can see that.

    And a task may find that there is nothing to be told any more.
    """
    found = Counter(books.mails_found)
    doubted = {job.message for job in books.jobs if job.status == "failed"}
    looked_at = {job.message for job in books.jobs if job.status == "succeeded"}
    went = set(found)
    for mail in books.mails:
        count = found.pop(mail.message, 0)
        if count == 0 and _may_be_dropped(mail, went) and not mail.is_sent and mail.message in looked_at:
            continue
        if count != 1:
            yield f"mail {mail.message} went {count} times"
        elif not mail.is_sent and mail.message not in doubted:
            yield f"mail {mail.message} went, and is noted as not sent"
    for message, count in found.items():
        yield f"mail {message} went {count} times, and nobody wrote it"


def _may_be_dropped(mail: MailRow, went: set[str]) -> bool:
    if mail.kind in MAY_BE_TOLD_WITH_MORE:
        with_more = mail.message.rsplit(mail.kind, 1)[0] + OrderMail.Kind.HANDED_OVER
        return any(message.startswith(with_more) for message in went - {mail.message})
    return mail.kind in MAY_BE_DROPPED


def everybody_is_told(books: Books) -> Iterator[str]:
    written = {mail.message for mail in books.mails}
    # Whatever they are about: a cancelling tells of its refund.
    told = {f"{mail.message.partition(mail.kind)[0]}{mail.kind}" for mail in books.mails}
    for order in books.orders:
        kinds = [OrderMail.Kind.RECEIVED, *(TOLD[move] for move in order.moves if move in TOLD)]
        for kind in kinds:
            if f"order-{order.code}-{kind}" not in told:
                yield f"order {order.code}: the mail “{kind}” was never written"
    for refund in books.refunds:
        if refund.is_done and refund.message not in written:
            yield f"nobody was told of a refund of {refund.amount}: {refund.message}"


def no_task_is_lost(books: Books) -> Iterator[str]:
    done: dict[str, int] = defaultdict(int)
    for job in books.jobs:
        if job.status == "succeeded":
            done[job.again_by] = max(job.pk, done[job.again_by])
    for job in books.jobs:
        # What comes again by itself, and was done since, is not missed; nor is a mail that is there.
        is_missed = job.status != "succeeded" and not (job.again_by and done[job.again_by] > job.pk)
        if is_missed and not (job.status == "failed" and job.message in books.mails_found):
            yield f"task {job.task} {job.pk} is {job.status}"


def every_event_is_handled(books: Books) -> Iterator[str]:
    for event in books.events:
        if not event.is_handled or event.error:
            yield f"{event.name} is {'handled' if event.is_handled else 'not handled'}: {event.error}"


def orders_move_by_the_table(books: Books) -> Iterator[str]:
    for order in books.orders:
        moves = [Order.Status.AWAITING_PAYMENT.value, *order.moves]
        for before, after in pairwise(moves):
            if after not in Order.TRANSITIONS[before]:
                yield f"order {order.code} went from {before} to {after}"
        if moves[-1] != order.status:
            yield f"order {order.code} is {order.status}, and the last that happened is {moves[-1]}"


def invoices_have_no_gap(books: Books) -> Iterator[str]:
    by_year = defaultdict(list)
    for invoice in books.invoices:
        by_year[invoice.year].append(invoice.number)
        if not invoice.is_printed:
            yield f"invoice {invoice.year}-{invoice.number} was never printed"
    for year in sorted({*by_year, *books.series}):
        numbers, last = sorted(by_year[year]), books.series.get(year, 0)
        if numbers != list(range(1, last + 1)):
            yield f"the invoices of {year} are not 1 to {last}: {len(numbers)}, the last {numbers[-1:]}"
    sold = Counter(invoice.order for invoice in books.invoices if not invoice.is_credit_note)
    for order in books.orders:
        if sold[order.code] != order.moves.count(Order.Status.PAID):
            yield f"order {order.code} was paid {order.moves.count('paid')} times and has {sold[order.code]} invoices"


def invoices_have_the_sums_of_what_was_paid(books: Books) -> Iterator[str]:
    totals = {order.code: order.total for order in books.orders}
    for invoice in books.invoices:
        if not invoice.is_credit_note and invoice.total != totals[invoice.order]:
            yield f"order {invoice.order} costs {totals[invoice.order]}, and its invoice says {invoice.total}"
    invoiced = {invoice.payment for invoice in books.invoices}
    for refund in books.refunds:
        is_of_invoice = refund.payment in invoiced and not refund.is_excess
        if refund.credited != (refund.amount if is_of_invoice else None):
            yield f"a refund of {refund.amount} has a credit note of {refund.credited}"


def what_was_refunded_is_counted_once(books: Books) -> Iterator[str]:
    for line in books.lines:
        if line.refunded != line.in_refunds:
            yield f"order {line.order}: {line.refunded} of a line refunded, and its refunds say {line.in_refunds}"
    for order in books.orders:
        if order.delivery_refunded != order.delivery_in_refunds:
            noted, told = order.delivery_refunded, order.delivery_in_refunds
            yield f"order {order.code}: {noted} of the delivery refunded, and its refunds say {told}"


def the_ledger_agrees_with_the_payments(books: Books) -> Iterator[str]:
    """The money that is here is in it, and of what went back as a whole nobody keeps a share."""
    accounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in books.ledger:
        accounts[row.order][row.account] += row.amount
    here: dict[str, Decimal] = defaultdict(Decimal)
    order_of = {payment.pk: payment.order for payment in books.payments}
    for payment in books.payments:
        here[payment.order] += payment.captured
    for refund in books.refunds:
        here[order_of[refund.payment]] -= refund.amount if refund.is_done else 0
    for order in books.orders:
        mine = accounts[order.code]
        if sum(mine.values()):
            yield f"order {order.code}: its entries make {sum(mine.values())}"
        if mine["money"] != here[order.code]:
            yield f"order {order.code}: {here[order.code]} is here, and the ledger says {mine['money']}"
        if not here[order.code] and order.status not in WITH_MONEY and (mine["makers"] or mine["unassigned"]):
            yield f"order {order.code} gave all of its money back, and makers keep a share"


CHECKS: tuple[Check, ...] = (
    no_order_is_lost,
    no_order_keeps_more_than_it_costs,
    nobody_waits_for_ever,
    every_charge_has_its_order,
    sums_agree_with_the_provider,
    no_piece_is_sold_twice,
    stock_adds_up,
    no_unit_is_held_twice,
    every_mail_went_once,
    everybody_is_told,
    no_task_is_lost,
    every_event_is_handled,
    orders_move_by_the_table,
    invoices_have_no_gap,
    invoices_have_the_sums_of_what_was_paid,
    what_was_refunded_is_counted_once,
    the_ledger_agrees_with_the_payments,
)


def problems(books: Books) -> list[str]:
    return [f"{check.__name__}: {found}" for check in CHECKS for found in check(books)]
