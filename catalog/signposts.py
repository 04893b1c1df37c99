"""Signposts: what typed words mean besides pieces, as links above those found.

They lead to crafts, collections, branches, makers and information pages.

Makers come through ``PublicArtisan`` alone, and are known by the name shown and by nothing else: who may not be named
is not led to.
"""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchRank, TrigramWordSimilarity
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from artisans.models import Channel
from artisans.models.public import is_named
from catalog import wording
from catalog.listing import crafts_and_techniques_with_pieces
from catalog.models import Collection, Signpost
from catalog.search import LIKE_ENOUGH, WEIGHTS, Alike

MOST_SHOWN = 6
# What is only alike fits by 1 at the most.
HAS_ALL = 2.0


@dataclass(frozen=True)
class Signs:
    """At most ``MOST_SHOWN``, best first."""

    posts: list[Signpost] = field(default_factory=list)
    # None has all the words; these have words that look like them, where such were wanted.
    is_close: bool = True


def find(typed: str, *, or_alike: bool) -> Signs:
    """What has all the words, in one query; where nothing has, what is alike if that is wanted."""
    words = wording.words_of(typed)
    if not words:
        return Signs()
    fitting = Signpost.objects.filter(document=wording.all_of(words)).values("pk")
    if or_alike:
        alike = Signpost.objects.filter(pk__in=Alike(words, function="catalog_alike_signposts"))
        fitting = fitting.union(alike.values("pk"))
    asked = _shown().filter(pk__in=fitting).annotate(fit=_fit(words))
    places = asked.select_related("craft", "collection", "branch", "artisan", "page")
    best = list(places.order_by("-fit", "key")[:MOST_SHOWN])
    if having_all := [post for post in best if post.fit >= HAS_ALL]:
        return Signs(having_all, is_close=False)
    return Signs([post for post in best if post.fit >= LIKE_ENOUGH * best[0].fit])


def _shown() -> QuerySet[Any]:
    """Those that a visitor may be led to."""
    return Signpost.objects.filter(
        Q(craft__in=crafts_and_techniques_with_pieces())
        | Q(collection__in=Collection.objects.current())
        | Q(branch__isnull=False)
        | Q(is_named("artisan__"), artisan__channel=Channel.SITE)
        | Q(page__isnull=False)
    )


def _fit(words: list[str]) -> Case:
    beginnings, stems = (
        SearchRank(F("document"), query, weights=WEIGHTS)
        for query in (wording.beginnings_of(words), wording.stems_of(words))
    )
    likenesses = [TrigramWordSimilarity(word, "words") for word in wording.telling(words)]
    return Case(
        When(document=wording.all_of(words), then=beginnings + stems + Value(HAS_ALL)),
        default=Greatest(Value(0.0), Value(0.0), *likenesses),
        output_field=FloatField(),
    )
