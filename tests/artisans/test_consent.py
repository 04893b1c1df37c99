"""What makers agreed to: recorded as signed, refused with a sentence, shown as far as it goes and no further."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from artisans.consent import Contents, Explanation, NotAllowed, Sheet, Signers, Term, record
from artisans.models import Artisan, ArtisanPrivate, Channel, Consent, ConsentForm, PublicArtisan, Scope
from tests.factories import ArtisanFactory, consent

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
