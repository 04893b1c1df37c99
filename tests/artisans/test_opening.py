"""Opening hours in words, and on the pages that say them."""

from datetime import time

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from artisans.models import Branch, OpeningHours
from artisans.opening import in_words

NINE, ONE, TWO, SIX = time(9), time(13), time(14), time(18)


def whole_days(*weekdays: int) -> list[tuple[int, time, time]]:
    return [(weekday, NINE, SIX) for weekday in weekdays]


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([], ""),
        (whole_days(1), "Monday 09:00–18:00"),
        (whole_days(1, 2), "Monday, Tuesday 09:00–18:00"),
        (whole_days(5, 2, 3, 1, 4), "Monday – Friday 09:00–18:00"),
        (whole_days(1, 2, 3, 5), "Monday – Wednesday 09:00–18:00, Friday 09:00–18:00"),
        ([*whole_days(1, 2, 3), (6, NINE, ONE)], "Monday – Wednesday 09:00–18:00, Saturday 09:00–13:00"),
        ([(7, TWO, SIX), (7, NINE, ONE)], "Sunday 09:00–13:00 14:00–18:00"),
    ],
)
def test_days_of_the_same_hours_are_taken_together(hours: list[tuple[int, time, time]], words: str) -> None:
    with translation.override("en"):
        assert in_words(hours) == words


@pytest.mark.parametrize(
    ("language", "words"),
    [("az", "bazar ertəsi – cümə 09:00–18:00"), ("ru", "понедельник – пятница 09:00–18:00")],
)
def test_the_days_are_named_as_within_a_sentence(language: str, words: str) -> None:
    with translation.override(language):
        assert in_words(whole_days(1, 2, 3, 4, 5)) == words


@pytest.mark.django_db
def test_a_branch_closes_after_it_opens() -> None:
    branch = Branch.objects.get(slug="baku")
    for weekday, opens, closes in [(1, SIX, NINE), (0, NINE, SIX), (8, NINE, SIX)]:
        with pytest.raises(IntegrityError), transaction.atomic():
            OpeningHours.objects.create(branch=branch, weekday=weekday, opens=opens, closes=closes)


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["", "/ru", "/en"])
def test_the_branchs_page_says_when_it_is_open(client: Client, prefix: str) -> None:
    assert "09:00–18:00" not in client.get(f"{prefix}/branches/baku/").content.decode()
    branch = Branch.objects.get(slug="baku")
    for weekday, opens, closes in whole_days(1, 2, 3):
        OpeningHours.objects.create(branch=branch, weekday=weekday, opens=opens, closes=closes)
    assert "09:00–18:00" in client.get(f"{prefix}/branches/baku/").content.decode()
