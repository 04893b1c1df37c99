"""Legal names of makers in texts that the shop shows: refused where they are written, listed where they are there.

They are looked for in every public text, of makers, of pieces and of everything else: nobody is named so anywhere. How
a name is known again, ``artisans/pseudonyms.py`` says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, Model, QuerySet, TextField, Value
from modeltranslation.translator import translator

from artisans import dignity, pseudonyms
from artisans.models import Artisan, ArtisanPhoto, ArtisanPrivate, Branch, BranchPhoto
from catalog.models import Collection, CollectionPhoto, Craft, Photo, Product, Variant
from catalog.review import Branches, Queue
from dostshop.pages.models import Page
from dostshop.translated import columns


@dataclass(frozen=True)
class _Place:
    """Texts of one kind; on whose page they are mended, and of which branch they are, if of one."""

    model: type[Model]
    owner: str = ""
    branch: str = ""
    plain: tuple[str, ...] = ()

    def texts(self) -> list[str]:
        translated = translator.get_options_for_model(self.model).all_fields
        return [*(column for field in translated for column in columns(field)), *self.plain]

    def rows(self, branches: Branches) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.order_by("pk")
        rows = rows.select_related(self.owner) if self.owner else rows
        return branches.of(rows, self.branch) if self.branch else rows if branches.keys is None else rows.none()


_PLACES = (
    _Place(Product, branch="branch", plain=("slug",)),
    _Place(Variant, owner="product", branch="product__branch"),
    _Place(Photo, owner="product", branch="product__branch"),
    _Place(Artisan, branch="branch"),
    _Place(ArtisanPhoto, owner="artisan", branch="artisan__branch"),
    _Place(Branch, branch="pk", plain=("slug",)),
    _Place(BranchPhoto, owner="branch", branch="branch"),
    _Place(Collection, plain=("slug",)),
    _Place(CollectionPhoto, owner="collection"),
    _Place(Craft, plain=("slug",)),
    _Place(Page, plain=("slug", "search_words")),
)


def told_in(texts: Mapping[str, str]) -> list[str]:
    """The keys of those texts that tell the legal name of a maker. One query."""
    names = _legal_names()
    return [key for key, text in texts.items() if _tells(text, names)]


def queue(branches: Branches) -> Queue[Model]:
    """What has a text in which a legal name stands, once each: the piece, the maker, the page. At most 12 queries.

    Of the spellings in the other script the database looks for none; the forms do.
    """
    names = _legal_names()
    wanted = dignity.written_names(pseudonyms.to_look_for(names))
    return Queue.of(list(dict.fromkeys(_found(branches, wanted, names)))) if wanted else Queue([], 0)


def _found(branches: Branches, wanted: str, names: Iterable[str]) -> Iterator[Model]:
    for place in _PLACES:
        texts = place.texts()
        written = Func(Value(" "), *map(F, texts), function="concat_ws", output_field=TextField())
        for row in place.rows(branches).alias(written=written).filter(written__regex=wanted):
            if any(_tells(getattr(row, text) or "", names) for text in texts):
                yield getattr(row, place.owner) if place.owner else row


def _tells(text: str, names: Iterable[str]) -> bool:
    read = pseudonyms.Text(text)
    return any(read.tells(name) for name in names)


def _legal_names() -> list[str]:
    return list(ArtisanPrivate.objects.values_list("legal_name", flat=True))
