"""What goes into a bag and out of it.

Locks: the bag's row, so that two requests of one shopper do not write the same line.
Raises: ``NotForSale`` with a sentence for the shopper; ``BagClosed`` where the bag was ordered or joined
another meanwhile; ``locks.Busy``. Nothing is written then.
A bag keeps nothing for anyone: pieces are held from checkout on (``orders/stock.py``).
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Sum, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.listing import public_photos
from catalog.models import Product, Variant
from dostshop.accounts.models import User
from dostshop.clock import baku_time
from dostshop.locks import short_transaction
from orders import stock
from orders.models import Bag, BagLine
from orders.models.bag import MAX_LINES, MAX_QUANTITY

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


class NotForSale(Exception):
    """The message says why, for the shopper."""


@dataclass(frozen=True)
class LineView:
    """A line as the shopper sees it now."""

    line: BagLine
    # Empty where it can be bought.
    problem: str
    is_price_changed: bool


def find(*, token: str, user: User | None) -> Bag | None:
    """The open bag of a member, else of the guest who has this token."""
    bags = Bag.objects.open()
    if user is not None:
        return bags.filter(user=user).first()
    return bags.filter(token=token, user=None).first() if is_token(token) else None


def is_token(text: str) -> bool:
    """Whether this could be a bag's token; what a cookie or a form brings can be anything."""
    return _TOKEN.fullmatch(text) is not None


def find_or_make(*, token: str, user: User | None) -> Bag:
    found = find(token=token, user=user)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return Bag.objects.create(user=user)
    except IntegrityError:
        # Two requests of one member at once; the other was quicker.
        return Bag.objects.open().get(user=user)


def for_sale(variant_code: str) -> Variant:
    """The variant of a published product with this code. Raises NotForSale."""
    variants = Variant.objects.filter(product__in=Product.objects.published(), code=variant_code)
    variant = variants.select_related("product").first()
    if variant is None:
        raise NotForSale(_("This piece is no longer for sale."))
    return variant


@short_transaction()
def add(bag: Bag, *, variant: Variant, quantity: int) -> BagLine:
    """Puts pieces of one variant into the bag, on top of those already there. Raises NotForSale, BagClosed."""
    bag.lock_open()
    line = bag.lines.filter(variant=variant).first()
    wanted = (line.quantity if line else 0) + quantity
    if variant.product.kind == Product.Kind.ONE_OF_A_KIND and line is not None:
        return line
    _check(variant, wanted, bag=bag)
    if line is None and bag.lines.count() >= MAX_LINES:
        raise NotForSale(_("A bag takes at most %(number)d different pieces.") % {"number": MAX_LINES})
    line, _is_new = BagLine.objects.update_or_create(
        bag=bag, variant=variant, defaults={"quantity": wanted, "price_seen": variant.price}
    )
    return line


@short_transaction()
def change(bag: Bag, *, line_pk: int, quantity: int) -> None:
    """Sets the quantity of a line; 0 takes it out. A line that is gone stays gone. Raises NotForSale, BagClosed."""
    bag.lock_open()
    line = bag.lines.filter(pk=line_pk).select_related("variant__product").first()
    if line is None:
        return
    if quantity == 0:
        line.delete()
        stock.release_bag(bag, variant_pk=line.variant_id)
        return
    if quantity > line.quantity:
        _check(line.variant, quantity, bag=bag)
    line.quantity = quantity
    line.save(update_fields=["quantity"])


@short_transaction()
def merge(guest: Bag, *, user: User) -> Bag:
    """At sign-in: the guest's lines, and what is held for them, join the member's open bag. Raises BagClosed."""
    mine = find_or_make(token="", user=user)
    for bag in sorted((guest, mine), key=lambda bag: bag.pk):
        bag.lock_open()
    known = {line.variant_id: line for line in mine.lines.all()}
    for line in guest.lines.select_related("variant__product"):
        twin = known.get(line.variant_id)
        if twin is None:
            line.bag = mine
            line.save(update_fields=["bag"])
        elif line.variant.product.kind != Product.Kind.ONE_OF_A_KIND:
            twin.quantity = min(twin.quantity + line.quantity, MAX_QUANTITY)
            twin.save(update_fields=["quantity"])
    stock.hand_on(guest, to=mine)
    guest.delete()
    return mine


def accept_prices(bag: Bag) -> None:
    """The shopper has seen the prices of now."""
    for line in bag.lines.select_related("variant"):
        if line.price_seen != line.variant.price:
            line.price_seen = line.variant.price
            line.save(update_fields=["price_seen"])


def lines(bag: Bag) -> list[BagLine]:
    """With the product and craft of each."""
    return list(bag.lines.select_related("variant__product__craft"))


def views(bag: Bag, bag_lines: list[BagLine]) -> list[LineView]:
    """The lines with their photos, and with what has changed since they went into the bag."""
    prefetch_related_objects(bag_lines, public_photos("variant__product"))
    shortages = {shortage.variant_pk: shortage for shortage in stock.shortages(bag, bag_lines)}
    return [
        LineView(
            line,
            problem=problem(line, shortages.get(line.variant_id)),
            is_price_changed=line.price_seen != line.variant.price,
        )
        for line in bag_lines
    ]


def problem(line: BagLine, shortage: stock.Shortage | None) -> str:
    """Why the line cannot be bought now, in a sentence; empty where it can."""
    product = line.variant.product
    if product.state != Product.State.PUBLISHED:
        return _("This piece is no longer for sale.")
    return sentence(shortage) if shortage else ""


def sentence(shortage: stock.Shortage) -> str:
    if shortage.available > 0:
        return _("Only %(number)d of these are left.") % {"number": shortage.available}
    if shortage.held_until is not None:
        until = moment(shortage.held_until)
        return _("Another shopper has this piece in the checkout until about %(time)s. It may be free again then.") % {
            "time": until
        }
    return _("This piece has been sold.")


def moment(when: datetime) -> str:
    """The time of day; with the date where that is not today."""
    is_today = timezone.localdate(when) == timezone.localdate()
    return baku_time(when, "H:i" if is_today else "j E, H:i")


def size(bag: Bag | None) -> int:
    """How many pieces are in the bag."""
    return (bag.lines.aggregate(pieces=Sum("quantity"))["pieces"] or 0) if bag else 0


def _check(variant: Variant, quantity: int, *, bag: Bag) -> None:
    if quantity > MAX_QUANTITY:
        raise NotForSale(_("One order takes at most %(number)d of the same piece.") % {"number": MAX_QUANTITY})
    if variant.product.is_counted and (shortage := stock.shortage(variant.pk, quantity=quantity, bag=bag)):
        raise NotForSale(sentence(shortage))
