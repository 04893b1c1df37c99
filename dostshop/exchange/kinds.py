"""What can be imported and exported: the apps above register their kinds of tables here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from dostshop.accounts.models import User
from dostshop.exchange.plans import Plan

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class OtherThanShown(Exception):
    """Something has changed since a person looked at the plan: it is to be looked at anew."""


class Work(Protocol):
    """A file that was read, and what it would do."""

    def compare(self, *, lock: bool) -> Plan:
        """With the rows as they are now; ``lock`` keeps them so until the transaction ends."""

    def prepare(self) -> None:
        """What must not happen inside a transaction, before it."""

    def carry_out(self) -> None:
        """What was compared last, in its transaction. Raises OtherThanShown."""

    def dismiss(self) -> None:
        """Undoes ``prepare`` where the transaction failed."""


@dataclass(frozen=True)
class Exported:
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True)
class Kind:
    name: str
    title: "StrOrPromise"
    # What a person should know who brings such a file.
    note: "StrOrPromise"
    may_import: Callable[[User], bool]
    may_export: Callable[[User], bool] = field(default=lambda _user: False)
    # Of a file: content, its name, and who brings it. Raises reading.Unreadable.
    open: Callable[[IO[bytes], str, User], Work] | None = None
    # Which columns, by key.
    choices: Mapping[str, "StrOrPromise"] = field(default_factory=dict)
    export: Callable[[User, str], Exported] | None = None
    suffixes: tuple[str, ...] = (".xlsx", ".csv")
    most_bytes: int = 20_000_000


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def all_kinds() -> list[Kind]:
    return list(_kinds.values())


def named(name: str) -> Kind:
    """Raises KeyError."""
    return _kinds[name]
