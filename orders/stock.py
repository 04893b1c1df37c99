"""Stock and holds. The only module that writes ``Stock`` and ``Hold``.

Locks: the stock rows of all pieces concerned, by primary key, in one statement; the bag before them, and the
order and its payment before them, where the caller has locked those. Availability is computed after the lock
from rows read after it. Letting go of holds makes pieces less scarce and locks no stock; pieces that come in are
added to one row, by one statement.
What an order holds, sells and gives back is counted as its lines say, whatever a product has become since.
Raises: ``OutOfStock``, naming every piece that falls short; ``CountedMeanwhile``; ``MoreThanSold``, ``StillOwed``,
``WasHandedOver``, ``PutBackMeanwhile``; ``NotPossible`` where a piece would go on the shelf of another branch than the
person's; ``BagClosed`` for a bag that was ordered meanwhile; ``locks.Busy`` where a lock is not to be had in time.
Nothing is written then.
After commit: nothing to do. Expired holds are worth nothing from that second on, whether or not a job ran.
Retry: holding again renews the same hold; selling happens once because the caller moves the order with it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Min, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from dostshop.accounts.models import User, branches_seen_by
from dostshop.locks import short_transaction
from orders.models import Bag, BagLine, Hold, LineItem, Order, OrderEvent, Stock
from orders.steps import NotPossible

HOLD_TIME = timedelta(minutes=30)
# From the first second of a hold to the last that it can be extended to: eleven times HOLD_TIME, because
# WCAG 2.2 success criterion 2.2.1 asks for at least ten extensions. Then others get their chance.
LONGEST_HOLD = HOLD_TIME * 11


@dataclass(frozen=True)
class Shortage:
    variant_pk: int
    wanted: int
    available: int
    # When the first hold of another shopper ends; None where the piece is sold.
    held_until: datetime | None


class MoreThanSold(ValueError):
    """More units would go back on the shelf than were sold and are not back yet."""


class StillOwed(MoreThanSold):
    """Units would go back on the shelf that the buyer is still to get."""


class WasHandedOver(MoreThanSold):
    """Units would go back on the shelf that left us: their return says whether they came back."""


class PutBackMeanwhile(Exception):
    """Something of the order went back on the shelf since this person looked."""


class CountedMeanwhile(Exception):
    """Something was sold, or came in, since a person looked at what is on hand."""


class OutOfStock(Exception):
    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(", ".join(f"{s.variant_pk}: {s.available} of {s.wanted}" for s in shortages))
        self.shortages = shortages


def receive(variant_pk: int, *, quantity: int) -> None:
    """Adds pieces that came in. Raises ValueError where ``quantity`` is not positive."""
    if quantity < 1:
        raise ValueError("pieces received must be one or more")
    Stock.objects.get_or_create(variant_id=variant_pk)
    Stock.objects.filter(pk=variant_pk).update(on_hand=F("on_hand") + quantity, updated_at=timezone.now())


@short_transaction()
def write_off(variant_pk: int, *, quantity: int) -> None:
    """Takes out pieces that were broken, lost or sold elsewhere.

    Raises OutOfStock where more would go than is there and not held, ValueError where ``quantity`` is not positive.
    """
    if quantity < 1:
        raise ValueError("pieces written off must be one or more")
    wanted = {variant_pk: quantity}
    _check(_lock(wanted), wanted, holds_of_others=_held(wanted))
    Stock.objects.filter(pk=variant_pk).update(on_hand=F("on_hand") - quantity, updated_at=timezone.now())


@short_transaction()
def recount(counted: Mapping[int, tuple[int, int]]) -> None:
    """Sets what is on hand of each variant, by its primary key, from what was seen to what was counted.

    Raises CountedMeanwhile where it is not as seen any more, OutOfStock where shoppers hold more than was counted.
    """
    Stock.objects.bulk_create((Stock(pk=pk) for pk in counted), ignore_conflicts=True)
    at_least = dict.fromkeys(counted, 0)
    rows = _lock(at_least)
    if any(rows[pk].on_hand != seen for pk, (seen, _count) in counted.items()):
        raise CountedMeanwhile
    for pk, (_seen, count) in counted.items():
        rows[pk].on_hand = count
        rows[pk].updated_at = timezone.now()
    _check(rows, at_least, holds_of_others=_held(at_least))
    Stock.objects.bulk_update(rows.values(), ["on_hand", "updated_at"], batch_size=1000)


@short_transaction()
def hold(bag: Bag, *, until: datetime | None = None) -> datetime | None:
    """Holds every counted piece of an open bag, or renews the holds it has; returns when the first ends.

    A hold lasts ``HOLD_TIME`` from now and never past ``LONGEST_HOLD`` from its beginning, or ``until``. Pieces that
    have left the bag are released. Returns None where nothing in the bag is counted. Raises OutOfStock.
    """
    bag.lock_open()
    return _hold(bag, _counted(_lines(bag)), order=None, until=until)


def hold_for(order: Order, bag: Bag, *, until: datetime, lines: Iterable[BagLine] | None = None) -> None:
    """The order holds what its bag does, until then. Call in the transaction that has locked either of them.

    ``lines`` are the bag's, where it is ordered just now. Raises OutOfStock.
    """
    _hold(bag, _counted(lines if lines is not None else order.lines.all()), order=order, until=until)


def _hold(bag: Bag, wanted: Mapping[int, int], *, order: Order | None, until: datetime | None) -> datetime | None:
    stock = _lock(wanted)
    _check(stock, wanted, holds_of_others=_held(wanted, except_bag=bag))
    now = timezone.now()
    mine = {held.variant_id: held for held in Hold.objects.filter(bag=bag, released_at=None)}
    for held in mine.values():
        if held.expires_at <= now:
            held.began_at = now
        held.order = order
        held.quantity = wanted.get(held.variant_id, held.quantity)
        held.expires_at = until or min(now + HOLD_TIME, held.began_at + LONGEST_HOLD)
        if held.variant_id not in wanted:
            held.released_at = now
    Hold.objects.bulk_update(mine.values(), ["order", "quantity", "began_at", "expires_at", "released_at"])
    fresh = [
        Hold(variant_id=pk, bag=bag, order=order, quantity=quantity, expires_at=until or now + HOLD_TIME)
        for pk, quantity in wanted.items()
        if pk not in mine
    ]
    Hold.objects.bulk_create(fresh)
    return min((held.expires_at for held in [*mine.values(), *fresh] if held.released_at is None), default=None)


def held_until(bag: Bag, lines: Iterable[BagLine]) -> datetime | None:
    """When the first of the bag's holds ends; None where a counted piece of the bag is not held."""
    wanted = _counted(lines)
    live = {held.variant_id: held for held in Hold.objects.live().filter(bag=bag)}
    if any(pk not in live or live[pk].quantity < quantity for pk, quantity in wanted.items()):
        return None
    return min((live[pk].expires_at for pk in wanted), default=timezone.now() + HOLD_TIME)


