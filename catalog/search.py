"""Search: the pieces that a shopper means by a few words in any of the three languages.

A piece is found by all of the words: in Azerbaijani by how a word begins, for its endings are many and nothing
stems them; in Russian and English by stems. A current collection with all the words in its name has its pieces found
with them. Where no piece has all of them, those with the likest words are found.
What is searched is ``SearchEntry``, which the database keeps in step with products and crafts.
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVectorField, TrigramWordSimilarity
from django.db.models import F, Func, QuerySet, TextField, Value

from catalog import wording
from catalog.availability import with_availability
from catalog.models import Collection, Product, Signpost

MOST_FOUND = 240
# A word that stands in more pieces than that says little; the newest of them are looked at.
MOST_RANKED = 1000
# Of ts_rank, from D to A: a word in a name outweighs the same word in all the other texts.
WEIGHTS = [0.0, 0.05, 0.2, 1.0]
# Of several words mistyped or unknown, a piece that has clearly fewer than the best one is not shown.
LIKE_ENOUGH = 0.75


@dataclass(frozen=True)
class Found:
    """Keys of the best published products: what can be bought now, then the rest; each part best first."""

    products: list[int] = field(default_factory=list)
    # No piece has all the words; these have words that look like them.
    is_close: bool = False

    @property
    def is_cut(self) -> bool:
        """There may be more."""
        return len(self.products) == MOST_FOUND


class Alike(Func):
    """Keys of the products that have a word which looks like one of those given; another function knows other rows."""

    function = "catalog_alike"
    template = "(SELECT %(function)s(%(expressions)s))"
    arity = 1

    def __init__(self, words: list[str], **extra: Any) -> None:
        given = Value(wording.telling(words), output_field=ArrayField(TextField()))
        super().__init__(given, **extra)


def find(typed: str) -> Found:
    """At most ``MOST_FOUND`` pieces, in one query, or two where words are mistyped or unknown."""
    words = wording.words_of(typed)
    if not words:
        return Found()
    products = _having(words)
    return Found(products) if products else Found(_alike(words), is_close=True)


def _having(words: list[str]) -> list[int]:
    newest = Product.objects.published().filter(search_entry__document=wording.all_of(words)).values("pk")
    curated = Product.objects.published().filter(collections__in=_collections_named(words)).values("pk")
    best = (
        # Only the rows that are kept are asked whether they can be bought: PostgreSQL leaves that for last.
        with_availability(Product.objects.filter(pk__in=newest[:MOST_RANKED].union(curated[:MOST_RANKED])))
        .annotate(rank=_rank(wording.beginnings_of(words)) + _rank(wording.stems_of(words)))
        .order_by("-rank", "-published_at", "-pk")
        .values_list("pk", "is_available")[:MOST_FOUND]
    )
    return _available_first(list(best))


def _collections_named(words: list[str]) -> QuerySet[Any, Any]:
    """Those shown at present whose name has all the words; its text does not count here."""
    in_name = Func(
        "document",
        function="ts_filter",
        template="%(function)s(%(expressions)s, '{a}')",
        output_field=SearchVectorField(),
    )
    posts = Signpost.objects.filter(collection__in=Collection.objects.current()).annotate(in_name=in_name)
    return posts.filter(in_name=wording.all_of(words)).values("collection")


def _available_first(found: list[tuple[int, bool]]) -> list[int]:
    """The keys; among those that can be bought, and among the others, in the order given."""
    return [key for key, is_available in sorted(found, key=lambda entry: not entry[1])]


def _rank(query: SearchQuery) -> SearchRank:
    return SearchRank(F("search_entry__document"), query, weights=WEIGHTS)


def _alike(words: list[str]) -> list[int]:
    best = list(
        with_availability(Product.objects.published().filter(pk__in=Alike(words)))
        .annotate(likeness=reduce(add, (TrigramWordSimilarity(word, "search_entry__words") for word in words)))
        .order_by("-likeness", "-published_at", "-pk")
        .values_list("pk", "is_available", "likeness")[:MOST_FOUND]
    )
    return _available_first(
        [(key, is_available) for key, is_available, likeness in best if likeness >= LIKE_ENOUGH * best[0][2]]
    )
