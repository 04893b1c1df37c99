"""Where the name of a maker stands in texts that the storefront shows: a person decides what it means there.

A name is found folded and whole, with the endings of any of the languages, as words of pity are.
"""

import re
from collections.abc import Collection as Many
from collections.abc import Iterator
from typing import Any

from django.db.models import F, Func, Model, QuerySet, TextField, Value
from modeltranslation.translator import translator

from artisans import dignity
from artisans.models import Artisan, ArtisanPhoto, Branch, BranchPhoto, Scope
from catalog.models import Collection, CollectionPhoto, Craft, Photo, Product, Variant
from dostshop.folding import fold
from dostshop.pages.models import Page
from dostshop.translated import columns

# What is shown of each without being translated, and by what staff know it.
_PLACES: tuple[tuple[type[Model], tuple[str, ...], str], ...] = (
    (Product, ("slug",), "code"),
    (Variant, (), "product__code"),
    (Photo, (), "product__code"),
    (Collection, ("slug",), "slug"),
    (CollectionPhoto, (), "collection__slug"),
    (Craft, ("slug",), "slug"),
    (Branch, ("slug", "address"), "slug"),
    (BranchPhoto, (), "branch__slug"),
    (Page, ("slug", "search_words"), "slug"),
    (ArtisanPhoto, (), "artisan__code"),
)
_OF_MAKERS = {Scope.STORY: "story", Scope.PLACE: "place", Scope.AFFILIATION: "affiliation"}


def mentions(artisan: Artisan, names: Many[str], *, removed: Many[str]) -> list[str]:
    """Codes and addresses of what has one of the names in it, but for what goes with these scopes of the maker."""
    wanted = dignity.pattern_in_any_language(names) if names else ""
    return list(dict.fromkeys(_found(artisan, wanted, removed))) if wanted else []


def _found(artisan: Artisan, wanted: str, removed: Many[str]) -> Iterator[str]:
    for model, plain, key in _PLACES:
        fields = translator.get_options_for_model(model).all_fields
        texts = [column for field in fields for column in columns(field)] + [
            field for field in plain if field not in fields
        ]
        rows = _having(_but_of(model._default_manager.all(), artisan, removed), texts, wanted)
        for pk, known_by in rows.order_by("pk").values_list("pk", key):
            # An address may have the name in it too.
            yield f"#{pk}" if re.search(wanted, fold(known_by)) else known_by
    others = [column for field in _OF_MAKERS.values() for column in columns(field)]
    yield from _having(Artisan.objects.exclude(pk=artisan.pk), others, wanted).values_list("code", flat=True)
    own = [column for scope, field in _OF_MAKERS.items() if scope not in removed for column in columns(field)]
    if own:
        yield from _having(Artisan.objects.filter(pk=artisan.pk), own, wanted).values_list("code", flat=True)


def _but_of(rows: QuerySet[Model], artisan: Artisan, removed: Many[str]) -> QuerySet[Model]:
    if Scope.FACE not in removed:
        return rows
    match rows.model.__name__:
        case "Photo":
            return rows.exclude(people=artisan)
        case "ArtisanPhoto":
            return rows.exclude(artisan=artisan)
        case _:
            return rows


def _having(rows: QuerySet[Any], texts: list[str], wanted: str) -> QuerySet[Any]:
    text = Func(Value(" "), *(F(column) for column in texts), function="concat_ws", output_field=TextField())
    having: QuerySet[Any] = rows.alias(folded=Func(text, function="fold", output_field=TextField()))
    return having.filter(folded__regex=wanted)
