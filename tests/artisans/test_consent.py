"""What makers agreed to: recorded as signed, refused with a sentence, shown as far as it goes and no further."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone, translation

from artisans.consent import Contents, Explanation, NotAllowed, Sheet, Signers, Term, record
from artisans.models import Artisan, ArtisanPrivate, Channel, Consent, ConsentForm, PublicArtisan, Scope
from tests.factories import ArtisanFactory, consent
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)
SHEET = Sheet(
    signed_on=TODAY,
    contents=Contents(subject="a", operator="b", purpose="c", data="d", validity="e", deletion="f"),
    explanation=Explanation(language="en", explained=ConsentForm.Explained.TEXT, explained_by="Aynur Əliyeva"),
)
TERM = Term(valid_from=TODAY, valid_until=TODAY + 365 * DAY)
BOTH = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədova Sevil")


def years_old(years: int) -> date:
    return TODAY.replace(year=TODAY.year - years, day=1)


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(agreed=(), **fields)
    return artisan


def minor() -> Artisan:
    return maker(private__birth_date=years_old(15))


def shown(artisan: Artisan, channel: Channel = Channel.SITE) -> PublicArtisan | None:
    return PublicArtisan.objects.on(channel).filter(pk=artisan.pk).first()


def test_a_form_is_kept_with_all_that_was_signed() -> None:
    artisan = maker()
    agreed = [(Scope.NAME, Channel.SITE), (Scope.NAME, Channel.PRESS), (Scope.STORY, Channel.SITE)]
    form = record(artisan.pk, sheet=replace(SHEET, signers=BOTH), agreed=agreed, term=TERM)
    form.refresh_from_db()

    contents = (form.subject, form.operator, form.purpose, form.data, form.validity, form.deletion)
    assert contents == ("a", "b", "c", "d", "e", "f")
    assert (form.given_by, form.representative) == ("both", "Məmmədova Sevil")
    assert sorted(form.consents.values_list("scope", "channel")) == sorted(agreed)
    assert set(form.consents.values_list("valid_from", "valid_until")) == {(TERM.valid_from, TERM.valid_until)}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"agreed": []}, "agrees to nothing"),
        ({"sheet": replace(SHEET, signed_on=TODAY + DAY)}, "in the future"),
        ({"term": replace(TERM, valid_from=TODAY - DAY)}, "from the day of its signature"),
        ({"term": replace(TERM, valid_until=TODAY - DAY)}, "last day comes before the first"),
        (
            {"sheet": replace(SHEET, signers=Signers(given_by=ConsentForm.GivenBy.BOTH))},
            "Name the legal representative",
        ),
        ({"sheet": replace(SHEET, signers=replace(BOTH, is_institution=True))}, "a second person signs too"),
        (
            {"sheet": replace(SHEET, explanation=replace(SHEET.explanation, explained=ConsentForm.Explained.ALOUD))},
            "needs a witness",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_nothing_is_kept(changes: dict[str, Any], sentence: str) -> None:
    values = {"sheet": SHEET, "agreed": [(Scope.NAME, Channel.SITE)], "term": TERM, **changes}
    with translation.override("en"), pytest.raises(NotAllowed, match=sentence):
        record(maker().pk, **values)
    assert not ConsentForm.objects.exists()


@pytest.mark.parametrize(
    ("scope", "signers", "valid_until", "sentence"),
    [
        (Scope.NAME, Signers(), TODAY + DAY, "have to agree both"),
        (
            Scope.NAME,
            replace(BOTH, given_by=ConsentForm.GivenBy.REPRESENTATIVE),
            TODAY + DAY,
            "have to agree both",
        ),
        (Scope.FACE, BOTH, TODAY + DAY, "neither face nor place"),
        (Scope.PLACE, BOTH, TODAY + DAY, "neither face nor place"),
        (Scope.NAME, BOTH, TODAY + 3 * 366 * DAY, "before the 18th birthday"),
    ],
)
def test_a_minor_is_spared(scope: Scope, signers: Signers, valid_until: date, sentence: str) -> None:
    sheet = replace(SHEET, signers=signers)
    with translation.override("en"), pytest.raises(NotAllowed, match=sentence):
        record(minor().pk, sheet=sheet, agreed=[(scope, Channel.SITE)], term=replace(TERM, valid_until=valid_until))
    assert not ConsentForm.objects.exists()


def test_whose_age_is_unknown_is_asked_for_it_first() -> None:
    with translation.override("en"), pytest.raises(NotAllowed, match="birth date first"):
        consent(maker(private__birth_date=None), Scope.NAME)


def test_the_scan_of_a_form_that_is_refused_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []
    monkeypatch.setattr(default_storage, "save", lambda name, *_args, **_kwargs: name)
    monkeypatch.setattr(default_storage, "delete", removed.append)
    sheet = replace(SHEET, document=ContentFile(b"%PDF-1.7", name="Sevil.PDF"))
    late = replace(TERM, valid_from=TODAY - DAY)
    with pytest.raises(NotAllowed):
        record(maker().pk, sheet=sheet, agreed=[(Scope.NAME, Channel.SITE)], term=late)

    assert len(removed) == 1
    assert removed[0].startswith("consents/")
    assert "Sevil" not in removed[0]
    form = record(maker().pk, sheet=sheet, agreed=[(Scope.NAME, Channel.SITE)], term=TERM)
    assert str(form.document.name).endswith(".pdf")
    assert len(removed) == 1


def test_the_scan_is_not_kept_where_anything_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[str] = []
    monkeypatch.setattr(default_storage, "save", lambda name, *_args, **_kwargs: name)
    monkeypatch.setattr(default_storage, "delete", removed.append)
    sheet = replace(
        SHEET, document=ContentFile(b"%PDF-1.7", name="Sevil.pdf"), signers=Signers(second_signer="a" * 151)
    )
    with pytest.raises(DataError):
        record(maker().pk, sheet=sheet, agreed=[(Scope.NAME, Channel.SITE)], term=TERM)
    assert [name.startswith("consents/") for name in removed] == [True]


def test_what_is_ticked_twice_is_agreed_to_once() -> None:
    form = record(maker().pk, sheet=SHEET, agreed=[(Scope.NAME, Channel.SITE)] * 2, term=TERM)
    assert form.consents.count() == 1


def test_the_database_takes_no_form_of_tomorrow_and_none_that_is_silent_on_the_law() -> None:
    form = consent(maker(), Scope.NAME)
    form.signed_on = TODAY + DAY
    form.pk = None
    with pytest.raises(IntegrityError, match="in the future"), transaction.atomic():
        form.save(force_insert=True)
    form.signed_on = TODAY
    for name in ("subject", "operator", "purpose", "data", "validity", "deletion"):
        kept = getattr(form, name)
        setattr(form, name, "")
        with pytest.raises(IntegrityError, match="says_all"), transaction.atomic():
            form.save(force_insert=True)
        setattr(form, name, kept)
    form.save(force_insert=True)


def test_a_minor_is_shown_without_a_branch() -> None:
    artisan = minor()
    consent(artisan, Scope.NAME, valid_until=TODAY + DAY, signers=BOTH)
    found = shown(artisan)

    assert found is not None
    assert (found.display_name, found.branch, found.portrait) == ("Nar", None, None)


def test_who_was_a_minor_when_it_was_signed_is_not_shown_from_the_birthday_on() -> None:
    artisan = maker(private__birth_date=years_old(18))
    birthday = TODAY.replace(day=1)
    consent(artisan, Scope.NAME, valid_from=birthday - 2 * DAY, valid_until=birthday - DAY, signers=BOTH)
    assert shown(artisan) is None


def test_a_birth_date_cannot_be_changed_against_the_consents() -> None:
    artisan = maker()
    consent(artisan, Scope.NAME)
    for birth_date in (None, years_old(15)):
        with pytest.raises(IntegrityError, match="cannot have given"), transaction.atomic():
            ArtisanPrivate.objects.filter(pk=artisan.pk).update(birth_date=birth_date)


def test_a_birth_date_cannot_be_deleted_and_written_anew_against_the_consents() -> None:
    artisan, other = maker(), maker()
    consent(artisan, Scope.FACE)
    record_of = ArtisanPrivate.objects.filter(pk=artisan.pk)
    with pytest.raises(IntegrityError, match="checked against"), transaction.atomic():
        record_of.delete()
    ArtisanPrivate.objects.filter(pk=other.pk).delete()
    with pytest.raises(IntegrityError, match="checked against"), transaction.atomic():
        record_of.update(artisan=other)

    artisan.consents.update(withdrawn_at=timezone.now())
    record_of.delete()
    ArtisanPrivate.objects.create(artisan=artisan, legal_name="Məmmədova Sevil", birth_date=years_old(15))


def test_a_birth_date_is_checked_where_it_is_written_first() -> None:
    """As after a row that was removed past the shop."""
    artisan = maker()
    consent(artisan, Scope.FACE)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM artisans_artisanprivate WHERE artisan_id = %s", [artisan.pk])
        cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(IntegrityError, match="cannot have given"), transaction.atomic():
        ArtisanPrivate.objects.create(artisan=artisan, legal_name="a", birth_date=years_old(15))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("is_locked", [True, False])
def test_a_birth_date_that_changes_at_the_same_moment_waits_for_the_consent(is_locked: bool) -> None:
    """And the control: without the lock both are written, and a minor's face may be shown."""
    artisan = maker()
    written, changed = Event(), Event()

    def agrees() -> None:
        with transaction.atomic():
            consent(artisan, Scope.FACE)
            written.set()
            changed.wait(timeout=1)

    def is_found_to_be_young() -> None:
        written.wait(timeout=30)
        ArtisanPrivate.objects.filter(pk=artisan.pk).update(birth_date=years_old(15))
        changed.set()

    with nullcontext() if is_locked else _without_the_lock():
        outcomes = all_at_once([agrees, is_found_to_be_young])
    if not is_locked:
        assert outcomes == [None, None]
        return
    assert outcomes[0] is None
    assert isinstance(outcomes[1], IntegrityError)
    assert "cannot have given" in str(outcomes[1])


