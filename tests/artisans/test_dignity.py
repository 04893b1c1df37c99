"""Words of pity: found with their endings, whole, in three languages; the good ways of saying it are left alone."""

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest

from artisans import dignity
from artisans.models import PityWord
from dostshop.folding import fold

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("az", "Xəstə", ["Xəstə"]),
        ("az", "XƏSTƏLƏRİN əl işi", ["XƏSTƏLƏRİN"]),
        ("az", "Yazığın işi, yazıqdır", ["Yazığın", "yazıqdır"]),
        ("az", "Xəstəyəm, yazığam, əlilsiniz", ["Xəstəyəm", "yazığam", "əlilsiniz"]),
        ("az", "əlil uşaq və əlillər", ["əlil", "əlillər"]),
        ("az", "sağlamlıq imkanları məhdud şəxslər", ["sağlamlıq imkanları məhdud"]),
        ("az", "Xəstəxanada, əlilliyi olan şəxs; yazı, bəxt, xalça", []),
        ("ru", "Больными руками; у инвалидов", ["Больными", "инвалидов"]),
        ("ru", "прикованная к инвалидной коляске", ["прикованная к инвалидной коляске"]),
        ("ru", "человек с инвалидностью; больница; большой ковёр", []),
        ("en", "She suffers from it, the orphan's; wheelchair bound", ["suffers from", "orphan's", "wheelchair bound"]),
        ("en", "A person who uses a wheelchair; validate; sicker", []),
    ],
)
def test_words_of_pity_are_found(language: str, text: str, words: list[str]) -> None:
    assert dignity.found({language: text}, dignity.patterns()) == words


@pytest.mark.parametrize("word", ["a.b", "(x", "x|y", "c++", "[z"])
def test_what_staff_type_is_taken_as_it_stands(word: str) -> None:
    PityWord.objects.all().delete()
    assert dignity.found({"en": word}, dignity.patterns()) == []
    PityWord.objects.create(language="en", word=word)
    assert dignity.found({"en": f"so {word} it"}, dignity.patterns()) == [word]
    assert dignity.found({"en": "aab x y c zz"}, dignity.patterns()) == []


def test_each_language_has_its_own_words() -> None:
    assert dignity.found({"en": "xəstə", "az": "orphan"}, dignity.patterns()) == []


def apart(text: str) -> str:
    """As some keyboards send it: letter and mark, one after the other."""
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize("written", [str, str.upper, str.title, apart, lambda text: apart(text.upper())])
def test_what_is_found_folded_is_found_as_it_is_written(written: Callable[[str], str]) -> None:
    PityWord.objects.create(language="ru", word="чайный ёжик")
    patterns = dignity.patterns()
    for one in PityWord.objects.all():
        pattern, text = patterns[one.language], written(f"Bu {one.word} üçün")
        if re.search(pattern.folded, fold(text)):
            assert re.search(pattern.written, text), text
    assert not re.search(patterns["az"].written, "Firuzəyi şirli badyə")


def test_a_word_without_a_stem_hides_nothing() -> None:
    """Whatever staff type, the quick look lets pass what the whole one finds."""
    PityWord.objects.all().delete()
    for word in ("k", "[q", "a\\d", "-"):
        PityWord.objects.create(language="az", word=word)
    for text in ("k", "[q", "a\\d"):
        pattern = dignity.patterns()["az"]
        assert re.search(pattern.folded, fold(text)), text
        assert re.search(pattern.written, text), text


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_cut_out_whole_however_its_letters_are_typed(form: Literal["NFC", "NFD"]) -> None:
    text = unicodedata.normalize(form, "Üzü görünən Gülçöhrə budur, i\u0307nanın")
    cut = dignity.without_names(text, ["Gülçöhrə"], is_capital=True)
    assert cut == unicodedata.normalize(form, "Üzü görünən … budur, i\u0307nanın")
