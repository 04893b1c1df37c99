"""Tables as files that spreadsheets and accountants' programs read."""

from collections.abc import Iterable, Sequence
from typing import Any

import tablib

# Spreadsheets take a file without it for one of the machine's own alphabet.
BYTE_ORDER_MARK = "\ufeff"
# Text that begins so is a formula to a spreadsheet.
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """What somebody typed, never a formula."""
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text


def csv(rows: Iterable[Sequence[Any]], *, headers: Sequence[str]) -> bytes:
    text: str = tablib.Dataset(*rows, headers=headers).export("csv")
    return (BYTE_ORDER_MARK + text).encode()
