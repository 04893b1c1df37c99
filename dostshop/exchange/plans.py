"""What the rows of a table would do: shown to a person first, and then done, just so or not at all."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from dostshop.exchange.columns import Column, NotUnderstood, by_headings, key_of
from dostshop.exchange.reading import Cell, Table, Wrong


@dataclass(frozen=True)
class Change:
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Problem:
    # Empty where it is the row as a whole.
    column: str
    sentence: str


@dataclass
class Line:
    """A row that changes something, or cannot be understood."""

    number: int
    name: str = ""
    is_new: bool = False
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, sentence: str, *, at: Column | None = None) -> None:
        self.problems.append(Problem(at.heading if at else "", sentence))

    def compare(self, column: Column, before: Any, after: Any) -> bool:
        """Notes the difference, if there is one that a person could see."""
        if before == after:
            return False
        told = column.told(before), column.told(after)
        if told[0] != told[1]:
            self.changes.append(Change(column.heading, *told))
        return told[0] != told[1]


@dataclass(frozen=True)
class Plan:
    # In the order of the table.
    lines: list[Line]
    # Of the table, those too that change nothing.
    rows: int

    @property
    def is_possible(self) -> bool:
        return not any(line.problems for line in self.lines)

    @property
    def told(self) -> list[Line]:
        return [line for line in self.lines if line.is_new or line.changes or line.problems]

    @property
    def digest(self) -> str:
        """Of everything that a person was shown."""
        told = json.dumps([asdict(line) for line in self.told], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass
class Parsed:
    """A row of the table: what was understood of it, by the names of the columns."""

    line: Line
    values: dict[str, Any]

    def has(self, names: Collection[str]) -> bool:
        """Whether anything stands in these columns."""
        return any(self.values.get(name) not in {None, "", False, ()} for name in names)


@dataclass(frozen=True)
class Sheet:
    columns: Mapping[str, Column]
    rows: list[Parsed]

    def plan(self) -> Plan:
        return Plan([row.line for row in self.rows], len(self.rows))


def parse(
    table: Table, columns: Iterable[Column], *, key: Collection[str], name_of: Callable[[dict[str, Any]], str]
) -> Sheet:
    """``key``: by these columns a row is known; one of them must be there."""
    headings = by_headings(columns)
    found = [headings.get(key_of(heading)) if heading else None for heading in table.headings]
    wrong = Line(1, problems=list(_wrong_headings(table, found)))
    here = {column.name: column for column in found if column}
    if not here.keys() & set(key):
        names = ", ".join(headings[key_of(name)].heading for name in key)
        wrong.refuse(_("By one of these columns the rows are known: %(names)s.") % {"names": names})
    if wrong.problems:
        return Sheet(here, [Parsed(wrong, {})])
    # A row ends with the last cell in which anything stands.
    rows = [_parsed(row.number, list(zip_longest(found, row.cells, fillvalue="")), name_of) for row in table.rows]
    return Sheet(here, rows)


def _wrong_headings(table: Table, found: list[Column | None]) -> Iterable[Problem]:
    seen = set()
    filled = {place for row in table.rows for place, cell in enumerate(row.cells) if cell}
    for place, column in enumerate(found):
        heading = table.headings[place]
        if column is None and heading:
            yield Problem(
                heading, _("The shop knows no column of this name. Take it out, or name it as in an exported table.")
            )
        elif column is None and place in filled:
            yield Problem("", _("Column %(number)s has no name.") % {"number": place + 1})
        elif column and column.name in seen:
            yield Problem(heading, _("This column is there twice."))
        seen.add(column.name if column else "")
    if filled and max(filled) >= len(found):
        yield Problem("", _("Column %(number)s has no name.") % {"number": max(filled) + 1})


def _parsed(number: int, cells: list[tuple[Any, Cell]], name_of: Callable[[dict[str, Any]], str]) -> Parsed:
    row = Parsed(Line(number), {})
    for column, cell in cells:
        if column is None or column.is_note:
            continue
        if isinstance(cell, Wrong):
            row.line.refuse(cell.sentence, at=column)
            continue
        try:
            row.values[column.name] = column.parse(cell)
        except NotUnderstood as problem:
            row.line.refuse(str(problem), at=column)
    row.line.name = name_of(row.values)
    return row
