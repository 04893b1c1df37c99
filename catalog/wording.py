"""What typed words mean to PostgreSQL: their forms in three languages, folded, as queries on a search document."""

import re
from functools import reduce
from operator import and_, or_

from django.contrib.postgres.search import Lexeme, SearchQuery

from dostshop.folding import fold

MOST_CHARACTERS = 100
MOST_WORDS = 8

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


def tidy(typed: str) -> str:
    """What was typed, as it can be shown again: one line, not too long."""
    return " ".join(typed.replace("\0", " ").split())[:MOST_CHARACTERS].strip()


def words_of(text: str) -> list[str]:
    """Each once and folded; small words only where there are no others."""
    every = list(dict.fromkeys(_WORD.findall(fold(tidy(text)))))
    telling = [word for word in every if word not in _SMALL_WORDS]
    return (telling or every)[:MOST_WORDS]


def telling(words: list[str]) -> list[str]:
    """Those that may be compared by likeness: three letters look like too much else, unless another word helps."""
    shortest = 4 if len(words) == 1 else 3
    return [word for word in words if len(word) >= shortest]


def beginnings_of(words: list[str]) -> SearchQuery:
    return reduce(and_, map(beginnings, words))


def stems_of(words: list[str]) -> SearchQuery:
    return reduce(and_, map(stems, words))


def all_of(words: list[str]) -> SearchQuery:
    """Matches what has every one of the words, in whichever language."""
    return reduce(and_, (beginnings(word) | stems(word) for word in words))


def beginnings(word: str) -> SearchQuery:
    """Matches what begins like the word: its Azerbaijani forms, and a word that is not typed to its end."""
    if _CYRILLIC.search(word):
        return _any_of([word], language="simple", prefix=len(word) > 4)
    return _any_of(_azerbaijani_forms(word), language="simple", prefix=len(word) > 2 and not word.isdigit())


def stems(word: str) -> SearchQuery:
    """Matches the word in any of its forms: Russian if it is in Cyrillic letters, else English."""
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