@contextmanager
def _without_the_lock() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('artisans_check_consent'::regproc)")
        [definition] = cursor.fetchone()
        careless = definition.replace(" FOR SHARE", "")
        assert careless != definition
        cursor.execute(careless)
        try:
            yield
        finally:
            cursor.execute(definition)


def test_nothing_is_withdrawn_before_it_was_given() -> None:
    form = consent(maker(), Scope.NAME, valid_from=TODAY - 2 * DAY)
    signed_at = timezone.make_aware(datetime.combine(TODAY - 2 * DAY, time.min))
    with pytest.raises(IntegrityError, match="on the day of its signature at the earliest"), transaction.atomic():
        form.consents.update(withdrawn_at=signed_at - timedelta(seconds=1))
    another = form.consents.get()
    another.withdrawn_at = signed_at - timedelta(seconds=1)
    with translation.override("en"), pytest.raises(ValidationError, match="day of its signature at the earliest"):
        another.full_clean()
    another.withdrawn_at = signed_at
    another.full_clean()
    another.pk, another.scope, another.withdrawn_at = None, Scope.STORY, signed_at - DAY
    with pytest.raises(IntegrityError, match="on the day of its signature at the earliest"), transaction.atomic():
        another.save()
    assert form.consents.filter(withdrawn_at=None).count() == form.consents.count() == 1
    form.consents.update(withdrawn_at=signed_at)
    assert not form.consents.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize(
    ("first", "last", "is_shown"),
    [(-30, -1, False), (-30, 0, True), (0, 30, True), (1, 30, False)],
)
def test_a_consent_holds_from_its_first_day_to_its_last(first: int, last: int, is_shown: bool) -> None:
    artisan = maker()
    consent(artisan, Scope.NAME, valid_from=TODAY + first * DAY, valid_until=TODAY + last * DAY)
    assert (shown(artisan) is not None) is is_shown
    assert Consent.objects.live().exists() is is_shown


