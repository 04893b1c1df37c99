"""Whether a name that is shown, or a text, tells the legal name.

Words are compared folded, so that case, Azerbaijani marks and endings make no difference; across the two scripts by
their consonants, for nobody spells a name in Cyrillic as the next one does: “Гусейнова” is “Hüseynova”.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import groupby, product

from dostshop.folding import fold

# Of a legal name: “the son of”, “the daughter of”, folded.
NO_NAMES = {"qizi", "oglu", "kizi", "кызы", "оглы"}
_SURNAME = re.compile(r".{2,}(?:[oe]va?|zade|[ое]ва?|заде)$")
# What a name is told apart by in both scripts, as far as they agree.
_CONSONANTS = str.maketrans(
    "бвгдзклмнпрстфхцчшщжjqghxw",
    "bvkdzklmnprstfkscsscckkkkv",
    "aeiouyаеиоуыэюяйьъ",
)
# Of words of a text between two of a name.
_BETWEEN = 3
# What may follow a short word of a name, and how much may follow a long one: endings of every language.
_SHORT_ENDING = re.compile(r"(?:n?[iu]n|y?[ae]|n?[iu]|d[ae]n?|l[ae]|['’]?s)?")
_LONGEST_ENDING = 8


def gives_away(legal_name: str, *, shown: Iterable[str], is_minor: bool) -> bool:
    """Whether any of the texts tells two words of the legal name, or its only one; of a minor, the surname."""
    legal = [word for word in _words(legal_name) if word not in NO_NAMES]
    surnames = surnames_of(legal_name)
    for text in shown:
        told = [word for word in legal if any(_is_told(word, said) for said in _words(text))]
        if len(told) >= min(2, len(legal)) > 0 or (is_minor and set(told) & set(surnames)):
            return True
    return False


def surnames_of(legal_name: str) -> list[str]:
    legal = _told_apart(legal_name)
    return [word for word in legal if _SURNAME.match(word)] or legal[:1]


def to_look_for(legal_names: Iterable[str]) -> set[str]:
    """Words of which at least one stands wherever two of a name do: all but the shortest."""
    return {word for name in legal_names for word in sorted(_told_apart(name), key=len)[1:]}


class Text:
    """A text, read once to look for many names in it."""

    def __init__(self, text: str) -> None:
        self._places: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for place, word in enumerate(_words(text)):
            self._places[word[:2]].append((place, word))
            self._places[_other_script(word)].append((place, word))

    def tells(self, legal_name: str) -> bool:
        """Whether two words of the name stand near each other, in either order; one word alone tells nobody."""
        return self._has_near(_told_apart(legal_name))

    def tells_any(self, names: "Names") -> bool:
        """``tells`` of many names, of which few have words that begin as words of the text do."""
        likely: dict[str, set[int]] = defaultdict(set)
        for beginning in self._places.keys() & names.by_beginning.keys():
            for name, number in names.by_beginning[beginning]:
                likely[name].add(number)
        return any(len(numbers) > 1 and self._has_near(names.words[name]) for name, numbers in likely.items())

    def _has_near(self, words: Iterable[str]) -> bool:
        found = [(word, self._found(word)) for word in words]
        return any(
            0 < abs(place - other) <= _BETWEEN + 1
            for number, (_word, places) in enumerate(found)
            for _next, others in found[number + 1 :]
            for place, other in product(places, others)
        )

    def tells_surname(self, legal_name: str) -> bool:
        return any(self._found(word) for word in surnames_of(legal_name))

    def _found(self, word: str) -> list[int]:
        near = [*self._places.get(word[:2], ()), *self._places.get(_other_script(word, is_wanted=True), ())]
        return [place for place, said in near if _is_bent(word, said)]


class Names:
    """Legal names, read once to look for them in many texts."""

    def __init__(self, legal_names: Iterable[str]) -> None:
        self.words = {name: _told_apart(name) for name in legal_names}
        # As ``Text`` finds words: the names that one is in, and the how manieth it is there.
        self.by_beginning: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, words in self.words.items():
            for number, word in enumerate(words):
                for beginning in (word[:2], _other_script(word, is_wanted=True)):
                    self.by_beginning[beginning].append((name, number))


def _told_apart(legal_name: str) -> list[str]:
    """The words of a name that say whose it is; an initial says nothing."""
    return [word for word in _words(legal_name) if word not in NO_NAMES and len(word) > 1]


def _other_script(word: str, *, is_wanted: bool = False) -> str:
    """Under which a word is found by one in the other script."""
    return f"{'latin' if word.isascii() is not is_wanted else 'cyrillic'} {_skeleton(word)[:2]}"


def _is_bent(word: str, said: str) -> bool:
    """Whether it is this word of a name, with an ending or without."""
    if word.isascii() != said.isascii():
        bones, others = _skeleton(word), _skeleton(said)
        # Two consonants are too few to be known by, unless nothing else is there.
        return bones == others if len(bones) < 3 else others.startswith(bones) and len(others) <= len(bones) + 2
    if len(word) <= 3:
        return said.startswith(word) and _SHORT_ENDING.fullmatch(said[len(word) :]) is not None
    stem = word[:-1] if word[-1] in "аяqk" else word
    return said.startswith(stem) and len(said) <= len(word) + _LONGEST_ENDING


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", fold(text))


def _is_told(word: str, said: str) -> bool:
    if word.isascii() != said.isascii():
        return _skeleton(word) == _skeleton(said) != ""
    return word in said if len(word) > 3 else word == said


def _skeleton(word: str) -> str:
    return "".join(letter for letter, _run in groupby(word.replace("дж", "c").translate(_CONSONANTS)))
