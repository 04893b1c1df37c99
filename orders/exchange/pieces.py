"""Tables of products, prices and stock: a row for each variant, known by its SKU.

What is of the product stands in the rows of all its variants. A table may have any of the columns; what it has no
column for stays as it is. States are no columns: what is in the shop is decided with each piece.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from django.conf import settings
from django.db.models import Field, OuterRef, Prefetch, Subquery
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from artisans.models import Artisan, Branch
from catalog.models import Craft, Product, ProductMaker, ProductQuerySet, Variant
from dostshop import codes
from dostshop.accounts.models import User, branches_seen_by
from dostshop.exchange.columns import Column, Known, NotUnderstood, OneOf, Row, Sum, Text, Whole, YesNo
from dostshop.exchange.kinds import Exported
from dostshop.translated import columns

type Shares = tuple[tuple[int, Decimal], ...]

TEXTS = ("name", "description", "materials", "technique", "care", "size_note", "shelf_life")
# By these a row is known.
KEYS = ("sku", "code")
_LONGEST_SIDE_MM = 100_000


@dataclass(frozen=True, kw_only=True)
class Makers(Column):
    """Codes of makers with the parts of each in percent: “ACD346 60; MNP479 40”."""

    by_code: Mapping[str, int] = field(default_factory=dict)

    def parse(self, cell: str) -> Shares:
        shares = dict(self._read(one) for one in re.split(r"[;\n]", cell) if one.strip())
        total = sum(shares.values(), Decimal(0))
        if shares and total != 100:
            sentence = _("The makers' shares sum to %(total)s, not to 100.")
            raise NotUnderstood(sentence % {"total": f"{total.normalize():f}"})
        return in_order(shares)

    def _read(self, written: str) -> tuple[int, Decimal]:
        code, _space, share = written.strip().rstrip("%").partition(" ")
        maker = self.by_code.get(codes.as_typed(code))
        if maker is None:
            raise NotUnderstood(_("No maker has the code %(code)s.") % {"code": code})
        try:
            return maker, Decimal(share.strip().replace(",", ".") or 100).quantize(Decimal("0.01"))
        except InvalidOperation as error:
            raise NotUnderstood(_("Type codes and shares, such as “ACD346 60; MNP479 40”.")) from error

    def show(self, value: Shares) -> str:
        code_of = {pk: code for code, pk in self.by_code.items()}
        return "; ".join(f"{code_of.get(pk, '')} {share.normalize():f}" for pk, share in value)


def in_order(shares: Mapping[int, Decimal]) -> Shares:
    return tuple(sorted(shares.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True)
class Columns:
    """Those of this person's tables, with what is known in the shop by name at this moment."""

    of_product: tuple[Column, ...]
    of_variant: tuple[Column, ...]
    of_stock: tuple[Column, ...]
    keys: tuple[Column, ...]

    def all(self) -> list[Column]:
        return [*self.keys, *self.of_variant, *self.of_stock, *self.of_product]


def columns_for(user: User) -> Columns:
    """Four queries."""
    branches = branches_seen_by(user)
    of_branches = {} if branches is None else {"pk__in": branches}
    return Columns(
        of_product=tuple(_of_product(Branch.objects.filter(**of_branches))),
        of_variant=(
            *_texts(Variant, "option"),
            Sum(name="price", label=_label(Variant, "price")),
            Whole(name="position", label=_label(Variant, "position"), empty=0),
        ),
        of_stock=(
            Whole(name="on_hand", label=gettext_lazy("on hand"), most=100_000),
            Whole(name="on_hand_then", label=gettext_lazy("on hand when the table was made"), most=100_000),
        ),
        keys=(
            Text(name="code", label=gettext_lazy("code of the product"), most=40),
            Text(name="sku", label=_label(Variant, "sku"), most=40),
        ),
    )


