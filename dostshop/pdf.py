"""Printed documents: PDF/UA-1, tagged, in Noto Sans, which has every Azerbaijani and Cyrillic letter and ₼.

The layouts are ``templates/pdf/*.typ``, with no text of their own: they are handed values and words as JSON, so nothing
that somebody typed is ever read as markup. ``page.typ`` has what documents share. The same data gives the same bytes.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

import typst
from django.conf import settings
from django.http import HttpResponse
from django.utils.http import content_disposition_header

_FOLDER = settings.BASE_DIR / "templates" / "pdf"
_REPLACEMENT = "\ufffd"
# What the fonts hold. A standard that promises readable text allows no letter without a shape.
_LETTERS = (
    "0020-007E 00A0-017F 018F 0192 01A0-01A1 01AF-01B0 01C4-01DC 01E6-01E7 0218-021B 0259 02BB-02BC 02C6-02C7 "
    "02D8-02DD 0300-0304 0306-030C 0323 0327-0328 0370-0377 037A-037F 0384-038A 038C 038E-03A1 03A3-03CE "
    "0400-045F 0462-0463 046A-046B 0472-0475 048A-052F 1E00-1EF9 2010-2015 2018-201E 2020-2022 2026 202F-2030 "
    "2032-2033 2039-203A 20AC 20B4 20BA 20BC-20BE 2116 2122 FFFD"
)
_SPACES = {ord("\n"): "\n", ord("\r"): "", ord("\t"): " "}


def render(name: str, *, data: Mapping[str, Any], language: str, dated: datetime) -> bytes:
    """The document of layout ``name``: ``data`` with its words in ``language``, ``data["title"]`` among them.

    Letters of other scripts than Latin, Cyrillic and Greek come out as “�”.
    """
    inputs = {"data": json.dumps(_printable(data)), "language": language}
    document: Any = typst.compile(
        _FOLDER / f"{name}.typ",
        root=_FOLDER,
        font_paths=_fonts(),
        sys_inputs=inputs,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(dated.timestamp()),
    )
    return bytes(document)


def response(document: bytes, *, name: str, language: str) -> HttpResponse:
    """Shown by the browser, and named so, without its ending, where it is kept."""
    disposition = content_disposition_header(False, f"{name}.pdf") or ""
    headers = {"Content-Disposition": disposition, "Content-Language": language}
    return HttpResponse(document, content_type="application/pdf", headers=headers)


@cache
def letters() -> frozenset[str]:
    """Every character that comes out as itself."""
    found: set[str] = set()
    for part in _LETTERS.split():
        first, _dash, last = part.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return frozenset(found)


@cache
def _fonts() -> typst.Fonts:
    # The machine's own fonts differ from machine to machine.
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts"])


def _printable(value: Any) -> Any:
    match value:
        case str():
            return "".join(one if one in letters() else _SPACES.get(ord(one), _REPLACEMENT) for one in value)
        case Mapping():
            return {key: _printable(part) for key, part in value.items()}
        case list() | tuple():
            return [_printable(part) for part in value]
    return value
