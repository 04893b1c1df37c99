"""Which products and variants the rows of a table are about."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from catalog.models import Product, ProductMaker, Variant
from dostshop import codes
from dostshop.accounts.models import User, branches_seen_by
from dostshop.exchange.plans import Line, Parsed
from orders.exchange import pieces

# A new product may be written in several rows, one for each variant: with the same mark as its code.
MARK = "#"


@dataclass
class Piece:
    """A product with its rows, and what they make of it."""

    product: Product
    rows: list[Parsed] = field(default_factory=list)
    # None where they stay.
    makers: pieces.Shares | None = None
    changed: set[str] = field(default_factory=set)

    @property
    def line(self) -> Line:
        return self.rows[0].line

    @property
    def is_new(self) -> bool:
        return self.product.pk is None


@dataclass
class Goods:
    """A variant with its row."""

    variant: Variant
    piece: Piece
    row: Parsed
    changed: set[str] = field(default_factory=set)
    # What is on hand, and what is to be.
    counted: tuple[int, int] | None = None

    @property
    def is_new(self) -> bool:
        return self.variant.pk is None


class Finder:
    """Asks at most seven questions, however many rows; ``lock`` locks what it finds."""

    def __init__(self, rows: list[Parsed], user: User, *, lock: bool) -> None:
        self._rows = rows
        self._branches = branches_seen_by(user)
        self._times = Counter(_sku_of(row) for row in rows)
        skus, given = {_sku_of(row) for row in rows}, {_code_of(row) for row in rows}
        owners = Variant.objects.filter(sku__in=skus).values("product")
        known = Product.objects.filter(pk__in=owners) | Product.objects.filter(code__in=given)
        pks = set(known.values_list("pk", flat=True))
        products = Product.objects.filter(pk__in=pks).order_by("pk")
        variants = Variant.objects.filter(product__in=pks).order_by("pk")
        if lock:
            products = products.select_for_update(of=("self",), no_key=True)
            variants = variants.select_for_update(of=("self",), no_key=True)
        makers = Prefetch("makers", ProductMaker.objects.all())
        self._products = {one.pk: one for one in products.prefetch_related(makers)}
        self._by_code = {one.code: one for one in self._products.values()}
        self._variants = {one.sku: one for one in variants}
        self._pieces: dict[int | str, Piece] = {}

    def found(self) -> tuple[list[Piece], list[Goods]]:
        goods = [one for row in self._rows for one in self._goods_of(row)]
        return list(self._pieces.values()), goods

    def _goods_of(self, row: Parsed) -> Iterator[Goods]:
        """Of a row that is about no variant, none; what is wrong is said of its line."""
        sku, line = _sku_of(row), row.line
        if sku and self._times[sku] > 1:
            line.refuse(_("This SKU is there twice."))
        elif variant := self._variants.get(sku) if sku else None:
            if piece := self._piece_of(row, self._products[variant.product_id]):
                yield Goods(variant, piece, row)
        elif sku:
            if piece := self._piece_named(row):
                line.is_new = True
                yield Goods(Variant(product=piece.product, sku=sku), piece, row)
        elif _code_of(row) in self._by_code:
            self._of_product_alone(row)
        else:
            line.refuse(_("Type a SKU, by which the row is known."))

    def _of_product_alone(self, row: Parsed) -> None:
        self._piece_of(row, self._by_code[_code_of(row)])
        if any(row.values.get(name) for name in ("price", "on_hand", "option_az", "option_ru", "option_en")):
            row.line.refuse(_("Type a SKU: price, option and stock are a variant's."))

    def _piece_of(self, row: Parsed, product: Product) -> Piece | None:
        code = _code_of(row)
        if self._branches is not None and product.branch_id not in self._branches:
            row.line.refuse(_("This is a piece of another branch."))
        elif code and code != product.code:
            row.line.refuse(_("This SKU is of the product %(code)s.") % {"code": product.code})
        else:
            return self._add(product.pk, product, row)
        return None

    def _piece_named(self, row: Parsed) -> Piece | None:
        """A new variant's: of a product that is there, or a new one."""
        code = _code_of(row)
        if code in self._by_code:
            return self._piece_of(row, self._by_code[code])
        if code and not code.startswith(MARK):
            sentence = _("No product has this code. Leave it empty for a new product, or mark its rows %(mark)s1.")
            row.line.refuse(sentence % {"mark": MARK})
            return None
        return self._add(code or f"row {row.line.number}", Product(), row)

    def _add(self, key: int | str, product: Product, row: Parsed) -> Piece:
        piece = self._pieces.setdefault(key, Piece(product))
        piece.rows.append(row)
        return piece


def _sku_of(row: Parsed) -> str:
    return str(row.values.get("sku") or "")


def _code_of(row: Parsed) -> str:
    return codes.as_typed(str(row.values.get("code") or ""))