def release_bag(bag: Bag, *, variant_pk: int | None = None) -> None:
    """Lets go of everything that the bag holds, or of one variant; what an order holds stays with it."""
    holds = Hold.objects.filter(bag=bag, order=None, released_at=None)
    if variant_pk is not None:
        holds = holds.filter(variant=variant_pk)
    holds.update(released_at=timezone.now())


def hand_on(bag: Bag, *, to: Bag) -> None:
    """What one bag holds, another holds from now on; where both hold the same, the other keeps its own."""
    theirs = Hold.objects.filter(bag=to, order=None, released_at=None)
    theirs.filter(expires_at__lte=timezone.now()).update(released_at=timezone.now())
    known = theirs.values("variant")
    Hold.objects.filter(bag=bag, order=None, released_at=None).exclude(variant__in=known).update(bag=to)


def release_order(order: Order) -> None:
    Hold.objects.filter(order=order, released_at=None).update(released_at=timezone.now())


def sell(order: Order) -> None:
    """Takes the order's pieces out of stock and releases its holds. Call with the order locked.

    The order's own holds are not needed: what is free is sold even if they have run out. Raises OutOfStock.
    """
    wanted = _counted(order.lines.all())
    stock = _lock(wanted)
    _check(stock, wanted, holds_of_others=_held(wanted, except_order=order))
    now = timezone.now()
    for row in stock.values():
        row.on_hand -= wanted[row.pk]
        row.updated_at = now
    Stock.objects.bulk_update(stock.values(), ["on_hand", "updated_at"])
    release_order(order)


