"""Tables that people bring: XLSX from a spreadsheet, CSV from anything.

Promises: a file that is no such table, or is made to do harm, raises ``Unreadable`` with a sentence for whoever chose
it, and takes neither much time nor much memory. Every cell comes as text, as it was typed, or as ``Wrong`` where the
spreadsheet made something else of it.
"""

import csv
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from dostshop.spreadsheets import as_typed, writable

MOST_BYTES = 20_000_000
# Of what a spreadsheet's file unpacks to.
MOST_UNPACKED_BYTES = 200_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
# As many as an Excel cell holds; it cuts off what is longer and says nothing.
LONGEST_CELL = 32_767

# What openpyxl raises, each in its own way, when a file is not what it says.
_DAMAGE = (
    AttributeError,
    BadZipFile,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
_ERRORS_OF_SPREADSHEETS = re.compile(
    r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|ЗНАЧ!|ССЫЛКА!|ИМЯ\?|ДЕЛ/0!|Н/Д|ЧИСЛО!)"
)


class Unreadable(Exception):
    """The message says why, for whoever chose the file."""


@dataclass(frozen=True)
class Wrong:
    """A cell that the spreadsheet made something else of than was typed; the sentence says what."""

    sentence: str


type Cell = str | Wrong


@dataclass(frozen=True)
class Row:
    # As the spreadsheet numbers it: headings are the first.
    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Table:
    headings: list[str]
    rows: list[Row]


def read(content: bytes, *, name: str) -> Table:
    """The first sheet of the file; rows in which nothing stands are left out. Raises Unreadable."""
    if len(content) > MOST_BYTES:
        megabytes = MOST_BYTES // 1_000_000
        raise Unreadable(
            _("This file is larger than %(megabytes)s megabytes. Split the table.") % {"megabytes": megabytes}
        )
    if not content.strip():
        raise Unreadable(_("This file is empty. Choose another one."))
    match PurePath(name).suffix.lower():
        case ".xlsx":
            rows = _of_xlsx(content)
        case ".csv" | ".txt":
            rows = _of_csv(content)
        case _:
            raise Unreadable(
                _("The shop reads tables as XLSX or CSV. Save the table as one of these and choose it again.")
            )
    return _table(rows)


def _table(numbered: Iterable[Row]) -> Table:
    filled = [row for row in islice(numbered, MOST_ROWS + 2) if any(row.cells)]
    if not filled:
        raise Unreadable(_("There is nothing in this table. Its first row has the names of the columns."))
    if len(filled) > MOST_ROWS + 1:
        raise Unreadable(_("A table has at most %(most)s rows. Split it.") % {"most": MOST_ROWS})
    first, *rows = filled
    if first.number != 1 or not all(isinstance(cell, str) for cell in first.cells):
        raise Unreadable(_("The first row has the names of the columns, as in an exported table."))
    return Table([str(cell) for cell in first.cells], rows)


def _of_xlsx(content: bytes) -> Iterator[Row]:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(_("This table has a password, or is of an older Excel. Save it as XLSX without a password."))
    try:
        _check_package(content)
        book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            if any(cell.value is not None for cell in row):
                yield Row(number, _trimmed([_of_spreadsheet(cell.value, cell.data_type) for cell in row]))
    except _DAMAGE as error:
        raise Unreadable(
            _("This file is damaged, or is no XLSX table. Open it in a spreadsheet and save it anew as XLSX.")
        ) from error


def _trimmed(cells: list[Cell]) -> list[Cell]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _check_package(content: bytes) -> None:
    """Before anything is unpacked."""
    with ZipFile(BytesIO(content)) as package:
        parts = package.infolist()
        if sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
            raise Unreadable(_("This table unpacks to too much. Split it, or copy its values into a new one."))
        if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
            raise Unreadable(_("This table has macros. Save it as XLSX without them."))


def _of_spreadsheet(value: Any, kind: str) -> Cell:
    if kind == "f":
        return Wrong(_("Here is a formula. Put its value in its place."))
    match value:
        case None:
            return ""
        case float():
            return f"{Decimal(repr(value)).normalize():f}"
        case date() | time() | timedelta():
            return Wrong(_("The spreadsheet made a date of this. Format the cell as text, and type it once more."))
        case _:
            return _typed(str(value))


def _of_csv(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    first_line, _newline, rest = text.partition("\n")
    if re.fullmatch(r"sep=.\r?", first_line):
        # Excel's own word on what stands between the cells.
        delimiter, text, first = first_line[4], rest, 2
    else:
        delimiter, first = max(";,\t", key=first_line.count), 1
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=first):
            if any(cells):
                yield Row(number - first + 1, _trimmed([_typed(cell) for cell in cells[:MOST_COLUMNS]]))
    except csv.Error as error:
        line = reader.line_num + first - 1
        raise Unreadable(
            _("Line %(line)s cannot be read: a quotation mark is left open, or is too many.") % {"line": line}
        ) from error


def _decoded(content: bytes) -> str:
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            _("The letters of this table cannot be read. Save it as “CSV UTF-8”, or as XLSX, and choose it again.")
        ) from error
    if "\0" in text or text.lstrip().lower().startswith(("<!doctype", "<html", "<?xml")):
        raise Unreadable(_("This is no table. Save the table as XLSX or CSV and choose it again."))
    return text


def _typed(text: str) -> Cell:
    if len(text) >= LONGEST_CELL:
        return Wrong(_("This is longer than a spreadsheet's cell, which cuts it off. Change it on its page."))
    if "\ufffd" in text:
        return Wrong(_("Letters were lost here. Save the table as “CSV UTF-8”, or as XLSX."))
    if _ERRORS_OF_SPREADSHEETS.fullmatch(text):
        return Wrong(_("The spreadsheet says that it could not work this out. Type what is meant."))
    return as_typed(writable(text))
