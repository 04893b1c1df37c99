"""Many products changed at once: their prices, a collection, their branch; and what a step would do with them.

Promises: what is written is what a person was shown, of every product that was chosen, or nothing is.
Locks: Product, then Variant, each by primary key. Raises: ``OtherThanShown`` where by now something else would happen;
``locks.Busy``. Nothing is written then. After commit: nothing. Retry: finds nothing left to change.
"""

import json
from collections.abc import Collection as Many
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django.db.models import Max
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from artisans.models import Branch
from catalog import publishing, versions
from catalog.models import Collection, CollectionItem, Product, ProductEvent, Variant
from dostshop import money
from dostshop.locks import short_transaction

MOST = 500
HIGHEST_PRICE = Decimal("9999999.99")


class OtherThanShown(Exception):
    """Somebody decided by what would have happened, and by now something else would."""


@dataclass(frozen=True)
class Change:
    """What becomes of one product, or of one of its variants; ``refusal`` says why nothing does."""

    product_pk: int
    name: str
    old: str
    new: str
    refusal: str = ""


class Shown(Protocol):
    def changes(self, products: Sequence[Product]) -> list[Change]:
        """Without those that are as wished already."""


class Wish(Shown, Protocol):
    def write(self, products: Sequence[Product]) -> None: ...


@dataclass(frozen=True)
class Price:
    """``amount``, or ``percent`` more or less, to whole ``step``s: half a step and more goes up."""

    amount: Decimal | None = None
    percent: Decimal = Decimal(0)
    step: Decimal = money.CENT

    def changes(self, products: Sequence[Product]) -> list[Change]:
        too_high = _("More than a price can be.")
        return [
            Change(
                variant.product_id,
                f"{variant} ({variant.sku})",
                money.text(variant.price),
                money.text(new),
                too_high if new > HIGHEST_PRICE else "",
            )
            for variant, new in self._new(products)
        ]

    def write(self, products: Sequence[Product]) -> None:
        changed = []
        for variant, new in self._new(products):
            variant.price = new
            changed.append(variant)
        Variant.objects.bulk_update(changed, ["price"])

    def _new(self, products: Sequence[Product]) -> list[tuple[Variant, Decimal]]:
        variants = Variant.objects.filter(product__in=products).select_related("product").order_by("pk")
        rows = [(variant, self.of(variant.price)) for variant in variants.select_for_update(of=("self",), no_key=True)]
        return [(variant, new) for variant, new in rows if new != variant.price]

    def of(self, price: Decimal) -> Decimal:
        if self.amount is not None:
            return self.amount
        steps = (price * (100 + self.percent) / 100 / self.step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return max(steps, Decimal(1)) * self.step


@dataclass(frozen=True)
class InCollection:
    """In it, after what is there; or not in it any more."""

    collection: Collection
    is_wanted: bool

    def changes(self, products: Sequence[Product]) -> list[Change]:
        inside, outside = _("in the collection"), _("not in the collection")
        old, new = (outside, inside) if self.is_wanted else (inside, outside)
        return [Change(product.pk, str(product), old, new) for product in self._concerned(products)]

    def write(self, products: Sequence[Product]) -> None:
        concerned = self._concerned(products)
        if not self.is_wanted:
            self.collection.items.filter(product__in=concerned).delete()
            return
        last = self.collection.items.aggregate(last=Max("position"))["last"] or 0
        CollectionItem.objects.bulk_create(
            CollectionItem(collection=self.collection, product=product, position=min(last + number, 32767))
            for number, product in enumerate(concerned, start=1)
        )

    def _concerned(self, products: Sequence[Product]) -> list[Product]:
        there = set(self.collection.items.filter(product__in=products).values_list("product", flat=True))
        return [product for product in products if (product.pk in there) != self.is_wanted]


@dataclass(frozen=True)
class AtBranch:
    """Kept there from now on. What was ordered before stays with the branch that prepares it."""

    branch: Branch

    def changes(self, products: Sequence[Product]) -> list[Change]:
        moved = [product for product in products if product.branch_id != self.branch.pk]
        return [Change(product.pk, str(product), str(product.branch), str(self.branch)) for product in moved]

    def write(self, products: Sequence[Product]) -> None:
        Product.objects.filter(pk__in=[product.pk for product in products]).update(branch=self.branch)


@dataclass(frozen=True)
class Step:
    """Of publishing. Only shown here: each product takes it by itself, by ``catalog/publishing.py``."""

    kind: ProductEvent.Kind

    def changes(self, products: Sequence[Product]) -> list[Change]:
        refusals = publishing.foresee(products, self.kind)
        new = str(ProductEvent.STATES[self.kind].label)
        return [
            Change(product.pk, str(product), product.get_state_display(), new, refusals[product.pk])
            for product in products
            if product.pk in refusals
        ]


@short_transaction()
def changes(product_pks: Many[int], wish: Shown) -> list[Change]:
    """What would be done now."""
    return wish.changes(list(Product.objects.filter(pk__in=product_pks).select_related("branch").order_by("pk")))


def seal(found: Sequence[Change]) -> str:
    """Stands for these changes and no others."""
    told = json.dumps([astuple(change) for change in found])
    return salted_hmac("catalog.bulk", told, algorithm="sha256").hexdigest()


@short_transaction()
def apply(product_pks: Many[int], wish: Wish, *, shown: str, actor_pk: int) -> list[Change]:
    """Raises OtherThanShown, and where one of the changes is refused."""
    rows = Product.objects.filter(pk__in=product_pks).select_related("branch").order_by("pk")
    products = list(rows.select_for_update(of=("self",), no_key=True))
    found = wish.changes(products)
    if not constant_time_compare(shown, seal(found)) or any(change.refusal for change in found):
        raise OtherThanShown
    versions.by(actor_pk)
    wish.write(products)
    changed = {change.product_pk for change in found}
    Product.objects.filter(pk__in=changed).update(updated_at=timezone.now())
    return found
