import pytest
from django.template import Context, Template
from django.utils import translation

from dostshop.pages.models import Page
from dostshop.translated import language_of

SHOWN = Template('{% translated page "title" %}|{{ page|lang_of:"title" }}')


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        ({"az": "Çatdırılma", "ru": "Доставка", "en": "Delivery"}, ["Çatdırılma|az", "Доставка|ru", "Delivery|en"]),
        (
            {"az": "Çatdırılma", "en": "Delivery"},
            ["Çatdırılma|az", '<span lang="az">Çatdırılma</span>|az', "Delivery|en"],
        ),
        (
            {"ru": "Доставка"},
            ['<span lang="ru">Доставка</span>|ru', "Доставка|ru", '<span lang="ru">Доставка</span>|ru'],
        ),
        ({"az": "<b>&"}, ["&lt;b&gt;&amp;|az", *['<span lang="az">&lt;b&gt;&amp;</span>|az'] * 2]),
        ({}, ["|az", "|ru", "|en"]),
    ],
)
def test_a_text_says_which_language_it_fell_back_to(texts: dict[str, str], shown: list[str]) -> None:
    page = Page(**{f"title_{language}": text for language, text in texts.items()})
    for language, expected in zip(("az", "ru", "en"), shown, strict=True):
        with translation.override(language):
            assert SHOWN.render(Context({"page": page})) == expected


def test_a_text_that_nobody_wrote_has_no_language() -> None:
    assert language_of(Page(), "title") is None
