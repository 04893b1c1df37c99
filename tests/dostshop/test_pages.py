"""The information pages that the shop opens with."""

import re
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from dostshop.pages.models import Page
from orders.providers import bank_transfer, branch

SLUGS = {"about", "how-to-buy", "delivery", "returns", "privacy", "contact"}
PREFIXES = {"az": "/", "ru": "/ru/", "en": "/en/"}

pytestmark = pytest.mark.django_db


def test_they_are_there_from_the_first_migration_on() -> None:
    assert set(Page.objects.values_list("slug", flat=True)) == SLUGS


@pytest.mark.parametrize("language", PREFIXES)
@pytest.mark.parametrize("slug", sorted(SLUGS))
def test_each_is_written_in_each_language(client: Client, slug: str, language: str) -> None:
    page = Page.objects.get(slug=slug)
    title, body = getattr(page, f"title_{language}"), getattr(page, f"body_{language}")

    response = client.get(f"{PREFIXES[language]}info/{slug}/")

    assert response.status_code == 200
    assert title in response.content.decode()
    assert bool(re.search("[а-яё]", title + body)) is (language == "ru")
    assert len(body) > 400


@pytest.mark.parametrize("language", PREFIXES)
def test_their_links_lead_somewhere_in_the_same_language(client: Client, language: str) -> None:
    bodies = [getattr(page, f"body_{language}") for page in Page.objects.all()]
    links = {link for body in bodies for link in re.findall(r"\]\((.+?)\)", body)}

    assert len(links) >= 6
    for link in links:
        assert link.startswith(PREFIXES[language])
        assert language != "az" or not link.startswith(("/ru/", "/en/"))
        assert client.get(link).status_code == 200, link


@pytest.mark.parametrize(
    ("language", "before", "now"),
    [
        ("az", "istənilən filiala", "filialın ünvanı"),
        ("ru", "любой филиал", "адрес филиала"),
        ("en", "any branch", "names a branch"),
    ],
)
def test_a_return_goes_to_the_branch_that_the_answer_names(language: str, before: str, now: str) -> None:
    body = getattr(Page.objects.get(slug="returns"), f"body_{language}")

    assert before not in body
    assert now in body


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("az", ["cavabımızdan sonra 14 gününüz", "poçt xərcini siz ödəyirsiniz", "məktubumuza cavab olaraq"]),
        ("ru", ["14 дней после нашего ответа", "пересылку оплачиваете вы", "в ответ на наше письмо"]),
        ("en", ["14 days for that after our answer", "you pay for the post", "an answer to our mail"]),
    ],
)
def test_a_return_says_until_when_and_who_pays_for_the_post(language: str, told: list[str]) -> None:
    body = getattr(Page.objects.get(slug="returns"), f"body_{language}")

    assert [words for words in told if words not in body] == []


def test_only_the_example_address_is_given() -> None:
    """The real ones are the Centre's to give."""
    text = "\n".join(getattr(page, f"body_{language}") for page in Page.objects.all() for language in PREFIXES)

    assert set(re.findall(r"[\w.]+@[\w.]+\w", text)) == {"shop@dost.example"}
    assert not re.search(r"\+?\d[\d ()-]{6,}", text)


def test_how_to_buy_says_the_days_that_the_shop_keeps() -> None:
    numbers = {3: ("üç iş günü", "три рабочих дня", "three working days"), 5: ("beş iş günü", "пяти", "five working")}
    for days in (branch.DAYS_TO_COME, bank_transfer.DAYS_TO_PAY):
        for language, words in zip(PREFIXES, numbers[days], strict=True):
            assert words in how_to_buy(language)


def test_what_staff_have_written_of_the_ways_to_pay_stays() -> None:
    migration = import_module("dostshop.pages.migrations.0006_ways_to_pay")
    before = how_to_buy("az")
    migration.name_two_ways(apps, None)
    assert migration.TWO_WAYS["az"] in how_to_buy("az")
    written: dict[str, Any] = {"body_ru": "Только картой."}
    Page.objects.update(**written)
    migration.name_three_ways(apps, None)
    assert (how_to_buy("az"), how_to_buy("ru")) == (before, "Только картой.")


def how_to_buy(language: str) -> str:
    return str(getattr(Page.objects.get(slug="how-to-buy"), f"body_{language}"))


@pytest.mark.parametrize("language", PREFIXES)
def test_the_page_about_privacy_says_what_is_kept_of_words_to_a_maker(language: str) -> None:
    migration = import_module("dostshop.pages.migrations.0009_words_of_thanks")

    def body() -> str:
        return str(getattr(Page.objects.get(slug="privacy"), f"body_{language}"))

    line, more = migration.TEXTS[language]
    assert line + more in body()
    migration.say_no_more(apps, None)
    assert line in body()
    assert more not in body()
    # What staff wrote in its place is left alone.
    Page.objects.filter(slug="privacy").update(**{f"body_{language}": "Başqa"})
    migration.say(apps, None)
    assert body() == "Başqa"
