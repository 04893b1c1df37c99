"""Legal names of makers in texts that the shop shows: refused where they are written, listed where they are there.

They are looked for in every public text, of makers, of pieces and of everything else: nobody is named so anywhere. How
a name is known again, ``artisans/pseudonyms.py`` says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, Model, QuerySet, TextField, Value

from artisans import dignity, pseudonyms
from artisans.models import ArtisanPrivate
from catalog.public_texts import PLACES, Place, together
from catalog.review import Branches, Queue


def told_in[Key](texts: Mapping[Key, str]) -> list[Key]:
    """The keys of those texts that tell the legal name of a maker. One query."""
    names = pseudonyms.Names(_legal_names())
    # Tables have the same text in many rows.
    telling = {text: pseudonyms.Text(text).tells_any(names) for text in set(texts.values())}
    return [key for key, text in texts.items() if telling[text]]


def queue(branches: Branches) -> Queue[Model]:
    """What has a text in which a legal name stands, once each: the piece, the maker, the page.

    Two queries, and one for each kind of page that is found. Of the spellings in the other script the database looks
    for none; the forms do.
    """
    names = _legal_names()
    wanted = dignity.written_names(pseudonyms.to_look_for(names))
    return Queue.of(_found(branches, wanted, names)) if wanted else Queue([], 0)


def _found(branches: Branches, wanted: str, names: Iterable[str]) -> list[Model]:
    first, *others = (_written(number, place, branches, wanted) for number, place in enumerate(PLACES))
    told = [
        (PLACES[number].kind_of_page, page)
        for number, _row, page, texts in sorted(first.union(*others, all=True).order_by())
        if any(_tells(text or "", names) for text in texts)
    ]
    keys = defaultdict(set)
    for kind, page in told:
        keys[kind].add(page)
    pages = {kind: kind._default_manager.in_bulk(keys[kind]) for kind in keys}
    return [pages[kind][page] for kind, page in dict.fromkeys(told)]


def _written(number: int, place: Place, branches: Branches, wanted: str) -> QuerySet[Any, Any]:
    """Number, key of the row, key of its page and texts, of what may have one of the names."""
    texts = place.texts()
    rows = place.rows(branches).order_by().alias(written=together(texts)).filter(written__regex=wanted)
    each = Func(*texts, template="ARRAY[%(expressions)s]::text[]", output_field=ArrayField(TextField()))
    page = F(f"{place.owner}__pk") if place.owner else F("pk")
    found: QuerySet[Any, Any] = rows.values_list(Value(number), F("pk"), page, each)
    return found


def _tells(text: str, names: Iterable[str]) -> bool:
    read = pseudonyms.Text(text)
    return any(read.tells(name) for name in names)


def _legal_names() -> list[str]:
    return list(ArtisanPrivate.objects.values_list("legal_name", flat=True))
