"""Cancelling an order: by the shopper or staff while it is unpaid, by staff once it is paid.

Locks: Order → Payment → Stock → InvoiceSeries.
Raises: ``WrongTransition`` where the order is not waiting for its payment, or not paid and still here as a whole;
``stock.MoreThanSold`` for more on the shelf than is still here; ``NotPossible`` where it is not this person's to do.
After commit: the mail, the closing of the payment page and the refund, by tasks. A payment that was on its way
all the same goes back when it arrives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import short_transaction
from orders import emails, payments, refunds, stock
from orders.models import Order, OrderMail, Refund
from orders.models.order import WrongTransition
from orders.steps import NotPossible


class AlreadyCancelled(WrongTransition):
    """Somebody did it before."""


class NotHere(WrongTransition):
    """The order is not paid, or a part of it was handed over."""


@dataclass(frozen=True)
class Why:
    """Why staff call off a paid order, for colleagues, and for the buyer in the order's language."""

    reason: str = Refund.Reason.CANCELLED
    note: str = ""
    to_buyer: str = ""


WISHED = Why()


@short_transaction()
def cancel(order_pk: int, *, actor: User | None = None) -> None:
    """The buyer's wish, before the order is paid; the pieces are free at once, and a part of the price goes back.

    Raises AlreadyCancelled, WrongTransition.
    """
    order = Order.objects.locked(order_pk)
    if order.status == Order.Status.CANCELLED:
        raise AlreadyCancelled(order.code)
    if order.status != Order.Status.AWAITING_PAYMENT:
        raise WrongTransition(f"{order.code} is {order.status}")
    closed = payments.close_open(order)
    order.move_to(Order.Status.CANCELLED, actor=actor)
    refund = payments.give_back_part(order, closed)
    stock.release_order(order)
    emails.enqueue(order, OrderMail.Kind.CANCELLED, about=f"refund-{refund.pk}" if refund else "")


@short_transaction()
def cancel_for_buyer(order_pk: int, *, actor: User) -> None:
    """As ``cancel``, by staff of a branch that prepares the order or hands it over."""
    if sentence := why_not_theirs(Order.objects.locked(order_pk), actor=actor):
        raise NotPossible(sentence)
    cancel(order_pk, actor=actor)


def why_not_theirs(order: Order, *, actor: User) -> str:
    """Empty where the order is the work of this person's branches."""
    branches = branches_seen_by(actor)
    if branches is None or order.pickup_branch_id in branches or order.fulfilments.filter(branch__in=branches).exists():
        return ""
    return _("Order %(code)s is the work of other branches.") % {"code": order.code}


@short_transaction()
def call_off(
    order_pk: int,
    *,
    actor: User,
    why: Why = WISHED,
    shelf: Mapping[int, int] | None = None,
) -> None:
    """Staff call off a paid order of which nothing was handed over: all its money that is here goes back.

    ``shelf``: the units that go back on the shelf, by the line's primary key; without it, ``usual_shelf``.
    """
    order = Order.objects.locked(order_pk)
    if not can_be_called_off(order):
        raise NotHere(f"{order.code} is {order.status} or on its way")
    here = still_here(order)
    back = usual_shelf(order, why.reason) if shelf is None else shelf
    if any(units > here.get(pk, 0) for pk, units in back.items()):
        raise stock.MoreThanSold
    order.move_to(Order.Status.CANCELLED, actor=actor, reason=why.reason, note=why.note)
    if payments.has_money(order):
        everything = refunds.everything_left(order)
        what = replace(everything, shelf=back, to_buyer=why.to_buyer or everything.to_buyer)
        refund = refunds.decide(order.pk, what=what, reason=why.reason, note=why.note, actor=actor)
        emails.enqueue(order, OrderMail.Kind.CANCELLED, about=f"refund-{refund.pk}")
    else:
        stock.take_back(order, units=back, actor=actor)
        emails.enqueue(order, OrderMail.Kind.CANCELLED)


def still_here(order: Order) -> dict[int, int]:
    """The units of each line that the order still has, and that have a shelf: refunded ones were decided on before."""
    return {line.pk: min(line.unshelved_quantity, line.units_wanted) for line in order.lines.order_by("pk")}


def usual_shelf(order: Order, reason: str) -> dict[int, int]:
    """What goes back on the shelf unless somebody knows better: nothing of what cannot be delivered."""
    return {} if reason == Refund.Reason.NOT_AVAILABLE else still_here(order)


def can_be_called_off(order: Order) -> bool:
    """Whether ``call_off`` has a chance."""
    is_gone = order.fulfilments.filter(handed_over_at__isnull=False).exists()
    return order.status == Order.Status.PAID and not is_gone
