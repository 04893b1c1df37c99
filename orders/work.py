"""What the branches have to do, and which part of an order is whose.

A part is a ``Fulfilment``: the branch that keeps the pieces prepares it, and hands it to the post or, where the
buyer picks up elsewhere, to that branch.
"""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext

from dostshop.accounts.models import User, branches_seen_by
from orders import fulfilment, providers
from orders.models import Fulfilment, Order, Payment


def is_wanted() -> Q:
    """Orders of which there is something to prepare: what is paid at the counter is prepared before it is paid."""
    at_the_till = Payment.objects.open().filter(order=OuterRef("pk"), provider__in=providers.codes_paid_on_pickup())
    return Q(status=Order.Status.PAID) | Q(Exists(at_the_till), status=Order.Status.AWAITING_PAYMENT)


def prepared_by(order: Order, actor: User) -> QuerySet[Fulfilment]:
    """The parts that this person's branches keep."""
    parts = Fulfilment.objects.filter(order=order).order_by("pk")
    branches = branches_seen_by(actor)
    return parts if branches is None else parts.filter(branch__in=branches)


def handed_over_by(order: Order, actor: User) -> QuerySet[Fulfilment]:
    """The same parts; and where the buyer picks up at such a branch, all that other branches have made ready."""
    branches = branches_seen_by(actor)
    if branches is None or order.pickup_branch_id not in branches:
        return prepared_by(order, actor)
    parts = Fulfilment.objects.filter(order=order).order_by("pk")
    return parts.filter(Q(branch__in=branches) | Q(ready_at__isnull=False))


def mark_ready(order: Order, actor: User) -> None:
    """Every part that is this person's to prepare. Raises ``fulfilment.NotPossible``."""
    parts = prepared_by(order, actor)
    if not parts.exists():
        raise fulfilment.NotPossible(gettext("Another branch prepares this order."))
    # Where nothing is left to do, the refusal gives its own reason.
    for part in parts.filter(ready_at=None) or parts:
        fulfilment.mark_ready(part.pk, actor=actor)


def hand_over(order: Order, actor: User) -> None:
    """Every part that this person can give away. Raises ``fulfilment.NotPossible``."""
    parts = handed_over_by(order, actor)
    if not parts.exists():
        raise fulfilment.NotPossible(gettext("The branch that prepares this order has not marked it as ready yet."))
    for part in parts.filter(handed_over_at=None) or parts:
        fulfilment.hand_over(part.pk, actor=actor)


def of_branches(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """Parts that these branches prepare or that are picked up there; None for all."""
    parts = Fulfilment.objects.all()
    if branches is None:
        return parts
    return parts.filter(Q(branch__in=branches) | Q(order__pickup_branch__in=branches))