def test_what_is_withdrawn_is_not_shown() -> None:
    artisan = maker()
    consent(artisan, Scope.NAME, Scope.STORY)
    Consent.objects.filter(scope=Scope.NAME).update(withdrawn_at=timezone.now())
    found = shown(artisan)

    assert found is not None
    assert (found.display_name, found.slug) == ("", artisan.code.lower())
    Consent.objects.filter(scope=Scope.STORY).update(withdrawn_at=timezone.now())
    assert shown(artisan) is None


def test_one_channel_says_nothing_of_another() -> None:
    artisan = maker(story_az="Sevdiyim işdir.")
    consent(artisan, Scope.NAME, channel=Channel.PRESS)
    consent(artisan, Scope.STORY)
    on_site, in_press = shown(artisan), shown(artisan, Channel.PRESS)

    assert on_site is not None
    assert in_press is not None
    assert (on_site.display_name, on_site.story) == ("", "Sevdiyim işdir.")
    assert (in_press.display_name, in_press.story) == ("Nar", "")
    assert shown(artisan, Channel.PRINT) is None


def test_forms_and_consents_are_only_added_to() -> None:
    form = consent(maker(), Scope.NAME)
    withdrawn = form.consents.get()
    refused: list[Callable[[], object]] = [
        lambda: ConsentForm.objects.filter(pk=form.pk).update(subject="x"),
        lambda: Consent.objects.filter(pk=withdrawn.pk).update(scope=Scope.FACE),
        Consent.objects.filter(pk=withdrawn.pk).delete,
        ConsentForm.objects.filter(pk=form.pk).delete,
    ]
    for change in refused:
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    Consent.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(IntegrityError, match="only withdrawn, and once"), transaction.atomic():
        Consent.objects.update(withdrawn_at=None)
