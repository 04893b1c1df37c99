"""Tables as files that spreadsheets and accountants' programs read."""

import csv as files
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from django.utils import translation

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# Spreadsheets take a file without it for one of the machine's own alphabet.
BYTE_ORDER_MARK = "\ufeff"
# Text that begins so is a formula to a spreadsheet.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """What somebody typed, never a formula."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def write(rows: Iterable[Sequence[Any]], *, into: "SupportsWrite[str]") -> None:
    """As a spreadsheet in the language that is active opens it in columns.

    Where sums have a comma, as in Azerbaijani and Russian, semicolons stand between the cells.
    """
    in_english = translation.get_language() == "en"
    table = files.writer(into, delimiter="," if in_english else ";")
    for row in rows:
        table.writerow(row if in_english else [_with_comma(cell) for cell in row])


def _with_comma(cell: Any) -> Any:
    return str(cell).replace(".", ",") if isinstance(cell, Decimal) else cell


def csv(rows: Iterable[Sequence[Any]], *, headers: Sequence[str]) -> bytes:
    text = StringIO()
    write([headers, *rows], into=text)
    return (BYTE_ORDER_MARK + text.getvalue()).encode()
