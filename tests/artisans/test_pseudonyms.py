"""A pseudonym is none where it tells the legal name."""

import pytest

from artisans.pseudonyms import gives_away

LEGAL = "Məmmədova Sevil Əli qızı"


@pytest.mark.parametrize(
    ("shown", "of_age", "of_minor"),
    [
        ("Məmmədova Sevil Əli qızı", True, True),
        ("Sevil MƏMMƏDOVA", True, True),
        ("sevil-memmedova", True, True),
        ("Sevil xanım Məmmədovanın", True, True),
        ("Севиль Мамедова", True, True),
        ("Məmmədova", False, True),
        ("Мамедова", False, True),
        ("Sevil", False, False),
        ("Nar", False, False),
        ("Нар", False, False),
        ("d6w3de", False, False),
        ("", False, False),
    ],
)
def test_it_is_found_however_it_is_written(shown: str, *, of_age: bool, of_minor: bool) -> None:
    assert gives_away(LEGAL, shown=["Nar", shown], is_minor=False) is of_age
    assert gives_away(LEGAL, shown=["Nar", shown], is_minor=True) is of_minor


@pytest.mark.parametrize(
    ("legal_name", "shown"), [("Hüseynova Gülnar", "Гюльнар Гусейнова"), ("Cavid", "Джавид"), ("Sevil", "Sevil")]
)
def test_spellings_of_names_that_differ_are_one(legal_name: str, shown: str) -> None:
    assert gives_away(legal_name, shown=[shown], is_minor=False)


def test_the_surname_is_known_wherever_it_stands() -> None:
    assert gives_away("Sevil Məmmədova", shown=["Məmmədova"], is_minor=True)
    assert not gives_away("Sevil Məmmədova", shown=["Sevil"], is_minor=True)
    assert gives_away("Qasımlı Sevil", shown=["Qasımlı"], is_minor=True)


def test_two_texts_do_not_add_up() -> None:
    assert not gives_away(LEGAL, shown=["Sevil", "Əli"], is_minor=False)
    assert not gives_away("", shown=[""], is_minor=True)