def take_back(order: Order, *, units: Mapping[int, int], actor: User | None = None) -> None:
    """Puts sold units, by the line's primary key, back on the shelf, and records it. Call with the order locked.

    What is made to order has no shelf; what is paid, not refunded and not handed over is still the buyer's. Raises
    MoreThanSold, StillOwed, NotPossible.
    """
    lines = order.lines.filter(pk__in=units).select_related("fulfilment", "variant__product__branch").order_by("pk")
    back = {line: units[line.pk] for line in lines if units[line.pk]}
    if any(quantity < 0 or quantity > line.unshelved_quantity for line, quantity in back.items()):
        raise MoreThanSold("units put back are no more than were sold and are not back yet")
    if any(quantity > line.shelvable_quantity for line, quantity in back.items()):
        raise StillOwed("units that the buyer is to get are not put back")
    branches = branches_seen_by(actor) if actor else None
    for line in back:
        if why_not := why_not_theirs(line, branches):
            raise NotPossible(why_not)
    returned: Counter[int] = Counter()
    for line, quantity in back.items():
        returned[line.variant_id] += quantity
    rows = _lock(returned)
    for variant_pk, quantity in returned.items():
        rows[variant_pk].on_hand += quantity
        rows[variant_pk].updated_at = timezone.now()
    Stock.objects.bulk_update(rows.values(), ["on_hand", "updated_at"])
    for line, quantity in back.items():
        LineItem.objects.filter(pk=line.pk).update(restocked_quantity=F("restocked_quantity") + quantity)
        order.record(OrderEvent.Kind.RESTOCKED, actor=actor, name=line.name, units=quantity)


@short_transaction()
def restock(order_pk: int, *, units: Mapping[int, int], actor: User, seen: int | None = None) -> None:
    """``take_back`` of what never left us: whether money goes back is decided apart.

    ``seen`` is what was ``put_back`` when a person decided this; None where nobody looked. Raises PutBackMeanwhile,
    StillOwed, WasHandedOver, NotPossible, and MoreThanSold, also for an order that was never paid: its pieces have not
    left the shelf.
    """
    order = Order.objects.locked(order_pk)
    if seen is not None and seen != put_back(order):
        raise PutBackMeanwhile
    if any(units.values()) and not _was_paid(order):
        raise MoreThanSold("an order that was never paid has sold nothing")
    gone = order.lines.filter(fulfilment__handed_over_at__isnull=False).values_list("pk", flat=True)
    if any(units.get(pk) for pk in gone):
        raise WasHandedOver("units that left us come back by a return")
    take_back(order, units=units, actor=actor)


def restockable(order: Order, *, actor: User) -> dict[int, int]:
    """How many units of each line, by its primary key, this person could ``restock`` now."""
    if not _was_paid(order):
        return {}
    branches = branches_seen_by(actor)
    # What was handed over goes on the shelf by its return.
    here = order.lines.filter(fulfilment__handed_over_at=None)
    lines = here.select_related("fulfilment", "variant__product__branch")
    return {line.pk: line.shelvable_quantity for line in lines if not why_not_theirs(line, branches)}


