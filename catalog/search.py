"""Search: the pieces that a shopper means by a few words in any of the three languages.

A piece is found by all of the words: in Azerbaijani by how a word begins, for its endings are many and nothing
stems them; in Russian and English by stems. Where no piece has all of them, those with the likest words are found.
What is searched is ``SearchEntry``, which the database keeps in step with products and crafts.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import add, and_, or_

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import (
    Lexeme,
    SearchQuery,
    SearchRank,
    TrigramWordSimilarity,
)
from django.db.models import F, Func, Q, TextField, Value

from catalog.availability import with_availability
from catalog.models import Product
from dostshop.folding import fold

MOST_CHARACTERS = 100
MOST_WORDS = 8
MOST_FOUND = 240
# A word that stands in more pieces than that says little; the newest of them are looked at.
MOST_RANKED = 1000
# Of ts_rank, from D to A: a word in a name outweighs the same word in all the other texts.
WEIGHTS = [0.0, 0.05, 0.2, 1.0]
# Of several words mistyped or unknown, a piece that has clearly fewer than the best one is not shown.
LIKE_ENOUGH = 0.75

_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[а-я]")
# Folded. The Russian and English stemmers know their own, but Latin letters are looked for in Azerbaijani too.
_SMALL_WORDS = frozenset(
    {"ve", "ile", "ucun", "bir", "bu", "da", "de", "a", "an", "the", "and", "of", "for", "with", "in", "on", "to"}
)

_POSSESSIVE_AND_CASE = r"(?:imiz|iniz|im|in|i|umuz|unuz|um|un|u)?(?:n?d[ae]n?|n?[iu]n|n?[iuae])?"
_PLURAL = re.compile(rf"(.{{3,}}?)l[ae]r{_POSSESSIVE_AND_CASE}")
# Of one piece: only endings that are hardly ever part of the word itself.
_CASE = re.compile(r"(.{4,}?)(?:[iu]?n?d[ae]n?|n[iu]n|s[iu]|[iu]n)")
_SOFTENED = {"q": "g", "k": "y"}

_CONSONANT = "[бвгджзйклмнпрстфхцчшщ]"
_FLEETING_VOWEL = re.compile(rf"(.+{_CONSONANT})[ео]({_CONSONANT})")
_NO_FLEETING_VOWEL = re.compile(rf"(.+{_CONSONANT})({_CONSONANT})(?:[ыиауеюя]|[оеа]м|[ое]в|а[мх]и?|я[мх]и?)")


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


class _Alike(Func):
    """Keys of the products that have a word which looks like one of those given."""

    function = "catalog_alike"
    template = "(SELECT %(function)s(%(expressions)s))"
    arity = 1


def tidy(typed: str) -> str:
    """What was typed, as it can be shown again: one line, not too long."""
    return " ".join(typed.replace("\0", " ").split())[:MOST_CHARACTERS].strip()


def find(typed: str) -> Found:
    """At most ``MOST_FOUND`` pieces, in two queries, or three where words are mistyped or unknown."""
    words = _words(tidy(typed))
    if not words:
        return Found()
    products = _having(words)
    return Found(products) if products else Found(_alike(words), is_close=True)


def _words(text: str) -> list[str]:
    every = list(dict.fromkeys(_WORD.findall(fold(text))))
    telling = [word for word in every if word not in _SMALL_WORDS]
    return (telling or every)[:MOST_WORDS]


def _having(words: list[str]) -> list[int]:
    query = reduce(and_, (_beginnings(word) | _stems(word) for word in words))
    newest = Product.objects.published().filter(search_entry__document=query).values("pk")[:MOST_RANKED]
    best = list(
        Product.objects.filter(pk__in=newest)
        .annotate(rank=_rank(map(_beginnings, words)) + _rank(map(_stems, words)))
        .order_by("-rank", "-published_at", "-pk")
        .values_list("pk", flat=True)[:MOST_FOUND]
    )
    return _available_first(best)


def _available_first(keys: list[int]) -> list[int]:
    """The same keys; among those that can be bought, and among the others, in the order given."""
    products = with_availability(Product.objects.filter(pk__in=keys))
    can_be_bought = set(products.filter(Q(is_available=True)).values_list("pk", flat=True))
    return sorted(keys, key=lambda key: key not in can_be_bought)


def _rank(queries: Iterable[SearchQuery]) -> SearchRank:
    return SearchRank(F("search_entry__document"), reduce(and_, queries), weights=WEIGHTS)


def _alike(words: list[str]) -> list[int]:
    # A word of three letters looks like too much else, unless another word helps.
    shortest = 4 if len(words) == 1 else 3
    given = Value([word for word in words if len(word) >= shortest], output_field=ArrayField(TextField()))
    best = list(
        Product.objects.published()
        .filter(pk__in=_Alike(given))
        .annotate(likeness=reduce(add, (TrigramWordSimilarity(word, "search_entry__words") for word in words)))
        .order_by("-likeness", "-published_at", "-pk")
        .values_list("pk", "likeness")[:MOST_FOUND]
    )
    return _available_first([key for key, likeness in best if likeness >= LIKE_ENOUGH * best[0][1]])


def _beginnings(word: str) -> SearchQuery:
    """Matches what begins like the word: its Azerbaijani forms, and a word that is not typed to its end."""
    if _CYRILLIC.search(word):
        return _any_of([word], language="simple", prefix=len(word) > 4)
    return _any_of(_azerbaijani_forms(word), language="simple", prefix=len(word) > 2 and not word.isdigit())


def _stems(word: str) -> SearchQuery:
    if _CYRILLIC.search(word):
        return _any_of(_russian_forms(word), language="russian")
    return _any_of([word], language="english")


def _any_of(forms: list[str], *, language: str, prefix: bool = False) -> SearchQuery:
    return SearchQuery(reduce(or_, (Lexeme(form, prefix=prefix) for form in forms)), config=language)


def _azerbaijani_forms(word: str) -> list[str]:
    """Beginnings that the word's forms share: xalçalardan → xalçalardan, xalça; yastıq → yastıq, yastığ(ı)."""
    bases = [word]
    if match := _PLURAL.fullmatch(word) or _CASE.fullmatch(word):
        bases.append(match[1])
    return [*bases, *(base[:-1] + _SOFTENED[base[-1]] for base in bases if base[-1] in _SOFTENED and len(base) > 3)]


def _russian_forms(word: str) -> list[str]:
    """The word, and what it is with or without the vowel that comes and goes: ковёр, ковры; сумка, сумок."""
    forms = [word]
    if match := _FLEETING_VOWEL.fullmatch(word):
        forms.append(match[1] + match[2])
    if match := _NO_FLEETING_VOWEL.fullmatch(word):
        forms += [f"{match[1]}{vowel}{match[2]}" for vowel in "ео"]
    return forms
