"""Files that people bring: what is read of them, and the sentence for those that cannot be."""

import csv
from collections.abc import Callable, Iterator
from datetime import date
from io import BytesIO, StringIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from openpyxl import Workbook

from dostshop import spreadsheets
from dostshop.exchange import reading
from dostshop.exchange.models import Import
from dostshop.exchange.reading import Cell, Unreadable, Wrong, read
from tests.admin.conftest import english
from tests.admin.test_rights import CENTRE, of


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def xlsx(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The package with a part in place of its own, or besides."""
    made = BytesIO()
    with ZipFile(BytesIO(content)) as before, ZipFile(made, "w", ZIP_DEFLATED) as after:
        for info in before.infolist():
            if info.filename != name:
                after.writestr(info, before.read(info))
        after.writestr(name, part)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaa">"""
    + b"".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 16}">'.encode() for n in range(9))
    + b"""]><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"
t="inlineStr"><is><t>&j;</t></is></c></row></sheetData></worksheet>"""
)
TABLE = xlsx(["SKU", "price"], ["A", 1])


def cells(content: bytes, name: str) -> list[list[Cell]]:
    return [list(row.cells) for row in read(content, name=name).rows]


@pytest.mark.parametrize("text", ["SKU;a\nX;ə\n", "sep=;\r\nSKU;a\r\nX;ə\r\n", "SKU,a\nX,ə\n", 'SKU\ta\nX\t"ə"'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_as_spreadsheets_save_it(text: str, encoding: str) -> None:
    table = read(text.encode(encoding), name="Cədvəl.CSV")
    assert (table.headings, [(row.number, list(row.cells)) for row in table.rows]) == (["SKU", "a"], [(2, ["X", "ə"])])


def test_rows_keep_the_numbers_that_the_spreadsheet_gives_them() -> None:
    assert [row.number for row in read(b'a,b\n\n"x\ny",1\n,\nz,2\n', name="a.csv").rows] == [3, 5]
    assert [row.number for row in read(xlsx(["a"], [], ["x"], [""], ["z"]), name="a.xlsx").rows] == [3, 5]


def test_cells_of_a_spreadsheet_are_read_as_they_were_typed() -> None:
    content = xlsx(["a", "b", "c", "d", "e"], ["007", 7, 7.0, 12.5, True], [" x ", None, 1e21, "'=1", "line\r\none"])
    assert cells(content, "a.xlsx") == [
        ["007", "7", "7", "12.5", "True"],
        ["x", "", f"1{'0' * 21}", "=1", "line\none"],
    ]


def test_what_a_spreadsheet_made_of_a_cell_is_told_and_not_taken() -> None:
    content = xlsx(["a", "b", "c", "d"], ["=1+1", date(2026, 2, 1), "#REF!", "x" * 32_767])
    assert all(isinstance(cell, Wrong) for cell in cells(content, "a.xlsx")[0])


@pytest.mark.parametrize(
    "text", ["=1+1", "+994", "-5", "@x", "\tx", "'=1", "''+", "'", "'a", "o'clock", "=\n", "", "-", "＝1", "'\t'"]
)
def test_no_cell_of_an_export_is_a_formula_and_each_comes_back(text: str) -> None:
    shown = spreadsheets.harmless(text)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert spreadsheets.as_typed(shown) == text
    assert cells(xlsx(["a"], [f"{shown}."]), "a.xlsx") == [[f"{text}."]]


def test_in_no_format_is_text_a_formula_to_the_spreadsheet() -> None:
    with ZipFile(BytesIO(spreadsheets.xlsx([[spreadsheets.harmless("=1+1")]], headers=["a"], title="t"))) as package:
        assert b"<f>" not in package.read(SHEET)
    [_heading, [cell]] = csv.reader(
        StringIO(spreadsheets.csv([[spreadsheets.harmless("=1+1")]], headers=["a"]).decode("utf-8-sig"))
    )
    assert cell == "'=1+1"


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"  \n", "This file is empty."),
    "nothing in it": ("a.xlsx", xlsx, "There is nothing in this table."),
    "headings below": ("a.xlsx", lambda: xlsx([], ["SKU"]), "The first row has the names of the columns"),
    "of another kind": ("a.ods", lambda: b"PK", "The shop reads tables as XLSX or CSV."),
    "a page named xlsx": ("a.xlsx", lambda: b"<html><table></table></html>", "This file is damaged, or is no XLSX"),
    "a page named csv": ("a.csv", lambda: b"<html><table></table></html>", "This is no table."),
    "a picture named csv": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n\0\0", "The letters of this table cannot be read."),
    "a table named csv": ("a.csv", lambda: TABLE, "The letters of this table cannot be read."),
    "cut off": ("a.xlsx", lambda: TABLE[: len(TABLE) // 2], "This file is damaged"),
    "a part damaged": ("a.xlsx", lambda: with_part(TABLE, SHEET, b"<worksheet"), "This file is damaged"),
    "no sheet": ("a.xlsx", lambda: with_part(TABLE, "[Content_Types].xml", b"<x/>"), "This file is damaged"),
    "another archive": ("a.xlsx", lambda: with_part(b"PK\5\6" + b"\0" * 18, "a.txt", b"x"), "This file is damaged"),
    "with a password": (
        "a.xlsx",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "This table has a password",
    ),
    "with macros": ("a.xlsx", lambda: with_part(TABLE, "xl/vbaProject.bin", b"x"), "This table has macros."),
    "a bomb": ("a.xlsx", lambda: with_part(TABLE, SHEET, b" " * 201_000_000), "This table unpacks to too much."),
    "a bomb of entities": ("a.xlsx", lambda: with_part(TABLE, SHEET, BOMB), "This file is damaged"),
    "a quotation mark left open": ("a.csv", lambda: b'a,b\n"x,1\ny,2', "Line 3 cannot be read"),
    "letters of Windows": (
        "a.csv",
        lambda: "ad;qış".encode("cp1254"),
        "The letters of this table",
    ),
    "Cyrillic of Windows": ("a.csv", lambda: "имя;цена".encode("cp1251"), "The letters of this table"),
    "too long": ("a.csv", lambda: b"a\n" + b"x\n" * 20_001, "A table has at most 20000 rows."),
    "a million rows": ("a.csv", lambda: b"a\n" + b"x\n" * 1_000_000, "A table has at most 20000 rows."),
    "a million cells in a row": ("a.csv", lambda: b"," * 1_000_000, "There is nothing in this table."),
    "heavy": ("a.csv", lambda: b"x" * 50_000_000, "This file is larger than 20 megabytes."),
}


@pytest.mark.parametrize("case", BAD)
def test_each_bad_file_has_its_sentence(case: str) -> None:
    name, content, sentence = BAD[case]
    with pytest.raises(Unreadable) as refusal:
        read(content(), name=name)
    assert str(refusal.value).startswith(sentence)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.exe", b"MZ", "Choose a file of this kind: XLSX, CSV."),
        ("a.csv", b"", "This file is empty."),
        ("a.csv", b"x" * 21_000_000, "This file is larger than 20 megabytes."),
    ],
)
def test_what_is_wrong_at_once_is_said_at_once(name: str, content: bytes, sentence: str) -> None:
    answer = of(CENTRE).post(english("exchange_import_bring", "pieces"), {"file": SimpleUploadedFile(name, content)})
    assert sentence in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_what_is_wrong_with_the_inside_is_said_on_the_imports_page() -> None:
    from tests.exchange.bringing import bring

    staff = of(CENTRE)
    brought = bring(staff, b"<html>", name="a.xlsx")
    assert brought.state == Import.State.UNREADABLE
    assert "This file is damaged" in staff.get(english("exchange_import_change", brought.pk)).content.decode()
    assert reading.MOST_ROWS >= 5000
