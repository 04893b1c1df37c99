"""A pseudonym is none where it tells the legal name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from artisans.models import Artisan, ArtisanPrivate
from artisans.pseudonyms import gives_away
from tests.factories import ArtisanFactory
from tests.racing import all_at_once

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


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(private__legal_name=LEGAL, agreed=(), **fields)
    return artisan


def _show(artisan: Artisan) -> None:
    shown: dict[str, Any] = {"display_name_ru": "Sevil xanım MƏMMƏDOVA"}
    Artisan.objects.filter(pk=artisan.pk).update(**shown)


def _address(artisan: Artisan) -> None:
    Artisan.objects.filter(pk=artisan.pk).update(slug="sevil-memmedova")


def _write_legal_name(artisan: Artisan) -> None:
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(legal_name=" nar ")


def _write_record_anew(artisan: Artisan) -> None:
    ArtisanPrivate.objects.filter(pk=artisan.pk).delete()
    ArtisanPrivate.objects.create(artisan=artisan, legal_name="Nar")


def _give_record_away(artisan: Artisan) -> None:
    other = ArtisanFactory.create(display_name_az="Sevil Məmmədova", private=False, agreed=())
    ArtisanPrivate.objects.filter(pk=artisan.pk).update(artisan=other)


@pytest.mark.django_db
@pytest.mark.parametrize("write", [_show, _address, _write_legal_name, _write_record_anew, _give_record_away])
def test_the_database_takes_no_legal_name_as_the_name_shown(write: Callable[[Artisan], None]) -> None:
    artisan = maker()
    with pytest.raises(IntegrityError, match="tells the legal name"), transaction.atomic():
        write(artisan)
    artisan.refresh_from_db()
    assert artisan.display_name == "Nar"
    assert ArtisanPrivate.objects.get(pk=artisan.pk).legal_name == LEGAL


@pytest.mark.django_db
def test_what_was_told_before_can_be_taken_away() -> None:
    """As of a shop that is older than the rule: the page of the maker saves whatever leaves the name alone."""
    artisan = maker()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE artisans_artisan SET display_name = %s, display_name_az = %s", [LEGAL, LEGAL])
        cursor.execute("SET LOCAL session_replication_role = origin")
    artisan.refresh_from_db()
    artisan.story_az = "Sözlər"  # type: ignore[attr-defined]
    artisan.save()
    ArtisanPrivate.objects.get(pk=artisan.pk).save()
    artisan.display_name_az = ""  # type: ignore[attr-defined]
    artisan.save()
    artisan.display_name_az = LEGAL  # type: ignore[attr-defined]
    with pytest.raises(IntegrityError, match="tells the legal name"):
        artisan.save()


TELLING = ["Sevil MƏMMƏDOVA", "sevil-memmedova", "Sevil xanım Məmmədovanın", "Məmmədova “Sevil”", "Sevil Əli"]
SILENT = ["Nar", "Sevil", "Məmmədova", "Sevil qızı", "əlisevil", "ali", "d6w3de", "", "Нар", "sevilmemmed"]


@pytest.mark.django_db
@pytest.mark.parametrize(("shown", "tells"), [*((text, True) for text in TELLING), *((text, False) for text in SILENT)])
def test_the_database_refuses_nothing_that_the_form_takes(shown: str, *, tells: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT catalog_tells(%s, %s)", [LEGAL, shown])
        assert cursor.fetchone() == (tells,)
    assert gives_away(LEGAL, shown=[shown], is_minor=False) is tells


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_both_names_written_at_the_same_moment_are_compared(is_locked: bool) -> None:
    """And the control: without the lock neither sees the other."""
    artisan = maker()
    name: dict[str, Any] = {"display_name_az": "Durna"}
    shown, told = Event(), Event()

    def shows() -> None:
        with transaction.atomic():
            Artisan.objects.filter(pk=artisan.pk).update(**name)
            shown.set()
            told.wait(timeout=1)

    def tells() -> None:
        shown.wait(timeout=30)
        ArtisanPrivate.objects.filter(pk=artisan.pk).update(legal_name="Durna")
        told.set()

    with nullcontext() if is_locked else _without_the_lock():
        outcomes = all_at_once([shows, tells])
    assert outcomes[0] is None
    assert isinstance(outcomes[1], IntegrityError) is is_locked


@contextmanager
def _without_the_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('catalog_check_pseudonym'::regproc)")
        [definition] = cursor.fetchone()
        careless = definition.replace(" FOR NO KEY UPDATE", "")
        assert careless != definition
        cursor.execute(careless)
        try:
            yield
        finally:
            cursor.execute(definition)
