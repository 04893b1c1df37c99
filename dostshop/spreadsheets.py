"""Tables as files that spreadsheets and accountants' programs read."""

import csv as files
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from django.utils import translation
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

# Spreadsheets take a file without it for one of the machine's own alphabet.
BYTE_ORDER_MARK = "\ufeff"
# Text that begins so is a formula to a spreadsheet; behind an apostrophe it is none.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
# What a spreadsheet's file cannot hold.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
COLUMN_WIDTH = 22


def harmless(text: str) -> str:
    """What somebody typed, never a formula; see ``as_typed``."""
    return f"'{text}" if _FORMULA.match(text) else text


def as_typed(text: str) -> str:
    """What ``harmless`` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def writable(text: str) -> str:
    """As a cell can hold it: lines end in one way, and nothing stands around it."""
    return _UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


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


def xlsx(rows: Iterable[Sequence[Any]], *, headers: Sequence[str], title: str) -> bytes:
    """With its heading in sight however far one scrolls. Text is text, whatever it looks like."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number in range(len(headers)):
        sheet.column_dimensions[get_column_letter(number + 1)].width = COLUMN_WIDTH
    for row in [headers, *rows]:
        sheet.append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()
