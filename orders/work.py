"""What the branches have to do, and which part of an order is whose.

A part is a ``Fulfilment``: the branch that keeps the pieces prepares it, and hands it to the post or, where the
buyer picks up elsewhere, to that branch.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dostshop.accounts.models import User, branches_seen_by
from orders import fulfilment, providers
from orders.models import Fulfilment, LineItem, Order, Payment

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


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


def give_at_counter(order: Order, actor: User) -> None:
    """What lies at the pickup branch, to its buyer. Raises ``fulfilment.NotPossible``."""
    parts = order.fulfilments.filter(Q(branch=order.pickup_branch) | Q(arrived_at__isnull=False))
    if not parts.exists():
        raise fulfilment.NotPossible(gettext("The pieces of this order have not arrived yet."))
    for part in parts.filter(handed_over_at=None) or parts:
        fulfilment.hand_over(part.pk, actor=actor)


class Step(models.TextChoices):
    """What is next for a part, in the order of a working day."""

    PREPARE = "prepare", _("To prepare")
    SHIP = "ship", _("To ship")
    PASS_ON = "pass_on", _("On the way to the pickup branch")
    PICKUP = "pickup", _("Ready, waiting for the buyer")


def next_step(part: Fulfilment) -> Step | None:
    """None for what was handed over."""
    if part.handed_over_at is not None:
        return None
    if part.ready_at is None:
        return Step.PREPARE
    if part.order.delivery == Order.Delivery.POST:
        return Step.SHIP
    return Step.PASS_ON if part.arrived_at is None else Step.PICKUP


def is_overdue(part: Fulfilment, *, today: date) -> bool:
    """Whether somebody waits longer than was promised. Who has not fetched the pieces yet makes nothing overdue."""
    match next_step(part):
        case Step.PREPARE | Step.SHIP:
            deadline = part.due_on
        case Step.PASS_ON:
            deadline = part.order.promised_on
        case _:
            deadline = None
    return deadline is not None and deadline < today


@dataclass(frozen=True)
class Section:
    title: "StrOrPromise"
    parts: list[Fulfilment]
    is_overdue: bool = False


def sections(parts: Iterable[Fulfilment], *, today: date) -> list[Section]:
    """The parts by what is next for them, and before all the overdue ones; empty sections are left out."""
    late: list[Fulfilment] = []
    by_step: dict[Step | None, list[Fulfilment]] = defaultdict(list)
    for part in parts:
        (late if is_overdue(part, today=today) else by_step[next_step(part)]).append(part)
    found = [Section(_("Overdue"), late, is_overdue=True), *(Section(step.label, by_step[step]) for step in Step)]
    return [section for section in found if section.parts]


def seen(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """Parts that these branches prepare or that are picked up there, with their pieces; None for all."""
    lines = LineItem.objects.select_related("variant__product").prefetch_related("variant__product__photos")
    parts = Fulfilment.objects.select_related("order__pickup_branch", "branch").prefetch_related(
        Prefetch("lines", lines)
    )
    if branches is None:
        return parts
    return parts.filter(Q(branch__in=branches) | Q(order__pickup_branch__in=branches))


def to_do(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """What these branches have to do, the most urgent first; None for all branches."""
    wanted = Order.objects.filter(is_wanted())
    parts = seen(branches).filter(handed_over_at=None, order__in=wanted)
    if branches is not None:
        own = Q(branch__in=branches) & (Q(ready_at=None) | Q(arrived_at=None))
        parts = parts.filter(own | Q(order__pickup_branch__in=branches, ready_at__isnull=False))
    return parts.order_by(F("due_on").asc(nulls_last=True), "order__placed_at", "pk")
