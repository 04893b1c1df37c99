"""The rules that the style sheets keep."""

import re
from pathlib import Path

PARTS = Path(__file__).resolve().parent.parent.parent / "static" / "css"


def test_every_component_is_in_the_shops_sheet() -> None:
    entry = (PARTS / "shop.css").read_text()

    assert [part.name for part in (PARTS / "components").iterdir() if f"components/{part.name}" not in entry] == []


def test_colours_are_named_in_one_place() -> None:
    assert [part.name for part in PARTS.rglob("*.css") if "#" in part.read_text() and part.name != "tokens.css"] == []


def test_sizes_are_named_in_one_place() -> None:
    """But for the widths at which the layout changes, for which a name cannot stand."""
    parts = [part for part in PARTS.rglob("*.css") if part.name != "tokens.css"]
    sizes = {
        part.name: re.findall(r"\b\d[\d.]*(?:rem|px)\b", re.sub("@media.*", "", part.read_text())) for part in parts
    }
    assert {name: found for name, found in sizes.items() if found} == {}
