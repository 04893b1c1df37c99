"""Words of pity in texts about makers and their work: found for a warning, never for a refusal.

A word is compared folded and whole, with the endings of its language: “xəstə” is found in “Xəstələrin”, and not in
“xəstəxana”; “əlil” is not found in “əlilliyi olan”, which is how it is said well.
"""

import re
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db.models import Model

from artisans.models import PityWord
from dostshop.folding import fold

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


def patterns() -> dict[str, str]:
    """For each language with such words one regular expression, to be searched in folded text."""
    words: dict[str, list[str]] = {}
    for one in PityWord.objects.all():
        words.setdefault(one.language, []).append(one.word)
    return {language: pattern(language, found) for language, found in words.items()}


def pattern(language: str, words: Iterable[str]) -> str:
    bent = "|".join(r"[\s-]+".join(_bent(language, part) for part in re.split(r"[\s-]+", word)) for word in words)
    return f"(?<![{_LETTER}])(?:{bent})(?![{_LETTER}])"


def found_in(row: Model, *, fields: Iterable[str]) -> list[str]:
    """The words of pity in the translated fields of a row, as they stand there."""
    names = list(fields)
    texts = {
        language: " ".join(getattr(row, f"{name}_{language}") or "" for name in names)
        for language in settings.MODELTRANSLATION_LANGUAGES
    }
    return found(texts, patterns())


def found(texts: Mapping[str, str], by_language: Mapping[str, str]) -> list[str]:
    hits = []
    for language, text in texts.items():
        if language in by_language:
            # Folding keeps the length of every letter but the combining dot, which nobody types.
            hits += [text[hit.start() : hit.end()] for hit in re.finditer(by_language[language], fold(text))]
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
