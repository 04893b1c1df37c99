"""Printed documents: readable by people, by machines and by screen readers."""

import shutil
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from dostshop import pdf, qr

LAYOUT = """
#import "page.typ": *
#show: sheet.with(foot: [#data.foot])
= #data.title
#data.text
#listing(columns: (1fr, auto), names: data.names, rows: data.rows)
#facts(data.facts)
#if "qr" in data { image(bytes(data.qr), format: "svg", alt: data.foot, width: 20mm) }
"""
SAMPLE = {
    "title": "Qaimə",
    "foot": "DOST",
    "text": "",
    "names": ["Parça", "Cəmi"],
    "rows": [["Badyə", "38,00 ₼"]],
    "facts": [["Kod", "ACDEF"]],
}
NOON = datetime(2026, 3, 20, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(pdf._FOLDER, tmp_path / "pdf")
    (tmp_path / "pdf" / "sample.typ").write_text(LAYOUT)
    monkeypatch.setattr(pdf, "_FOLDER", tmp_path / "pdf")


def printed(language: str = "az", **changes: Any) -> PdfReader:
    return PdfReader(BytesIO(pdf.render("sample", data={**SAMPLE, **changes}, language=language, dated=NOON)))


def text_of(document: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in document.pages)


def catalogue_of(document: PdfReader) -> Any:
    return document.trailer["/Root"]


@pytest.mark.parametrize(
    "text", ["Ə ə Ğ ğ İ ı Ş ş Ç ç Ö ö Ü ü 1 250,00 ₼", "Съешь же ещё этих мягких булок, № 5", "Müəllim “Şəki” – 5 €"]
)
def test_every_letter_is_in_the_text(text: str) -> None:
    assert text in text_of(printed(text=text))


@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_the_fonts_hold_what_they_promise(weight: str) -> None:
    letters = "".join(sorted(one for one in pdf.letters() if one.isprintable()))
    (pdf._FOLDER / "sample.typ").write_text(LAYOUT.replace("#data.text", f'#text(weight: "{weight}", data.text)'))
    # A letter without a shape is an error of the standard.
    printed(text=letters)


def test_it_is_tagged_and_says_its_title_and_language() -> None:
    document = printed("ru", title="Счёт № 1")
    catalogue = catalogue_of(document)
    assert str(catalogue["/Lang"]).startswith("ru")
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert document.metadata is not None
    assert document.metadata.title == "Счёт № 1"
    assert "pdfuaid:part>1<" in catalogue["/Metadata"].get_data().decode()
    assert {"/H1", "/Table", "/TH", "/TD"} <= set(tags(catalogue["/StructTreeRoot"]))


def tags(node: Any) -> list[str]:
    children = node.get("/K", []) if isinstance(node, DictionaryObject) else []
    children = children if isinstance(children, list) else [children]
    found = [str(node["/S"])] if isinstance(node, DictionaryObject) and "/S" in node else []
    return [
        *found,
        *(tag for child in children for tag in tags(child.get_object() if hasattr(child, "get_object") else child)),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        '#read("page.typ")',
        '"] } #panic("out") [',
        "$x$ *bold* _it_ = Heading\n== Two",
        "\\u{41} // comment /* more",
        '{"data": 1}',
        "</text> & <b>",
    ],
)
def test_what_somebody_typed_stays_text(typed: str) -> None:
    shown = text_of(printed(text=typed, rows=[[typed, "1"]], title=typed))
    for word in typed.split():
        assert shown.count(word) >= 3, word


@pytest.mark.parametrize("typed", ["李小龙", "ליאה", "👍", "\x01\x7f", "\u202e"])
def test_letters_that_the_fonts_lack_stop_no_document(typed: str) -> None:
    assert f"Name: {'�' * len(typed)}." in text_of(printed(text=f"Name: {typed}."))


def test_the_same_data_gives_the_same_bytes() -> None:
    one, other = (pdf.render("sample", data=SAMPLE, language="az", dated=NOON) for _ in range(2))
    assert one == other


def test_a_long_list_names_its_columns_on_every_page() -> None:
    document = printed(rows=[[f"Parça {number}", "38,00 ₼"] for number in range(120)])
    assert len(document.pages) > 2
    assert all("Cəmi" in page.extract_text() for page in document.pages[:-1])
    assert f"2 / {len(document.pages)}" in document.pages[1].extract_text()


def test_a_code_for_cameras_is_a_picture_with_a_name() -> None:
    document = printed(qr=qr.svg("https://example.org/"), foot="Receipt")
    assert "/Figure" in tags(catalogue_of(document)["/StructTreeRoot"])
    assert "style=" not in qr.svg("https://example.org/")
