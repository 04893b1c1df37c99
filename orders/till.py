"""Who may say that the money of an order is here, or went back by hand, and saying it.

At the till it is the staff of the branch where the order is picked up; of the bank account, whoever reads its
statements and has the permission to.
"""

from decimal import Decimal

from django.utils.translation import gettext as _

from dostshop.accounts.models import User, branches_seen_by
from orders import payments, providers, refunds
from orders.models import Order, Refund


class NotTheirs(Exception):
    """Others take this money. The message says who, for staff."""


def why_not(order: Order, *, actor: User) -> str:
    """Empty where this person may take the money that the order waits for."""
    if payments.is_amount_typed(order):
        return _why_not_transfers(actor)
    branches = branches_seen_by(actor)
    is_theirs = branches is None or order.pickup_branch_id in branches
    if actor.has_perm("orders.change_order") and is_theirs:
        return ""
    return _("The money of order %(code)s is taken at the branch where it is picked up.") % {"code": order.code}


def take(order: Order, *, actor: User, amount: Decimal | None = None) -> None:
    """As ``payments.mark_paid``. Raises NotTheirs, and what that raises."""
    if sentence := why_not(order, actor=actor):
        raise NotTheirs(sentence)
    payments.mark_paid(order.pk, actor=actor, amount=amount)


def take_back(order: Order, *, amount: Decimal, actor: User) -> None:
    """As ``payments.take_back_sum``, by whoever may type sums. Raises NotTheirs, and what that raises."""
    if sentence := why_not(order, actor=actor):
        raise NotTheirs(sentence)
    payments.take_back_sum(order.pk, amount=amount, actor=actor)


def may_take_further(order: Order, *, actor: User) -> bool:
    """Whether ``take_further`` has a chance."""
    return not _why_not_transfers(actor) and payments.can_take_in_transfer(order)


def take_further(order: Order, *, amount: Decimal, booked_before: Decimal, actor: User) -> None:
    """As ``payments.take_in_transfer``. Raises NotTheirs, and what that raises."""
    if sentence := _why_not_transfers(actor):
        raise NotTheirs(sentence)
    payments.take_in_transfer(order.pk, amount=amount, booked_before=booked_before, actor=actor)


def why_not_give_back(refund: Refund, *, actor: User) -> str:
    """Empty where this person may say that the money of the refund was given back by hand."""
    provider, order = refund.payment.provider, refund.payment.order
    is_of_account = provider in providers.codes_by_transfer() and actor.has_perm("orders.confirm_transfer")
    is_of_till = provider in providers.codes_paid_on_pickup() and actor.has_perm("orders.change_order")
    branches = branches_seen_by(actor)
    if is_of_till and branches is not None:
        is_of_till = order.pickup_branch_id in branches
    if is_of_account or is_of_till or actor.has_perm("orders.add_refund"):
        return ""
    sentence = _("The money of order %(code)s goes back from where it came, by whoever holds it there, or the centre.")
    return sentence % {"code": order.code}


def give_back(refund_pk: int, *, actor: User) -> None:
    """As ``refunds.mark_given_back``. Raises NotTheirs, and what that raises."""
    refund = Refund.objects.select_related("payment__order").get(pk=refund_pk)
    if sentence := why_not_give_back(refund, actor=actor):
        raise NotTheirs(sentence)
    refunds.mark_given_back(refund_pk, actor=actor)


def _why_not_transfers(actor: User) -> str:
    may = actor.has_perm("orders.confirm_transfer")
    return "" if may else _("Bank transfers are confirmed by the accountant or the centre.")
