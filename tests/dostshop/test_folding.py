import json
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dostshop.folding import FOLD_FROM, SORT_FROM, SORT_TO, fold, slug, sort_key

# Everything that PostgreSQL can store: no NUL, no half of a surrogate pair; and what both sides know of Unicode.
STORABLE = st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0"))


def folded_by_postgres(texts: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold(value) FROM unnest(%s::text[]) WITH ORDINALITY AS t(value, n) ORDER BY n", [texts])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("XALÇA", "xalca"),
        ("İpək", "ipek"),
        ("i\u0307pək", "ipek"),
        ("IŞIQ", "isiq"),
        ("Işıq", "isiq"),
        ("Şəki", "seki"),
        ("ŞƏKİ", "seki"),
        ("S\u0327əki", "seki"),
        ("Göyçay gülü", "goycay gulu"),
        ("Бакинский Ёж", "бакинский еж"),
        ("", ""),
    ],
)
def test_a_text_folds_to_what_people_type(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.django_db
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORABLE)
@example(FOLD_FROM)
@example("I\u0307İi\u0307ıİ e\u0308 ё Й")
def test_python_and_postgres_fold_alike(text: str) -> None:
    assert folded_by_postgres([text]) == [fold(text)]


@pytest.mark.shared
@pytest.mark.django_db
def test_python_and_postgres_fold_naughty_strings_alike(shared: Path) -> None:
    naughty = json.loads((shared / "test-data" / "naughty-strings.json").read_text())
    storable = [text for text in naughty if "\0" not in text]

    assert len(storable) > 400
    assert folded_by_postgres(storable) == [fold(text) for text in storable]


@given(STORABLE)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Əl işi", "el-isi"),
        ("Işıq", "isiq"),
        ("Şəki", "seki"),
        ("  Nar — “Göyçay” №2! ", "nar-goycay-no2"),
        ("Café Łódź", "cafe-odz"),
        ("Шёлк", "piece"),
        ("!!!", "piece"),
        ("", "piece"),
    ],
)
def test_a_slug_is_ascii(text: str, expected: str) -> None:
    assert slug(text, fallback="piece") == expected


@given(st.text())
def test_a_slug_never_breaks_an_address(text: str) -> None:
    made = slug(text, fallback="piece")
    assert made
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in made
    assert made == made.strip("-")


def test_names_stand_in_the_order_of_the_azerbaijani_alphabet() -> None:
    expected = [
        "2 nəfərlik dəst",
        "9 düyməli köynək",
        "Azər",
        "Çiçək",
        "Dəmir",
        "Elçin",
        "Əli",
        "Əlibəy",
        "Fidan",
        "Gül",
        "Ğ",
        "Hədiyyə",
        "Xalça",
        "Işıq",
        "İnci",
        "ipək",
        "Jalə",
        "Kitab",
        "Qab",
        "Lalə",
        "Ördək",
        "Pərdə",
        "Şal",
        "Üzük",
        "Zər",
        "Бакинский",
        "Шёлк",
    ]
    assert sorted(expected, key=sort_key) == expected
    assert [sorted(pair, key=sort_key) for pair in (["İ", "I"], ["ö", "o"], ["s", "ş"])] == [
        ["I", "İ"],
        ["o", "ö"],
        ["s", "ş"],
    ]


def test_case_and_spelling_do_not_decide_the_order() -> None:
    assert sort_key("İPƏK") == sort_key("ipək") == sort_key("i\u0307pək")
    assert sort_key("IŞIQ") == sort_key("ışıq") != sort_key("işiq")


def test_the_database_is_told_the_same_order() -> None:
    table = str.maketrans(SORT_FROM, SORT_TO)
    for name in ("Aysel Ələkbərova", "İPƏK", "Işıq", "Xalça-3", "Ёлка Шёлк", "ğ Ğ w W"):
        assert name.translate(table) == sort_key(name)
