"""Legal names of makers in texts that the shop shows: refused where they are written, listed where they are there.

They are looked for in every public text, of makers, of pieces and of everything else: nobody is named so anywhere. How
a name is known again, ``artisans/pseudonyms.py`` says.
"""

from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Model

from artisans import dignity, pseudonyms
from artisans.models import ArtisanPrivate
from catalog.public_texts import PLACES, together
from catalog.review import Branches, Queue


def told_in[Key](texts: Mapping[Key, str]) -> list[Key]:
    """The keys of those texts that tell the legal name of a maker. One query."""
    names = pseudonyms.Names(_legal_names())
    # Tables have the same text in many rows.
    telling = {text: pseudonyms.Text(text).tells_any(names) for text in set(texts.values())}
    return [key for key, text in texts.items() if telling[text]]


def queue(branches: Branches) -> Queue[Model]:
    """What has a text in which a legal name stands, once each: the piece, the maker, the page. At most 12 queries.

    Of the spellings in the other script the database looks for none; the forms do.
    """
    names = _legal_names()
    wanted = dignity.written_names(pseudonyms.to_look_for(names))
    return Queue.of(list(dict.fromkeys(_found(branches, wanted, names)))) if wanted else Queue([], 0)


def _found(branches: Branches, wanted: str, names: Iterable[str]) -> Iterator[Model]:
    for place in PLACES:
        texts = place.texts()
        for row in place.rows(branches).alias(written=together(texts)).filter(written__regex=wanted):
            if any(_tells(getattr(row, text) or "", names) for text in texts):
                yield place.page_of(row)


def _tells(text: str, names: Iterable[str]) -> bool:
    read = pseudonyms.Text(text)
    return any(read.tells(name) for name in names)


def _legal_names() -> list[str]:
    return list(ArtisanPrivate.objects.values_list("legal_name", flat=True))
