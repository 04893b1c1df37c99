"""Whether a name that is shown tells the legal one.

Words are compared folded, so that case, Azerbaijani marks and endings make no difference; across the two scripts by
their consonants, for nobody spells a name in Cyrillic as the next one does: “Гусейнова” is “Hüseynova”.
"""

import re
from collections.abc import Iterable
from itertools import groupby

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


def gives_away(legal_name: str, *, shown: Iterable[str], is_minor: bool) -> bool:
    """Whether any of the texts tells two words of the legal name, or its only one; of a minor, the surname."""
    legal = [word for word in _words(legal_name) if word not in NO_NAMES]
    surnames = [word for word in legal if _SURNAME.match(word)] or legal[:1]
    for text in shown:
        told = [word for word in legal if any(_is_told(word, said) for said in _words(text))]
        if len(told) >= min(2, len(legal)) > 0 or (is_minor and set(told) & set(surnames)):
            return True
    return False


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", fold(text))


def _is_told(word: str, said: str) -> bool:
    if word.isascii() != said.isascii():
        return _skeleton(word) == _skeleton(said) != ""
    return word in said if len(word) > 3 else word == said


def _skeleton(word: str) -> str:
    return "".join(letter for letter, _run in groupby(word.replace("дж", "c").translate(_CONSONANTS)))
