"""Where the name of a maker stands in texts that the storefront shows: a person decides what it means there.

A name is found folded and whole, with the endings of any of the languages, as words of pity are. Once it was taken back
nothing keeps it: it is known again by marks of its words, in the texts in which it stood, while it stands there.
"""

import re
from collections import defaultdict
from collections.abc import Collection as Many
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.db.models import Func, Model, Q, QuerySet, TextField
from django.utils.functional import Promise

from artisans import dignity
from artisans.models import Artisan, Scope, Withdrawal, digest_of
from catalog.public_texts import PLACES, Place, together
from catalog.review import Branches
from dostshop.folding import fold
from dostshop.translated import columns

_OF_MAKERS = {Scope.STORY: "story", Scope.PLACE: "place", Scope.AFFILIATION: "affiliation"}
_EVERYWHERE = Branches(None)
_LONGEST_WORD = 60
# Letters on either side of the name, to see what is said of it.
_AROUND = 60


@dataclass(frozen=True)
class Mention:
    # A code or an address, which names nobody.
    known_by: str
    # “catalog.product 12”
    row: str


@dataclass(frozen=True)
class Standing:
    """A text that has the name in it now."""

    # On whose page it is mended.
    page: Model
    # For whoever may not open that page.
    title: str
    part: "str | Promise"
    field: "str | Promise"
    # What stands before the name, the name, and what stands after it, each time.
    words: list[tuple[str, str, str]]


def mentions(artisan: Artisan, names: Many[str], *, removed: Many[str]) -> list[Mention]:
    """What has one of the names in it, but for what goes with these scopes of the maker."""
    wanted = dignity.pattern_in_any_language(names) if names else ""
    return list(_found(artisan, wanted, removed)) if wanted else []


def _found(artisan: Artisan, wanted: str, removed: Many[str]) -> Iterator[Mention]:
    for place in PLACES:
        for rows, texts in _searched(place, artisan, removed):
            folded = Func(together(texts), function="fold", output_field=TextField())
            having = rows.alias(folded=folded).filter(folded__regex=wanted)
            for pk, known_by in having.values_list("pk", place.known_by):
                # An address may have the name in it too.
                code = f"#{pk}" if re.search(wanted, fold(known_by)) else known_by
                yield Mention(code, f"{place.model._meta.label_lower} {pk}")


def _searched(place: Place, artisan: Artisan, removed: Many[str]) -> list[tuple[QuerySet[Any], list[str]]]:
    """Rows, and their texts; of the maker's own only what stays."""
    rows = place.rows(_EVERYWHERE)
    if place.model is Artisan:
        kept = [column for scope, field in _OF_MAKERS.items() if scope not in removed for column in columns(field)]
        own = [(rows.filter(pk=artisan.pk), kept)] if kept else []
        return [(rows.exclude(pk=artisan.pk), _texts(place)), *own]
    shown_in = {"Photo": Q(people=artisan), "ArtisanPhoto": Q(artisan=artisan)}.get(place.model.__name__)
    return [(rows.exclude(shown_in) if shown_in and Scope.FACE in removed else rows, _texts(place))]


def _texts(place: Place) -> list[str]:
    """A maker who is called the same is somebody else."""
    return [column for column in place.texts() if not column.startswith("display_name")]


def marks(artisan: Artisan, names: Many[str]) -> list[list[list[str]]]:
    """For each name, for each of its words: by what a text is known to have it."""
    return [[_marks(artisan, word) for word in re.split(r"[\s-]+", name)] for name in sorted(names)]


def _marks(artisan: Artisan, word: str) -> list[str]:
    return sorted({_mark(artisan, spelled) for spelled in (fold(word), dignity.stem("ru", word))})


def _mark(artisan: Artisan, word: str) -> str:
    return digest_of(f"{artisan.code} {word}")


def standing(withdrawal: Withdrawal) -> list[Standing]:
    """The texts named in the report in which the name still stands. At most a query for each kind of row."""
    keys = defaultdict(list)
    for row in withdrawal.report.get("mentioned_rows", ()):
        label, _space, pk = row.partition(" ")
        keys[label].append(pk)
    return [
        found
        for place in PLACES
        if (wanted := keys.get(place.model._meta.label_lower))
        for row in place.rows(_EVERYWHERE).filter(pk__in=wanted)
        for found in _standing_in(place, row, withdrawal)
    ]


def _standing_in(place: Place, row: Any, withdrawal: Withdrawal) -> Iterator[Standing]:
    for column in _texts(place):
        text = getattr(row, column) or ""
        names = set(_known_again(text, withdrawal))
        if words := [_around(text, span) for span in dignity.spans_of_names(text, names)]:
            label = row._meta.get_field(column).verbose_name
            page = place.page_of(row)
            title = f"#{page.pk}" if any(dignity.spans_of_names(str(page), names)) else str(page)
            yield Standing(page, title, row._meta.verbose_name, label, words)


def _around(text: str, span: tuple[int, int]) -> tuple[str, str, str]:
    start, end = span
    before, after = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    return (
        f"…{before}" if start > _AROUND else before,
        text[start:end],
        f"{after}…" if len(text) > end + _AROUND else after,
    )


def _known_again(text: str, withdrawal: Withdrawal) -> Iterator[str]:
    there = {_mark(withdrawal.artisan, word): word for word in _beginnings(fold(text))}
    for name in withdrawal.report["name_marks"]:
        words: list[Iterable[str]] = [[there[mark] for mark in word if mark in there] for word in name]
        yield from (" ".join(chosen) for chosen in product(*words))


def _beginnings(folded: str) -> set[str]:
    """Whatever may be a word of a name, and what follows its ending."""
    found = set()
    for part in re.split(r"[\s-]+", folded):
        for start in (hit.start() for hit in re.finditer(r"(?<!\w)\w", part)):
            word = part[start : start + _LONGEST_WORD]
            found |= {word[:end] for end in range(1, len(word) + 1)}
    # Before an ending k is y, and q is g.
    return found | {f"{one[:-1]}{'k' if one[-1] == 'y' else 'q'}" for one in found if one[-1] in "yg"}