def _of_product(branches: Any) -> Iterator[Column]:
    crafts = Known.of(Craft.objects.all(), names=(*columns("name"), "slug"))
    places = Known.of(branches, names=(*columns("name"), "slug"))
    makers = dict(Artisan.objects.values_list("code", "pk"))
    yield from _texts(Product, "name")
    yield OneOf(name="kind", label=_label(Product, "kind"), choices=Product.Kind)
    yield Row(name="craft_id", label=_label(Product, "craft"), known=crafts)
    yield Row(name="branch_id", label=_label(Product, "branch"), known=places)
    yield Makers(name="makers", label=pgettext_lazy("a column", "makers and shares"), by_code=makers)
    for field_name in TEXTS[1:-1]:
        yield from _texts(Product, field_name)
    for field_name in ("width_mm", "height_mm", "depth_mm"):
        yield Whole(name=field_name, label=_label(Product, field_name), least=1, most=_LONGEST_SIDE_MM)
    yield Whole(name="weight_g", label=_label(Product, "weight_g"), most=1_000_000, empty=0)
    yield YesNo(name="is_fragile", label=_label(Product, "is_fragile"))
    yield Text(name="export_permit", label=_label(Product, "export_permit"), most=60)
    yield Whole(name="year", label=_label(Product, "year"), least=1)
    yield Whole(name="lead_time_days", label=_label(Product, "lead_time_days"), empty=0)
    yield YesNo(name="is_personalised", label=_label(Product, "is_personalised"))
    yield from _texts(Product, TEXTS[-1])
    yield Whole(name="energy_kcal", label=_label(Product, "energy_kcal"))


def _texts(model: type[Product] | type[Variant], field_name: str) -> Iterator[Text]:
    label, most = _label(model, field_name), _field(model, field_name).max_length
    for language in settings.MODELTRANSLATION_LANGUAGES:
        yield Text(name=f"{field_name}_{language}", label=label, language=language, most=most)


def _label(model: type[Product] | type[Variant], field_name: str) -> Any:
    return _field(model, field_name).verbose_name


def _field(model: type[Product] | type[Variant], field_name: str) -> "Field[Any, Any]":
    return cast("Field[Any, Any]", model._meta.get_field(field_name))


def seen_by(user: User) -> ProductQuerySet:
    branches = branches_seen_by(user)
    products = Product.objects.all()
    return products if branches is None else products.filter(branch__in=branches)


def shares_of(product: Product) -> Shares:
    """Asks nothing where the makers were fetched with it."""
    return in_order({maker.artisan_id: maker.share for maker in product.makers.all()})


# --- Export ---

EVERYTHING, PRICES, STOCK = "everything", "prices", "stock"
CHOICES = {
    EVERYTHING: gettext_lazy("Everything"),
    PRICES: gettext_lazy("Prices"),
    STOCK: gettext_lazy("Stock, to be counted"),
}


def export(user: User, choice: str) -> Exported:
    """All pieces that this person sees; those without a variant have no SKU. Seven queries."""
    available = columns_for(user)
    by_name = {column.name: column for column in available.all()}
    told = [f"{name}_{get_language()}" for name in ("name", "option")]
    names = {
        EVERYTHING: list(by_name),
        PRICES: ["code", "sku", *told, "price"],
        STOCK: ["code", "sku", *told, "on_hand", "on_hand_then"],
    }[choice]
    chosen = [by_name[name] for name in names]
    return Exported([column.heading for column in chosen], _rows(user, chosen))


def _rows(user: User, chosen: list[Column]) -> Iterator[list[Any]]:
    on_hand = Subquery(Variant.objects.filter(pk=OuterRef("pk")).values("stock__on_hand"))
    variants = Prefetch("variants", Variant.objects.annotate(counted=on_hand).order_by("position", "pk"))
    products = seen_by(user).prefetch_related(variants, Prefetch("makers", ProductMaker.objects.all()))
    for product in products.order_by("pk"):
        for variant in product.variants.all() or [None]:
            yield [column.show(_value(column, product, variant)) for column in chosen]


def _value(column: Column, product: Product, variant: Any) -> Any:
    """``variant`` has ``counted``, or is None."""
    match column.name:
        case "sku":
            return variant.sku if variant else ""
        case "makers":
            return shares_of(product)
        case "on_hand" | "on_hand_then":
            return (variant.counted or 0) if variant and product.is_counted else None
        case name if name.startswith("option_") or name in {"price", "position"}:
            return getattr(variant, name) if variant else None
        case name:
            return getattr(product, name)


def known_as(typed: Mapping[str, Any]) -> str:
    """How a row of a table is told from others."""
    name = next((typed[column] for column in columns("name") if typed.get(column)), "")
    key = typed.get("sku") or typed.get("code") or ""
    return f"{key} {name}".strip()