def _was_paid(order: Order) -> bool:
    if order.status in {Order.Status.AWAITING_PAYMENT, Order.Status.EXPIRED}:
        return False
    return order.events.filter(kind=OrderEvent.Kind.PAID).exists()


def why_not_theirs(line: LineItem, branches: Collection[int] | None) -> str:
    """Empty where these branches, None for all, put the line's pieces on the shelf: that of their product."""
    branch = line.variant.product.branch
    if branches is None or branch.pk in branches:
        return ""
    sentence = _("%(name)s is sold by %(branch)s: send it there, and its staff put it on the shelf.")
    return sentence % {"name": line.name, "branch": branch.name}


def put_back(order: Order) -> int:
    """How many units of the order are back on the shelf."""
    return sum(order.lines.values_list("restocked_quantity", flat=True))


def could_be_sold(order: Order) -> bool:
    """Whether ``sell`` would find all pieces of the order. A look without a lock: nothing is promised."""
    wanted = _counted(order.lines.all())
    return not _shortages(_read(wanted), wanted, holds_of_others=_held(wanted, except_order=order))


def shortages(bag: Bag, lines: Iterable[BagLine]) -> list[Shortage]:
    """Which pieces of the bag could not be held now. A look without a lock: nothing is promised."""
    wanted = _counted(lines)
    return _shortages(_read(wanted), wanted, holds_of_others=_held(wanted, except_bag=bag))


def shortage(variant_pk: int, *, quantity: int, bag: Bag) -> Shortage | None:
    """Whether so many of one variant could be held for the bag now. A look without a lock."""
    wanted = {variant_pk: quantity}
    return next(iter(_shortages(_read(wanted), wanted, holds_of_others=_held(wanted, except_bag=bag))), None)


def _lines(bag: Bag) -> QuerySet[BagLine]:
    return bag.lines.select_related("variant__product")


def _counted(lines: Iterable[BagLine | LineItem]) -> Counter[int]:
    """Units by variant; what is made to order is not counted."""
    wanted: Counter[int] = Counter()
    for line in lines:
        if line.is_counted:
            wanted[line.variant_id] += line.quantity
    return wanted


def _read(wanted: Mapping[int, int]) -> dict[int, Stock]:
    return Stock.objects.in_bulk(list(wanted))


def _lock(wanted: Mapping[int, int]) -> dict[int, Stock]:
    rows = Stock.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted).order_by("pk")
    return {row.pk: row for row in rows}


def _held(
    wanted: Mapping[int, int], *, except_bag: Bag | None = None, except_order: Order | None = None
) -> dict[int, tuple[int, datetime]]:
    """Live holds by variant: how many pieces, and when the first ends."""
    holds = Hold.objects.live().filter(variant__in=wanted)
    if except_bag is not None:
        holds = holds.exclude(bag=except_bag)
    if except_order is not None:
        # Not exclude(): the holds of bags have no order, and SQL compares nothing with NULL.
        holds = holds.filter(Q(order=None) | ~Q(order=except_order))
    totals = holds.order_by().values("variant_id").annotate(pieces=Sum("quantity"), until=Min("expires_at"))
    return {row["variant_id"]: (row["pieces"], row["until"]) for row in totals}


def _shortages(
    stock: Mapping[int, Stock], wanted: Mapping[int, int], *, holds_of_others: Mapping[int, tuple[int, datetime]]
) -> list[Shortage]:
    found = []
    for variant_pk, quantity in wanted.items():
        on_hand = stock[variant_pk].on_hand if variant_pk in stock else 0
        held, until = holds_of_others.get(variant_pk, (0, None))
        if on_hand - held < quantity:
            found.append(Shortage(variant_pk, quantity, max(on_hand - held, 0), until if on_hand >= quantity else None))
    return found


def _check(
    stock: Mapping[int, Stock], wanted: Mapping[int, int], *, holds_of_others: Mapping[int, tuple[int, datetime]]
) -> None:
    if found := _shortages(stock, wanted, holds_of_others=holds_of_others):
        raise OutOfStock(found)
