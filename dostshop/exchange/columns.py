"""What a column of a table holds: how it is headed, read and shown, in each of the shop's languages.

A table is understood whatever language its headings and its words are in; it is written in the one that is active.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Choices
from django.utils import translation
from django.utils.translation import gettext as _

from dostshop import money, spreadsheets
from dostshop.folding import fold

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_YES = {"1", "true", "yes", "y", "beli", "he", "да", "x", "+"}
_NO = {"", "0", "false", "no", "n", "xeyr", "yox", "нет", "-"}


class NotUnderstood(ValueError):
    """The message says what may stand in such a cell."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """``name`` is known to the code, and to tables in no language."""

    name: str
    label: "StrOrPromise"
    # Of a text that there is in several.
    language: str = ""
    # Whether what stands there is only told, and read again by nobody.
    is_note: bool = False

    @property
    def heading(self) -> str:
        return f"{self.label} ({self.language})" if self.language else str(self.label)

    def parse(self, cell: str) -> Any:
        """Raises NotUnderstood."""
        return cell

    def show(self, value: Any) -> Any:
        """For a file: text, a number, or nothing."""
        return spreadsheets.harmless(spreadsheets.writable(value or ""))

    def told(self, value: Any) -> str:
        """For a person who decides."""
        shown = self.show(value)
        return "" if shown is None else spreadsheets.as_typed(str(shown))


@dataclass(frozen=True, kw_only=True)
class Text(Column):
    most: int | None = None
    pattern: str = ""

    def parse(self, cell: str) -> str:
        if self.most and len(cell) > self.most:
            sentence = _("At most %(most)s characters; this has %(count)s.")
            raise NotUnderstood(sentence % {"most": self.most, "count": len(cell)})
        if self.pattern and cell and not re.fullmatch(self.pattern, cell):
            raise NotUnderstood(_("Latin letters, digits and dashes only."))
        return cell


@dataclass(frozen=True, kw_only=True)
class Whole(Column):
    """A whole number; None where nothing stands, unless ``empty`` says otherwise."""

    least: int = 0
    most: int = 32_767
    empty: int | None = None

    def parse(self, cell: str) -> int | None:
        digits = re.sub(r"[\s\u00a0\u202f]", "", cell)
        if not digits:
            return self.empty
        if not re.fullmatch(r"-?[0-9]{1,9}", digits) or not self.least <= int(digits) <= self.most:
            raise NotUnderstood(
                _("A whole number from %(least)s to %(most)s.") % {"least": self.least, "most": self.most}
            )
        return int(digits)

    def show(self, value: Any) -> Any:
        return value


@dataclass(frozen=True, kw_only=True)
class Sum(Column):
    """Manat and qəpik, with a comma or a point; None where nothing stands."""

    most: Decimal = Decimal("9999999.99")

    def parse(self, cell: str) -> Decimal | None:
        typed = re.sub(rf"[\s\u00a0\u202f]|{money.SYMBOL}|{money.CURRENCY}", "", cell)
        if not typed:
            return None
        try:
            amount = Decimal(typed.replace(",", ".")) if re.fullmatch(r"-?[0-9]+([.,][0-9]+)?", typed) else None
        except InvalidOperation:
            amount = None
        if amount is None:
            raise NotUnderstood(_("Type the sum in digits, in manat, such as 25,50."))
        # Three digits after a comma may be thousands to whoever typed them.
        if len(re.split("[.,]", typed)[-1]) > 2 and re.search("[.,]", typed):
            raise NotUnderstood(_("Type the sum with two digits at most after the comma."))
        if not money.CENT <= amount <= self.most:
            raise NotUnderstood(_("Type a sum from 0,01 to %(most)s manat.") % {"most": money.number(self.most)})
        return money.rounded(amount)

    def show(self, value: Any) -> Any:
        return value

    def told(self, value: Any) -> str:
        return "" if value is None else money.text(value)


@dataclass(frozen=True, kw_only=True)
class YesNo(Column):
    def parse(self, cell: str) -> bool:
        word = fold(cell)
        if word not in _YES | _NO:
            raise NotUnderstood(_("Type “yes” or “no”."))
        return word in _YES

    def show(self, value: Any) -> Any:
        return _("yes") if value else _("no")


@dataclass(frozen=True, kw_only=True)
class OneOf(Column):
    """One of a few, by its word in any language."""

    choices: type[Choices]

    def parse(self, cell: str) -> str | None:
        if not cell:
            return None
        found = _words(self.choices).get(_key(cell))
        if found is None:
            raise NotUnderstood(_("One of: %(words)s.") % {"words": ", ".join(map(str, self.choices.labels))})
        return found

    def show(self, value: Any) -> Any:
        return "" if value is None else str(self.choices(value).label)


@cache
def _words(choices: type[Choices]) -> dict[str, str]:
    found = {_key(value): value for value in choices.values}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {_key(str(label)): value for value, label in choices.choices}
    return found


@dataclass(frozen=True)
class Known:
    """Rows by their names in every language and by their addresses; a name that two have is nobody's."""

    keys: Mapping[str, int]
    shown: Mapping[int, str]

    @classmethod
    def of(cls, rows: Iterable[Any], *, names: Sequence[str]) -> "Known":
        """``names`` are columns; the last of them is each row's own."""
        rows = list(rows)
        found: dict[str, set[int]] = {}
        for row in rows:
            for name in names:
                if text := getattr(row, name):
                    found.setdefault(_key(text), set()).add(row.pk)
        keys = {key: next(iter(pks)) for key, pks in found.items() if len(pks) == 1}
        shown = {
            row.pk: str(row) if keys.get(_key(str(row))) == row.pk else str(getattr(row, names[-1])) for row in rows
        }
        return cls(keys, shown)


@dataclass(frozen=True, kw_only=True)
class Row(Column):
    """Another row of the shop, by its name; as a value, its primary key."""

    known: Known = field(default_factory=lambda: Known({}, {}))

    def parse(self, cell: str) -> int | None:
        if not cell:
            return None
        found = self.known.keys.get(_key(cell))
        if found is None:
            names = ", ".join(sorted(self.known.shown.values())[:12])
            raise NotUnderstood(_("Nothing is called so. There are: %(names)s.") % {"names": names})
        return found

    def show(self, value: Any) -> Any:
        return "" if value is None else spreadsheets.harmless(self.known.shown.get(value, ""))


def by_headings(columns: Iterable[Column]) -> dict[str, Column]:
    """Under the heading in each language, and the name; see ``key_of``."""
    columns = list(columns)
    found = {key_of(column.name): column for column in columns}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found |= {key_of(column.heading): column for column in columns}
    return found


def key_of(heading: str) -> str:
    """By which a heading is known: small differences of spelling make none."""
    return re.sub(r"[\W_]+", "", fold(heading))


def _key(word: str) -> str:
    return " ".join(fold(word).split())
