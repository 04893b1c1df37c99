"""Tables of makers: what is public of them, and no way around what they agreed to."""

from typing import Any

import pytest
from django.test import Client

from artisans.models import Artisan, ArtisanPrivate, Scope
from catalog import withdrawals
from dostshop.exchange.models import Import
from tests.admin.conftest import english
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.exchange.bringing import bring, changes, exported, problems, say_yes, table
from tests.exchange.test_pieces import user_of
from tests.factories import ArtisanFactory

pytestmark = pytest.mark.django_db

State = Import.State
CODE = "code of the maker"


@pytest.fixture
def staff() -> Client:
    return of(CENTRE)


def brought(staff: Client, *rows: Any) -> Import:
    return bring(staff, table(*rows), kind="makers")


def test_everything_comes_back_without_a_difference(staff: Client) -> None:
    ArtisanFactory.create(story_az="Toxuyur.\r\nHər gün.", display_name_az="=Nar", is_public=False)
    ArtisanFactory.create(branch__slug="barda", place_ru="Барда", affiliation_en="Weaves here since 2023")
    for language in ("az", "ru", "en"):
        for as_ in ("csv", "xlsx"):
            content = exported(user_of(staff), "makers", language=language, as_=as_)
            assert b"Sevil" not in content
            back = bring(staff, content, name=f"m.{as_}", kind="makers")
            assert (back.state, back.rows, problems(back), changes(back)) == (State.CHECKED, 2, [], [])


def test_a_maker_is_changed_and_a_new_one_added(staff: Client) -> None:
    maker = ArtisanFactory.create(slug="nar")
    back = brought(
        staff,
        [CODE, "address", "branch", "name shown (az)", "story (az)", "shown in the shop"],
        [maker.code, "nar-usta", "baku", "Nar", "Toxuyur.", "yes"],
        ["", "heyva", "barda", "Heyva", "", "no"],
    )
    assert problems(back) == []
    assert say_yes(staff, back).state == State.APPLIED
    maker.refresh_from_db()
    assert (maker.slug, maker.story_az, len(maker.former_addresses)) == ("nar-usta", "Toxuyur.", 1)
    new = Artisan.objects.get(slug="heyva")
    assert (new.branch.slug, new.display_name, new.is_public) == ("barda", "Heyva", False)


def test_what_a_maker_took_back_comes_in_by_no_table(staff: Client) -> None:
    maker = ArtisanFactory.create(story_az="Toxuyur.")
    before = exported(user_of(staff), "makers")
    withdrawals.withdraw(maker.pk, scopes=[Scope.STORY])
    back = bring(staff, before, kind="makers")
    assert [sentence[:31] for _row, _column, sentence in problems(back)] == ["This maker took something back:"]


@pytest.mark.parametrize(
    ("heading", "cell", "sentence"),
    [
        ("name shown (az)", "Sevil Məmmədova", "The name shown or the address tells the legal name."),
        ("address", "sevil-memmedova", "The name shown or the address tells the legal name."),
        ("story (ru)", "Рядом живёт Севиль Мамедова", "This tells the legal name of a maker."),
        ("story (az)", "Məmmədovanın qızı", "This tells the surname of a minor."),
        ("address", "taken", "This address is kept for another maker."),
        ("address", "OTHER", "This address is kept for another maker."),
        ("address", "", "This must not be empty."),
        ("address", "bir iki", "Latin letters, digits and dashes only."),
        ("branch", "", "This must not be empty."),
        ("name shown (az)", "x" * 61, "At most 60 characters; this has 61."),
    ],
)
def test_what_no_form_takes_no_table_takes(staff: Client, heading: str, cell: str, sentence: str) -> None:
    other = ArtisanFactory.create(slug="taken", private__legal_name="Kərimova Lalə")
    maker = ArtisanFactory.create()
    ArtisanPrivate.objects.filter(pk=maker.pk).update(legal_name="Məmmədova Sevil")
    if "minor" in sentence:
        maker = ArtisanFactory.create(agreed=(), private__legal_name="Məmmədova Ay", private__birth_date=None)
    back = brought(staff, [CODE, heading], [maker.code, cell.replace("OTHER", other.code.lower())])
    assert [found[2][: len(sentence)] for found in problems(back)] == [sentence]


def test_makers_tables_are_for_the_centre(db: None) -> None:
    for page in ("bring", "take"):
        assert of(BRANCH).get(english(f"exchange_import_{page}", "makers")).status_code == 403
        assert of(CENTRE).get(english(f"exchange_import_{page}", "makers")).status_code == 200
