"""What the branches have to do, and which part of an order is whose.

A part is a ``Fulfilment``: the branch that keeps the pieces prepares it, and hands it to the post or, where the
buyer picks up elsewhere, to that branch.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.listing import public_photos
from dostshop.accounts.models import User
from orders import demand, providers, unclaimed
from orders.models import DeliveryMethod, Fulfilment, LineItem, Order, Payment

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def is_open_to(user: User, *, branches: Collection[int] | None) -> bool:
    """Whether this person, who works for these branches, has to do with what they prepare and hand over."""
    return user.is_staff and branches != [] and user.has_perm("orders.change_order")


class Step(models.TextChoices):
    """What is next for a part, in the order of a working day."""

    PREPARE = "prepare", _("To prepare")
    SHIP = "ship", _("To ship")
    PASS_ON = "pass_on", _("To bring to the pickup branch")
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
    # The most urgent of them.
    parts: list[Fulfilment]
    # How many there are in all.
    count: int
    is_overdue: bool = False
    # Of parts that nobody waits for.
    is_put_back: bool = False


OVERDUE, EXPECTED, PUT_BACK, UNCLAIMED = "overdue", "expected", "put_back", "unclaimed"
TITLES: "dict[str, StrOrPromise]" = {
    OVERDUE: _("Overdue"),
    **{step.value: step.label for step in Step},
    EXPECTED: _("Expected from another branch"),
    PUT_BACK: _("To put back"),
    UNCLAIMED: _("Not fetched for long"),
}


def sections(branches: Collection[int] | None, *, most: int) -> list[Section]:
    """What these branches have to do by what is next for it, at most so many in each; empty sections are left out."""
    now = timezone.now()
    found: dict[str, list[Fulfilment]] = defaultdict(list)
    for part in to_do(branches):
        found[_section_of(part, branches, now=now)].append(part)
    found[PUT_BACK] += to_put_back(branches)
    shown = {name: [part.pk for part in found[name][:most]] for name in TITLES if found[name]}
    # With all that a line of the list says: of the others there may be many.
    parts = seen(branches).in_bulk([pk for pks in shown.values() for pk in pks])
    return [
        Section(
            TITLES[name],
            [parts[pk] for pk in pks],
            len(found[name]),
            is_overdue=name == OVERDUE,
            is_put_back=name == PUT_BACK,
        )
        for name, pks in shown.items()
    ]


def is_expected(part: Fulfilment, branches: Collection[int] | None) -> bool:
    """Whether these branches wait for it, until another brings it: it lies there, packed, or is on the way."""
    return branches is not None and part.branch_id not in branches and next_step(part) == Step.PASS_ON


def _section_of(part: Fulfilment, branches: Collection[int] | None, *, now: datetime) -> str:
    if is_overdue(part, today=timezone.localdate(now)):
        return OVERDUE
    if is_expected(part, branches):
        return EXPECTED
    step = next_step(part)
    is_unclaimed = step == Step.PICKUP and part.order.status == Order.Status.PAID
    if is_unclaimed and part.arrived_at and part.arrived_at < now - unclaimed.LONGEST_WAIT:
        return UNCLAIMED
    return step or ""


def seen(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """Parts that these branches prepare or that are picked up there, None for all, with their pieces and delivery."""
    return _of(branches).annotate(delivery_shown=_delivery()).prefetch_related(_pieces())


def to_prepare(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """What is to be fetched from the shelves of these branches, with its pieces, the most urgent first."""
    return to_do(branches).filter(ready_at=None).prefetch_related(_pieces())


def to_do(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """What these branches have to do, the most urgent first; None for all branches."""
    wanted = Order.objects.filter(demand.is_wanted())
    # What the buyer was given the money back for is no work.
    still_wanted = Fulfilment.objects.wanted().values("pk")
    parts = _of(branches).filter(handed_over_at=None, order__in=wanted, pk__in=still_wanted)
    if branches is not None:
        own = Q(branch__in=branches) & (Q(ready_at=None) | Q(arrived_at=None))
        parts = parts.filter(own | Q(order__pickup_branch__in=branches, ready_at__isnull=False))
    return parts.order_by(F("due_on").asc(nulls_last=True), "order__placed_at", "pk")


def overdue(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """Of what they have to do that of which ``is_overdue`` is true."""
    today = timezone.localdate()
    leaves_late = Q(due_on__lt=today) & (Q(ready_at=None) | Q(order__delivery=Order.Delivery.POST))
    arrives_late = Q(order__promised_on__lt=today, order__delivery=Order.Delivery.PICKUP, arrived_at=None)
    return to_do(branches).filter(leaves_late | arrives_late & Q(ready_at__isnull=False))


def unpaid_pickups() -> QuerySet[Order]:
    """Orders that are kept for a buyer who pays when fetching them."""
    at_the_till = Payment.objects.open().filter(provider__in=providers.codes_paid_on_pickup())
    return Order.objects.filter(status=Order.Status.AWAITING_PAYMENT, payments__in=at_the_till)


def to_put_back(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    """Parts that are packed and that nobody waits for any more: of orders called off, run out or given back.

    For the branch where they were kept, and for the one where they were to be picked up, that it sends them there.
    """
    wanted = Order.objects.filter(demand.is_wanted()).values("pk")
    still_wanted = Fulfilment.objects.wanted().values("pk")
    packed = _of(branches).filter(handed_over_at=None, ready_at__isnull=False)
    return packed.exclude(order__in=wanted, pk__in=still_wanted).order_by("ready_at", "pk")


def _of(branches: Collection[int] | None) -> QuerySet[Fulfilment]:
    parts = Fulfilment.objects.select_related("order__pickup_branch", "branch")
    if branches is None:
        return parts
    return parts.filter(Q(branch__in=branches) | Q(order__pickup_branch__in=branches))


def _delivery() -> Subquery:
    """The name of the delivery method in the language of the page; the order has it in its buyer's language."""
    is_named_so = Q()
    for code, _name in settings.LANGUAGES:
        is_named_so |= Q(**{f"name_{code}": OuterRef("order__delivery_name")})
    shown = Coalesce(NullIf(F(f"name_{get_language()}"), Value("")), F("name_az"), output_field=models.CharField())
    return Subquery(DeliveryMethod.objects.filter(is_named_so).annotate(shown=shown).order_by("pk").values("shown")[:1])


def _pieces() -> "Prefetch[str]":
    lines = LineItem.objects.select_related("variant__product").prefetch_related(public_photos("variant__product"))
    return Prefetch("lines", lines)
