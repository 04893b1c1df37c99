"""Words of pity in texts about makers and their work: found for a warning, never for a refusal; and names.

A word is compared folded and whole, with the endings of its language: “xəstə” is found in “Xəstələrin”, and not in
“xəstəxana”; “əlil” is not found in “əlilliyi olan”, which is how it is said well.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db.models import Model

from artisans.models import PityWord
from dostshop.folding import FOLD_FROM, FOLD_TO, fold

# Plural, whose it is, case, “am”, “is”: of folded words, in which ı is i, ə is e and ü is u.
_AZERBAIJANI = (
    r"(?:l[ae]r)?(?:[iu]?m[iu]z|[iu]?n[iu]z|[iu]?[mn]|s?[iu])?"
    r"(?:n?[iu]n|n?[iu]|[yn]?[ae]|n?d[ae]n?|l[ae])?(?:y?[ae]m|s[ae]n|y?[iu]k|y?[iu]q|s[iu]n[iu]z|d[iu]r)?"
    r"(?:l[ae]r)?"
)
_RUSSIAN = (
    r"(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|ого|его|ому|ему|ыми|ими|ых|их|ым|им|ую|юю|ою|ами|ями|ам|ям|ах|ях|ом|ем|ов|ев|ей"
    r"|а|я|у|ю|е|ы|и|ь|й)?"
)
_RUSSIAN_NOMINATIVE = re.compile(r"(?<=[а-я]{3})(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|а|я|о|ь|й)$")
_ENGLISH = r"(?:s|es|['’]s)?"
# The same for Python and for PostgreSQL, whose letters of a word depend on its locale.
_LETTER = "a-zа-я0-9"
_SHORTEST_NAME = 3


@dataclass(frozen=True)
class Pattern:
    """Two regular expressions for the same words."""

    # To be searched in folded text.
    folded: str
    # To be searched in text as it is written. It finds whatever the first one finds there once it is folded, and
    # more: the database folds as many texts in a second as it looks through in a moment.
    written: str


def patterns() -> dict[str, Pattern]:
    """For each language that has such words."""
    words: dict[str, list[str]] = {}
    for one in PityWord.objects.all():
        words.setdefault(one.language, []).append(one.word)
    return {language: Pattern(pattern(language, some), _written(language, some)) for language, some in words.items()}


def pattern(language: str, words: Iterable[str]) -> str:
    bent = "|".join(r"[\s-]+".join(_bent(language, part) for part in re.split(r"[\s-]+", word)) for word in words)
    return f"(?<![{_LETTER}])(?:{bent})(?![{_LETTER}])"


def pattern_in_any_language(words: Collection[str]) -> str:
    """For names, which stand in texts of every language."""
    return "|".join(f"(?:{pattern(language, words)})" for language in settings.MODELTRANSLATION_LANGUAGES)


def written_names(words: Iterable[str]) -> str:
    """For names in text as it is written, in whichever language; "" for none."""
    folded = [fold(word) for word in words]
    latin, cyrillic = [one for one in folded if one.isascii()], [one for one in folded if not one.isascii()]
    return "|".join(filter(None, (_written("az", latin), _written("ru", cyrillic))))


def spans_of_names(text: str, names: Iterable[str], *, is_capital: bool = False) -> Iterator[tuple[int, int]]:
    """Where a name stands, with the endings of any of the languages, however it is typed.

    With ``is_capital`` only where it begins so: a name that was chosen may be a word too, such as “pomegranate”.
    """
    folded, places = _folded(text)
    # An ending may change the last letters, never the first.
    there = [name for name in names if re.split(r"[\s-]", fold(name))[0][:_SHORTEST_NAME] in folded]
    if not there:
        return
    for hit in re.finditer(pattern_in_any_language(there), folded):
        start, end = places[hit.start()], places[hit.end()]
        if not is_capital or text[start].isupper():
            yield start, end


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded, and for each of its letters where the letter begins in the text as it is typed, with accents."""
    folded, places = "", []
    for letter in re.finditer(r".[\u0300-\u036f]*", text, re.DOTALL):
        part = fold(letter.group())
        folded += part
        places += [letter.start()] * len(part)
    return folded, [*places, len(text)]


def without_names(text: str, names: Iterable[str], *, is_capital: bool = False) -> str:
    """With “…” in place of each."""
    for start, end in reversed(list(spans_of_names(text, names, is_capital=is_capital))):
        text = f"{text[:start]}…{text[end:]}"
    return text


def found_in(row: Model, *, fields: Iterable[str], by_language: Mapping[str, Pattern]) -> list[str]:
    """The words of pity in the translated fields of a row, as they stand there."""
    names = list(fields)
    texts = {
        language: " ".join(getattr(row, f"{name}_{language}") or "" for name in names)
        for language in settings.MODELTRANSLATION_LANGUAGES
    }
    return found(texts, by_language)


def found(texts: Mapping[str, str], by_language: Mapping[str, Pattern]) -> list[str]:
    hits = []
    for language, text in texts.items():
        if language in by_language:
            folded, places = _folded(text)
            spans = (hit.span() for hit in re.finditer(by_language[language].folded, folded))
            hits += [text[places[start] : places[end]] for start, end in spans]
    return list(dict.fromkeys(hits))


def _bent(language: str, word: str) -> str:
    folded = fold(word)
    match language:
        case "az":
            return _softened(re.escape(folded)) + _AZERBAIJANI
        case "ru":
            return re.escape(_RUSSIAN_NOMINATIVE.sub("", folded)) + _RUSSIAN
        case _:
            return re.escape(folded) + _ENGLISH


def _softened(stem: str) -> str:
    """Before an ending “yazıq” is “yazığ”, and “körpəlik” is “körpəliy”."""
    return re.sub("q$", "[qg]", re.sub("k$", "[ky]", stem))


def _written(language: str, words: Iterable[str]) -> str:
    """Of each word what no ending changes, and of several words the longest."""
    stems = (stem(language, max(re.split(r"[\s-]+", word), key=len)) for word in words)
    return "|".join("".join(map(_spelled, stem)) for stem in stems)


def stem(language: str, word: str) -> str:
    """What no ending changes, folded."""
    folded = fold(word)
    match language:
        case "az":
            return re.sub("[qk]$", "", folded)
        case "ru":
            return _RUSSIAN_NOMINATIVE.sub("", folded)
        case _:
            return folded


@cache
def _spelled(letter: str) -> str:
    """Every letter that folds to this one, its mark written apart too."""
    spellings = {letter, *(before for before, after in zip(FOLD_FROM, FOLD_TO, strict=True) if after == letter)}
    apart = {unicodedata.normalize("NFD", spelling) for spelling in spellings}
    letters = sorted({re.escape(one[0]) for one in spellings | apart})
    mark = "[\u0300-\u036f]?" if any(len(one) > 1 for one in apart) else ""
    return (f"[{''.join(letters)}]" if len(letters) > 1 else letters[0]) + mark
