"""What waits to be reviewed, and for whom; and that a face without consent stops publishing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from artisans import dignity
from artisans.consent import Signers
from artisans.models import (
    Artisan,
    ArtisanPhoto,
    ArtisanPrivate,
    Branch,
    Channel,
    Consent,
    ConsentForm,
    Scope,
    Withdrawal,
)
from catalog import publishing, review, withdrawals
from catalog.models import Photo, Product
from dostshop.accounts.models import Role
from tests.admin.conftest import english
from tests.admin.test_rights import of
from tests.factories import ArtisanFactory, PhotoFactory, UserFactory, consent, made_by, piece

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)
ALL = review.Branches(None)
BOTH = Signers(given_by=ConsentForm.GivenBy.BOTH, representative="Məmmədov Əli")


def maker(**fields: Any) -> Artisan:
    artisan: Artisan = ArtisanFactory.create(**{"agreed": (), **fields})
    return artisan


def at_work(artisan: Artisan, **fields: Any) -> Product:
    product = piece(**fields).product
    made_by(product, artisan)
    return product


def came_of_age() -> Artisan:
    """Seventeen when it was agreed, eighteen since ten days ago."""
    birthday = TODAY - 10 * DAY
    artisan = maker(private__birth_date=birthday.replace(year=birthday.year - 18, day=min(birthday.day, 28)))
    birth_date = ArtisanPrivate.objects.get(pk=artisan.pk).birth_date
    assert birth_date is not None
    last_day = birth_date.replace(year=birth_date.year + 18) - DAY
    consent(artisan, Scope.NAME, valid_from=last_day - 30 * DAY, valid_until=last_day, signers=BOTH)
    return artisan


def test_consents_that_end_soon_the_next_one_first() -> None:
    artisan = maker()
    for days, scope in ((61, Scope.PLACE), (60, Scope.NAME), (0, Scope.STORY), (-1, Scope.FACE)):
        consent(artisan, scope, valid_until=TODAY + days * DAY)
    assert [one.scope for one in review.ending(ALL).rows] == [Scope.STORY, Scope.NAME]


def test_makers_with_pieces_in_the_shop_and_no_consent() -> None:
    asked = maker()
    consent(asked, Scope.NAME)
    over = maker()
    consent(over, Scope.NAME, valid_until=TODAY - DAY)
    silent, without_pieces, with_a_draft = maker(), maker(), maker()
    for artisan in (asked, over, silent):
        at_work(artisan)
    at_work(with_a_draft, state=Product.State.DRAFT)
    assert without_pieces not in review.silent(ALL).rows
    assert set(review.silent(ALL).rows) == {over, silent}


def test_who_said_no_is_left_alone_for_a_year() -> None:
    artisan = maker()
    consent(artisan, Scope.NAME, Scope.STORY)
    at_work(artisan)
    withdrawals.withdraw(artisan.pk, scopes=[Scope.STORY])
    assert artisan not in review.silent(ALL).rows
    withdrawals.withdraw(artisan.pk)
    assert artisan not in review.silent(ALL).rows
    Withdrawal.objects.update(withdrawn_at=timezone.now() - 366 * DAY)
    assert review.silent(ALL).rows == [artisan]


def test_makers_with_pieces_in_the_shop_and_no_birth_date() -> None:
    known, unknown, without_record, without_pieces = (
        maker(),
        maker(private__birth_date=None),
        maker(),
        maker(private__birth_date=None),
    )
    ArtisanPrivate.objects.filter(pk=without_record.pk).delete()
    products = [at_work(artisan) for artisan in (known, unknown, without_record)]
    assert [product.shown_branch is None for product in products] == [False, True, True]
    assert set(review.of_unknown_age(ALL).rows) == {unknown, without_record}
    assert without_pieces not in review.of_unknown_age(ALL).rows


def test_who_came_of_age_is_asked_again_until_there_is_an_answer() -> None:
    grown, still_minor, never = came_of_age(), maker(private__birth_date=TODAY - 15 * 366 * DAY), maker()
    consent(still_minor, Scope.NAME, valid_until=TODAY + DAY, signers=BOTH)
    at_work(grown)
    at_work(never)
    assert review.grown_up(ALL).rows == [grown]
    # In one queue, not in two.
    assert review.silent(ALL).rows == [never]
    consent(grown, Scope.NAME, valid_from=TODAY)
    assert review.grown_up(ALL).rows == []


def test_who_took_it_back_is_not_asked_again() -> None:
    came_of_age()
    Consent.objects.update(withdrawn_at=timezone.now())
    assert review.grown_up(ALL).rows == []


def nobody_named(photo: Photo) -> None:
    pass


def somebody(*scopes: Scope) -> Artisan:
    artisan = maker()
    if scopes:
        consent(artisan, *scopes)
    return artisan


def one_without(photo: Photo) -> None:
    photo.people.add(somebody(Scope.FACE), somebody(Scope.NAME))


def everybody(photo: Photo) -> None:
    photo.people.add(somebody(Scope.FACE), somebody(Scope.FACE))


@pytest.mark.parametrize(("name", "is_lacking"), [(nobody_named, True), (one_without, True), (everybody, False)])
def test_a_face_without_consent_is_reviewed_and_stops_publishing(
    name: Callable[[Photo], None], is_lacking: bool
) -> None:
    product = at_work(maker(), state=Product.State.DRAFT)
    photo = PhotoFactory.create(product=product, shows_person=True)
    name(photo)
    assert (photo in review.faces(ALL).rows) is is_lacking
    if is_lacking:
        with (
            translation.override("en"),
            pytest.raises(publishing.NotReady, match="consent of everybody"),
        ):
            publishing.publish(product.pk)
        photo.people.clear()
        Photo.objects.update(shows_person=False)
    publishing.publish(product.pk)
    product.refresh_from_db()
    assert product.state == Product.State.PUBLISHED


def test_makers_pictures_wait_for_a_consent_for_the_face() -> None:
    without, elsewhere, with_consent = maker(), maker(), maker()
    consent(elsewhere, Scope.FACE, channel=Channel.PRINT)
    consent(with_consent, Scope.FACE)
    portraits = [ArtisanPhoto.objects.create(artisan=one) for one in (without, elsewhere, with_consent)]
    assert set(review.portraits(ALL).rows) == set(portraits[:2])


def test_texts_with_words_of_pity() -> None:
    good, archived = piece(), piece(description_az="Xəstələrin işi", state=Product.State.ARCHIVED)
    by_language = {
        "az": piece(description_az="Xəstələrin əl işi").product,
        "ru": piece(name_ru="Ваза несчастного мастера").product,
        "en": piece(description_en="By one who Suffers from\nit").product,
    }
    patterns = dignity.patterns()
    found = review.pitying_products(ALL, patterns).rows
    assert set(found) == set(by_language.values())
    assert {good.product, archived.product}.isdisjoint(found)
    assert review.words_in(by_language["ru"], patterns) == ["несчастного"]
    told = maker(story_az="Mən yazığam.")
    maker(story_az="İşimi sevirəm.")
    assert review.pitying_makers(ALL, patterns).rows == [told]


def test_no_word_means_no_text() -> None:
    piece(description_az="Xəstə")
    assert review.pitying_products(ALL, {}).rows == []


def test_a_long_queue_is_counted_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "MOST_SHOWN", 2)
    for _ in range(3):
        at_work(maker())
    queue = review.silent(ALL)
    assert (len(queue.rows), queue.count) == (2, 3)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_review(role: Role) -> None:
    response = of(role).get(reverse("admin:catalog_review"))
    # Instructors are sent away at the admin's door.
    expected = {Role.BRANCH_STAFF: 200, Role.CENTRE_STAFF: 200, Role.INSTRUCTOR: 302}.get(role, 403)
    assert response.status_code == expected


def test_strangers_are_kept_out(client: Client) -> None:
    address = reverse("admin:catalog_review")
    assert client.get(address).status_code == 302
    client.force_login(UserFactory.create())
    assert client.get(address, follow=True).status_code == 403


def test_branch_staff_review_their_own_branch() -> None:
    barda = Branch.objects.get(slug="barda")
    ours, theirs = maker(display_name_az="Bizim"), maker(display_name_az="Onların", branch=barda)
    for artisan in (ours, theirs):
        product = at_work(artisan, branch=artisan.branch, name_az=f"{artisan} xəstə", name_en=f"{artisan} xəstə")
        PhotoFactory.create(product=product, shows_person=True)
    for slug, mine, others in (("baku", "Bizim", "Onların"), ("barda", "Onların", "Bizim")):
        page = of(Role.BRANCH_STAFF, slug).get(english("catalog_review")).content.decode()
        assert page.count(mine) == 3
        assert others not in page
    page = of(Role.CENTRE_STAFF).get(english("catalog_review")).content.decode()
    assert page.count("Bizim") == page.count("Onların") == 3


def test_the_pages_query_count(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        product = at_work(maker(), description_az="Xəstə")
        PhotoFactory.create(product=product, shows_person=True)
        consent(maker(story_az="Yazıq"), Scope.NAME, valid_until=TODAY + DAY)
    client = of(Role.BRANCH_STAFF)
    with django_assert_num_queries(18):
        client.get(english("catalog_review"))


def test_a_warning_and_no_refusal_on_saving(administrator_client: Client) -> None:
    artisan = maker(display_name_az="Nar")
    page = english("artisans_artisan_change", artisan.pk)
    typed = {
        "branch": artisan.branch_id,
        "slug": artisan.slug,
        "display_name_az": "Nar",
        "story_az": "Mən xəstəyəm, yazıq deyiləm.",
        "consents-TOTAL_FORMS": 0,
        "consents-INITIAL_FORMS": 0,
        "photo-TOTAL_FORMS": 0,
        "photo-INITIAL_FORMS": 0,
    }
    said = administrator_client.post(page, typed, follow=True).content.decode()
    assert "words speak of pity" in said
    assert "yazıq" in said
    artisan.refresh_from_db()
    assert artisan.story == typed["story_az"]
    said = administrator_client.post(page, {**typed, "story_az": "Toxumağı sevirəm."}, follow=True).content.decode()
    assert "words speak of pity" not in said


@pytest.fixture
def administrator_client(client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client
