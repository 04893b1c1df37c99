"""Tables of makers as the shop knows them, known by their codes; nothing of the private records.

Promises: all or nothing. A maker who ever took something back is changed on the own page alone, for a table from before
would bring it in again. What a maker agreed to is decided by no table: texts are shown as far as the consents go.
Locks: makers, by primary key. Raises: ``OtherThanShown``, ``locks.Busy``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, cast

from django.conf import settings
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import Field, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from artisans import pseudonyms
from artisans.models import Artisan, ArtisanPrivate, Branch, Withdrawal
from catalog import legal_names
from dostshop import codes
from dostshop.accounts.models import User, branches_seen_by
from dostshop.exchange import plans, reading
from dostshop.exchange.columns import Column, Known, Row, Text, YesNo
from dostshop.exchange.kinds import Exported
from dostshop.exchange.plans import Parsed, Plan
from dostshop.exchange.reading import Table
from dostshop.translated import columns

TEXTS = ("display_name", "place", "affiliation", "story")
# Of a minor these tell no surname.
_TOLD = ("story", "place", "affiliation")
CHOICES = {"everything": gettext_lazy("Everything")}


@dataclass
class Maker:
    artisan: Artisan
    row: Parsed
    changed: set[str] = field(default_factory=set)
    # The address before.
    slug: str = ""

    @property
    def is_new(self) -> bool:
        return self.artisan.pk is None


def columns_for(user: User) -> list[Column]:
    branches = branches_seen_by(user)
    places = Branch.objects.all() if branches is None else Branch.objects.filter(pk__in=branches)
    return [
        Text(name="code", label=gettext_lazy("code of the maker"), most=40),
        Row(name="branch_id", label=_label("branch"), known=Known.of(places, names=(*columns("name"), "slug"))),
        Text(name="slug", label=_label("slug"), most=50, pattern=r"[-a-zA-Z0-9_]+"),
        YesNo(name="is_public", label=_label("is_public")),
        *(
            Text(name=f"{name}_{language}", label=_label(name), language=language, most=_field(name).max_length)
            for name in TEXTS
            for language in settings.MODELTRANSLATION_LANGUAGES
        ),
    ]


def _label(name: str) -> Any:
    return _field(name).verbose_name


def _field(name: str) -> "Field[Any, Any]":
    return cast("Field[Any, Any]", Artisan._meta.get_field(name))


def seen_by(user: User) -> QuerySet[Artisan]:
    branches = branches_seen_by(user)
    return Artisan.objects.all() if branches is None else Artisan.objects.filter(branch__in=branches)


def export(user: User, _choice: str) -> Exported:
    chosen = columns_for(user)
    return Exported([column.heading for column in chosen], _rows(user, chosen))


def _rows(user: User, chosen: list[Column]) -> Iterator[list[Any]]:
    for artisan in seen_by(user).order_by("pk"):
        yield [column.show(getattr(artisan, column.name)) for column in chosen]


def _known_as(typed: dict[str, Any]) -> str:
    name = next((typed[column] for column in columns("display_name") if typed.get(column)), "")
    return f"{typed.get('code') or ''} {name}".strip()


class MakersWork:
    def __init__(self, table: Table, user: User) -> None:
        self._table, self._user = table, user

    @classmethod
    def read(cls, file: IO[bytes], name: str, user: User) -> "MakersWork":
        return cls(reading.read(file.read(), name=name), user)

    def prepare(self) -> None:
        """Nothing leaves the database."""

    def dismiss(self) -> None:
        """Nothing did."""

    def compare(self, *, lock: bool) -> Plan:
        """At most eight queries, however many rows."""
        available = columns_for(self._user)
        self._columns = {column.name: column for column in available}
        sheet = plans.parse(self._table, available, key=("code",), name_of=_known_as)
        rows = [row for row in sheet.rows if row.values]
        self._makers = list(self._found(rows, lock=lock))
        for maker in self._makers:
            self._compare(maker, sheet)
        self._check_addresses()
        self._check_names()
        return sheet.plan()

    def _found(self, rows: list[Parsed], *, lock: bool) -> Iterator[Maker]:
        given = [codes.as_typed(str(row.values.get("code") or "")) for row in rows]
        known = seen_by(self._user).filter(code__in=given).order_by("pk")
        if lock:
            known = known.select_for_update(of=("self",), no_key=True)
        by_code = {one.code: one for one in known}
        for row, code in zip(rows, given, strict=True):
            if code and given.count(code) > 1:
                row.line.refuse(_("This code is there twice."), at=self._columns["code"])
            elif code in by_code:
                yield Maker(by_code[code], row, slug=by_code[code].slug)
            elif code:
                row.line.refuse(_("No maker of yours has this code. Leave it empty for a new maker."))
            else:
                row.line.is_new = True
                yield Maker(Artisan(), row)

    def _compare(self, maker: Maker, sheet: plans.Sheet) -> None:
        line, values = maker.row.line, maker.row.values
        for name, column in sheet.columns.items():
            if name == "code" or name not in values:
                continue
            if name in {"branch_id", "slug"} and not values[name]:
                line.refuse(_("This must not be empty."), at=column)
            elif line.compare(column, getattr(maker.artisan, name), values[name]):
                maker.changed.add(name)
                setattr(maker.artisan, name, values[name])
        if maker.is_new:
            if not self._user.has_perm("artisans.add_artisan"):
                line.refuse(_("You may change makers, and not add new ones."))
            for name in ("branch_id", "slug"):
                if name not in sheet.columns:
                    line.refuse(_("A new maker needs this."), at=self._columns[name])

    def _check_addresses(self) -> None:
        """A code is the address of its maker, once the name is taken back."""
        seen: set[str] = set()
        given = [maker.artisan.slug for maker in self._makers if "slug" in maker.changed]
        others = dict(Artisan.objects.filter(slug__in=given).values_list("slug", "pk"))
        by_code = dict(Artisan.objects.filter(code__in=[slug.upper() for slug in given]).values_list("code", "pk"))
        for maker in self._makers:
            slug, pk = maker.artisan.slug, maker.artisan.pk
            is_taken = others.get(slug, pk) != pk or by_code.get(slug.upper(), pk) != pk
            if "slug" in maker.changed and (is_taken or slug in seen):
                sentence = _("This address is kept for another maker. Choose another one.")
                maker.row.line.refuse(sentence, at=self._columns["slug"])
            seen.add(slug)

    def _check_names(self) -> None:
        pks = [maker.artisan.pk for maker in self._makers if maker.changed and not maker.is_new]
        private = ArtisanPrivate.objects.in_bulk(pks)
        took_back = set(Withdrawal.objects.filter(artisan__in=pks).values_list("artisan", flat=True))
        told = self._telling()
        for maker in self._makers:
            line, record = maker.row.line, private.get(maker.artisan.pk)
            if maker.artisan.pk in took_back:
                line.refuse(_("This maker took something back: change this on the maker's page, and not by a table."))
            if record and maker.artisan.tells(record):
                line.refuse(_("The name shown or the address tells the legal name. Let the maker choose a pseudonym."))
            for name in sorted(maker.changed):
                if record and record.is_minor and name.startswith(_TOLD) and self._tells_surname(maker, name, record):
                    line.refuse(_("This tells the surname of a minor. Leave it out."), at=self._columns[name])
                if (id(maker), name) in told:
                    sentence = _(
                        "This tells the legal name of a maker. Makers are named as they chose, and not otherwise."
                    )
                    line.refuse(sentence, at=self._columns[name])

    def _tells_surname(self, maker: Maker, name: str, record: ArtisanPrivate) -> bool:
        return pseudonyms.Text(getattr(maker.artisan, name) or "").tells_surname(record.legal_name)

    def _telling(self) -> list[tuple[int, str]]:
        texts = {
            (id(maker), name): getattr(maker.artisan, name)
            for maker in self._makers
            for name in maker.changed
            if name.startswith(_TOLD) and getattr(maker.artisan, name)
        }
        return legal_names.told_in(texts) if texts else []

    def carry_out(self) -> None:
        changed = [maker for maker in self._makers if maker.changed]
        for maker in changed:
            if maker.slug and "slug" in maker.changed:
                maker.artisan.remember_address(maker.slug)
            maker.artisan.save()
        for is_new, flag in ((True, ADDITION), (False, CHANGE)):
            pks = [maker.artisan.pk for maker in changed if (maker.slug == "") is is_new]
            if pks:
                done = Artisan.objects.filter(pk__in=pks)
                LogEntry.objects.log_actions(self._user.pk, done, flag, change_message=_("By a table"))
