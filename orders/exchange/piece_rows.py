"""What a table of pieces would change, and changing it.

Promises: all or nothing. Nothing is published by it and nothing leaves the shop; a piece in the shop keeps what it
needed to get there, no text tells the legal name of a maker, and makers' shares sum to 100. Stock is counted by
``orders/stock.py``: where the table says what was on hand when it was made, only the difference counts, so that a piece
sold meanwhile does not come back.
Locks: products, then variants, then stock, each by primary key. Raises: ``OtherThanShown``, ``locks.Busy``.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalog import availability, legal_names
from catalog.models import Product, ProductMaker, Variant
from dostshop.accounts.models import User
from dostshop.exchange import plans, reading
from dostshop.exchange.columns import Column
from dostshop.exchange.kinds import OtherThanShown
from dostshop.exchange.plans import Line, Parsed, Plan
from dostshop.exchange.reading import Table
from orders import stock
from orders.exchange import pieces
from orders.exchange.piece_finding import Finder, Goods, Piece

_BATCH = 500


class PiecesWork:
    def __init__(self, table: Table, user: User) -> None:
        self._table, self._user = table, user
        self._pieces: list[Piece] = []
        self._goods: list[Goods] = []

    @classmethod
    def read(cls, file: IO[bytes], name: str, user: User) -> "PiecesWork":
        return cls(reading.read(file.read(), name=name), user)

    def prepare(self) -> None:
        """Nothing leaves the database."""

    def dismiss(self) -> None:
        """Nothing did."""

    def compare(self, *, lock: bool) -> Plan:
        """At most 16 queries, however many rows."""
        self._columns = pieces.columns_for(self._user)
        sheet = plans.parse(self._table, self._columns.all(), key=pieces.KEYS, name_of=pieces.known_as)
        self._here = sheet.columns
        rows = [row for row in sheet.rows if not row.line.problems or row.values]
        self._refuse_what_is_not_theirs(sheet)
        self._pieces, self._goods = Finder(rows, self._user, lock=lock).found()
        for piece in self._pieces:
            self._compare_product(piece)
        for goods in self._goods:
            self._compare_variant(goods)
        self._compare_stock()
        self._refuse_legal_names()
        return sheet.plan()

    def _refuse_what_is_not_theirs(self, sheet: plans.Sheet) -> None:
        if sheet.rows and "on_hand" in self._here and not self._user.has_perm("orders.change_stock"):
            sheet.rows[0].line.refuse(_("You may not count stock: take this column out."), at=self._here["on_hand"])

    def _of(self, available: Iterable[Column]) -> Iterator[Column]:
        return (column for column in available if column.name in self._here)

    # --- Products ---

    def _compare_product(self, piece: Piece) -> None:
        product = piece.product
        if piece.is_new and not self._user.has_perm("catalog.add_product"):
            piece.line.refuse(_("You may change pieces, and not add new ones."))
        for column in self._of(self._columns.of_product):
            row, value = _said_of_product(piece, column)
            if row is None:
                continue
            if column.name == "makers":
                self._compare_makers(piece, row.line, column, value)
            elif column.name in {"kind", "craft_id", "branch_id"} and value is None:
                if not (piece.is_new and column.name == "kind"):
                    row.line.refuse(_("This must not be empty."), at=column)
            elif row.line.compare(column, getattr(product, column.name), value):
                piece.changed.add(column.name)
                setattr(product, column.name, value)
        self._check_product(piece)

    def _compare_makers(self, piece: Piece, line: Line, column: Column, value: pieces.Shares) -> None:
        before = () if piece.is_new else pieces.shares_of(piece.product)
        if line.compare(column, before, value):
            piece.makers = value
            piece.changed.add("makers")

    def _check_product(self, piece: Piece) -> None:
        product, line, of_name = piece.product, piece.line, self._column
        if piece.is_new:
            for name in ("craft_id", "branch_id", "name_az"):
                if not getattr(product, name) and not any(one.column == of_name(name).heading for one in line.problems):
                    line.refuse(_("A new piece needs this."), at=of_name(name))
        if product.kind == Product.Kind.MADE_TO_ORDER and not product.lead_time_days:
            line.refuse(_("Say how many days it takes to make."), at=of_name("lead_time_days"))
        if product.state != Product.State.PUBLISHED:
            return
        for name in ("name_az", "description_az", "weight_g"):
            if name in piece.changed and not getattr(product, name):
                line.refuse(_("This piece is in the shop and needs it."), at=of_name(name))
        if piece.makers == ():
            line.refuse(_("This piece is in the shop and needs it."), at=of_name("makers"))

    def _column(self, name: str) -> Column:
        return next(column for column in self._columns.all() if column.name == name)

    # --- Variants and stock ---

    def _compare_variant(self, goods: Goods) -> None:
        variant, line, values = goods.variant, goods.row.line, goods.row.values
        for column in self._of(self._columns.of_variant):
            if column.name not in values:
                continue
            value = values[column.name]
            if column.name == "price" and value is None:
                line.refuse(_("This must not be empty."), at=column)
            elif line.compare(column, getattr(variant, column.name), value):
                goods.changed.add(column.name)
                setattr(variant, column.name, value)
        if goods.is_new and "price" not in self._here:
            line.refuse(_("A new piece needs this."), at=self._column("price"))

    def _compare_stock(self) -> None:
        column = self._here.get("on_hand")
        if column is None:
            return
        pks = [goods.variant.pk for goods in self._goods if not goods.is_new]
        now = {one.pk: one for one in availability.with_stock(Variant.objects.filter(pk__in=pks))}
        for goods in self._goods:
            values, line = goods.row.values, goods.row.line
            count = values.get("on_hand")
            if count is None:
                continue
            if not goods.piece.product.is_counted:
                line.refuse(_("What is made to order has no stock: leave this empty."), at=column)
                continue
            found: Any = now.get(goods.variant.pk)
            on_hand, held = (found.on_hand, found.held) if found else (0, 0)
            then = values.get("on_hand_then")
            wanted = count if then is None else on_hand + count - then
            if line.compare(column, on_hand, wanted):
                goods.counted = (on_hand, wanted)
                if wanted < held:
                    sentence = _("Shoppers hold %(held)s of it: no fewer can be on hand.")
                    line.refuse(sentence % {"held": held}, at=column)

    # --- Names ---

    def _refuse_legal_names(self) -> None:
        owners: list[tuple[Any, Line, set[str]]] = [
            *((piece.product, piece.line, piece.changed) for piece in self._pieces),
            *((goods.variant, goods.row.line, goods.changed) for goods in self._goods),
        ]
        changed: dict[Any, tuple[Line, Column, str]] = {}
        for number, (row, line, names) in enumerate(owners):
            for name in names:
                if isinstance(text := getattr(row, name, None), str) and text:
                    changed[number, name] = line, self._column(name), text
        texts = {key: text for key, (_line, _column, text) in changed.items()}
        for key in legal_names.told_in(texts) if texts else ():
            line, column, _text = changed[key]
            line.refuse(
                _("This tells the legal name of a maker. Makers are named as they chose, and not otherwise."), at=column
            )

    # --- Carrying out ---

    def carry_out(self) -> None:
        """Raises OtherThanShown where something was sold, or held, at this very moment."""
        self._write_products()
        self._write_makers()
        new = [goods for goods in self._goods if goods.is_new]
        changed = [goods for goods in self._goods if goods.changed and not goods.is_new]
        for goods in new:
            goods.variant.product = goods.piece.product
        Variant.objects.bulk_create([goods.variant for goods in new], batch_size=_BATCH)
        _write(Variant.objects.all(), [goods.variant for goods in changed], _columns_of(changed))
        counted = {goods.variant.pk: goods.counted for goods in self._goods if goods.counted}
        try:
            if counted:
                stock.recount(counted)
        except (stock.CountedMeanwhile, stock.OutOfStock) as meanwhile:
            raise OtherThanShown from meanwhile

    def _write_products(self) -> None:
        with_other_goods = {id(goods.piece) for goods in self._goods if goods.changed}
        new = [piece for piece in self._pieces if piece.is_new]
        changed = [
            piece for piece in self._pieces if not piece.is_new and (piece.changed or id(piece) in with_other_goods)
        ]
        for piece in chain(new, changed):
            piece.product.fill_in_slug()
        Product.objects.bulk_create([piece.product for piece in new], batch_size=_BATCH)
        names = _columns_of(changed) - {"makers"} | {"slug", "updated_at"}
        _write(Product.objects.all(), [piece.product for piece in changed], names)
        self._note(new, ADDITION)
        self._note(changed, CHANGE)

    def _note(self, done: list[Piece], flag: int) -> None:
        """In the admin's history of each product."""
        if done:
            products = Product.objects.filter(pk__in=[piece.product.pk for piece in done])
            LogEntry.objects.log_actions(self._user.pk, products, flag, change_message=_("By a table"))

    def _write_makers(self) -> None:
        changed = [piece for piece in self._pieces if piece.makers is not None]
        ProductMaker.objects.filter(product__in=[piece.product.pk for piece in changed]).delete()
        ProductMaker.objects.bulk_create(
            (
                ProductMaker(product=piece.product, artisan_id=artisan, share=share)
                for piece in changed
                for artisan, share in piece.makers or ()
            ),
            batch_size=_BATCH,
        )


def _said_of_product(piece: Piece, column: Column) -> tuple[Parsed | None, Any]:
    """By the first row that says anything; the others say the same, or nothing."""
    said = [row for row in piece.rows if column.name in row.values]
    filled = [row for row in said if row.has({column.name})] or said[:1]
    for row in filled[1:]:
        if row.values[column.name] != filled[0].values[column.name]:
            sentence = _("Row %(row)s says something else of the same product.")
            row.line.refuse(sentence % {"row": filled[0].line.number}, at=column)
    return (filled[0], filled[0].values[column.name]) if filled else (None, None)


def _columns_of(things: Iterable[Piece] | Iterable[Goods]) -> set[str]:
    return {name for one in things for name in one.changed}


def _write(rows: QuerySet[Any], changed: list[Any], names: set[str]) -> None:
    """These columns of rows that are there and locked, in one statement for a few hundred."""
    fields = [name.removesuffix("_id") for name in names]
    if changed and fields:
        rows.bulk_create(changed, batch_size=_BATCH, update_conflicts=True, unique_fields=["id"], update_fields=fields)
