"""Taking back consents: gone from pages, database, history and storage, and again after a restored backup."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from artisans import statements
from artisans.models import Artisan, ArtisanPhoto, Channel, Consent, Scope, Statement, Thanks, Withdrawal
from catalog import photos, withdrawal_documents, withdrawals
from catalog.models import Photo, Product, ProductMaker
from dostshop.background.models import Job
from tests.artisans.test_statements import LAST, told_life
from tests.catalog.test_photos import as_bytes, files_in, red_above_blue
from tests.factories import ArtisanFactory, UserFactory, consent, piece, thanks_for
from tests.residue import residue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

NAME, STORY = "Qızılquşcan", "Zərgərkəndli sözlər"


def make_maker() -> Artisan:
    """With name, story, face and place on the site, a portrait, and a piece with a photo that shows the maker."""
    artisan: Artisan = ArtisanFactory.create(
        slug="qizilquscan", display_name_az=NAME, story_az=STORY, place_az="Zərgərkənd", agreed=()
    )
    consent(artisan, Scope.NAME, Scope.STORY, Scope.FACE, Scope.PLACE)
    variant = piece()
    ProductMaker.objects.create(product=variant.product, artisan=artisan, share=100)
    upload = SimpleUploadedFile("IMG_1.JPG", as_bytes(red_above_blue()))
    photo = Photo.objects.create(product=variant.product, original=upload, alt="Usta", shows_person=True)
    photo.people.add(artisan)
    portrait = ArtisanPhoto.objects.create(artisan=artisan, original=upload, alt="Usta")
    for picture in (photo, portrait):
        photos.render(picture)
    return artisan


@pytest.fixture
def maker() -> Artisan:
    return make_maker()


def remove_files() -> None:
    for withdrawal in Withdrawal.objects.all():
        withdrawals.clear_away(withdrawal_pk=withdrawal.pk)


def test_nothing_is_left_but_what_the_law_keeps(maker: Artisan, client: Client, own_storage: Path) -> None:
    product = Product.objects.get(makers__artisan=maker)
    actor = UserFactory.create()
    said = json.dumps([{"added": {"name": "maker", "object": f"{NAME} 100.00 %"}}])
    for row, message in ((maker, ""), (product, said)):
        kind = ContentType.objects.get_for_model(row)
        LogEntry.objects.create(
            user=actor,
            content_type=kind,
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message=message,
        )
    page, shown = "/artisans/qizilquscan/", product.get_absolute_url()
    assert NAME in client.get(page).content.decode()
    assert NAME in client.get(shown).content.decode()
    assert files_in(own_storage / "renditions")
    assert {"artisans_artisan: 1", "django_admin_log: 2"} <= set(residue(NAME))
    assert "catalog_signpost: 1" in set(residue("qizilquscan"))

    withdrawals.withdraw(maker.pk)
    remove_files()

    assert client.get(page).status_code == 410
    assert NAME not in client.get(shown).content.decode()
    assert NAME not in client.get("/artisans/").content.decode()
    for word in (NAME, NAME.lower(), "qizilquscan", STORY, "zergerkendli"):
        assert list(residue(word, folders=(own_storage,))) == [], word
    assert files_in(own_storage / "renditions") == set()
    assert {name.split("/")[0] for name in files_in(own_storage / "default")} == {"withdrawals"}
    withdrawal = Withdrawal.objects.get()
    assert withdrawal.files == []
    assert withdrawal.files_gone_at is not None
    assert withdrawal.report["photos"] == 2
    assert withdrawal.report["consents"] == 4


def test_what_was_counted_before_is_what_happens(maker: Artisan) -> None:
    told = withdrawals.effects(maker, scopes=Scope.values)
    withdrawal = withdrawals.withdraw(maker.pk)
    assert (withdrawal.report["consents"], withdrawal.report["photos"]) == (told.consents, told.photos) == (4, 2)
    assert withdrawal.report["page"] is told.page is True


def test_what_another_consent_covers_stays(maker: Artisan, client: Client) -> None:
    consent(maker, Scope.NAME, channel=Channel.PRINT)
    withdrawals.withdraw(maker.pk, scopes=[Scope.NAME, Scope.FACE], channels=[Channel.SITE])
    maker.refresh_from_db()
    assert maker.display_name == NAME
    assert not ArtisanPhoto.objects.exists()
    assert client.get("/artisans/qizilquscan/").status_code == 410
    # The words stay on the site, at an address that names nobody.
    page = client.get(f"/artisans/{maker.code.lower()}/").content.decode()
    assert STORY in page
    assert NAME not in page


def test_consents_that_ended_or_begin_later_are_taken_back_too(maker: Artisan) -> None:
    today = timezone.localdate()
    consent(maker, Scope.NAME, channel=Channel.PRESS, valid_from=today.replace(year=today.year + 1))
    withdrawals.withdraw(maker.pk)
    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_a_piece_without_any_other_photo_leaves_the_shop(maker: Artisan) -> None:
    product = Product.objects.get(makers__artisan=maker)
    withdrawal = withdrawals.withdraw(maker.pk)
    product.refresh_from_db()
    assert (product.state, withdrawal.report["taken_back"]) == (Product.State.DRAFT, [product.code])


def test_statements_stay_for_the_law_and_name_nobody_as_the_shop_did(maker: Artisan) -> None:
    told_life(maker)
    statements.issue(LAST, actor=UserFactory.create())
    papers = [*Statement.objects.values_list("content", flat=True)]
    withdrawals.withdraw(maker.pk)
    remove_files()
    for word in (NAME, "qizilquscan", STORY):
        assert list(residue(word)) == [], word
    assert [*Statement.objects.values_list("content", flat=True)] == papers
    with translation.override("en"):
        assert any("statements" in line for line in withdrawal_documents.stays())


def test_without_a_withdrawal_nothing_is_applied() -> None:
    assert withdrawals.apply() == []


def test_what_nobody_agreed_to_cannot_be_taken_back() -> None:
    artisan = ArtisanFactory.create(agreed=(), display_name_az="", story_az="")
    with pytest.raises(withdrawals.NothingToWithdraw):
        withdrawals.withdraw(artisan.pk)
    assert not Withdrawal.objects.exists()


def test_texts_that_have_the_name_are_named_for_a_person_to_look_at(maker: Artisan) -> None:
    product = Product.objects.get(makers__artisan=maker)
    product.description = f"{NAME} bunu iki həftəyə toxuyub."
    product.save()
    assert withdrawals.effects(maker, scopes=[Scope.NAME]).mentioned_in == [product.code]


def test_the_words_of_buyers_forget_the_name(maker: Artisan, client: Client, own_storage: Path) -> None:
    written = thanks_for(maker, words=f"{NAME}, sağ olun! qizilquscana salam.", is_shown=True)
    kept = thanks_for(maker, words="Naxışı çox gözəldir", is_shown=True)
    unread = thanks_for(ArtisanFactory.create(), words=f"{NAME}ın işinə oxşayır")
    assert "sağ olun" in client.get("/artisans/qizilquscan/").content.decode()
    assert "artisans_thanks: 2" in set(residue(NAME))
    assert withdrawals.effects(maker, scopes=[Scope.STORY]).thanks == 0
    assert withdrawals.effects(maker, scopes=[Scope.NAME]).thanks == 2

    withdrawal = withdrawals.withdraw(maker.pk, scopes=[Scope.NAME])
    remove_files()

    for word in (NAME, NAME.lower(), "qizilquscan"):
        assert list(residue(word, folders=(own_storage,))) == [], word
    page = client.get(f"/artisans/{maker.code.lower()}/").content.decode()
    assert "sağ olun" not in page
    assert "Naxışı çox gözəldir" in page
    left = [Thanks.objects.get(pk=one.pk).words for one in (written, kept, unread)]
    assert left == ["…, sağ olun! … salam.", "Naxışı çox gözəldir", "… işinə oxşayır"]
    assert withdrawal.report["thanks"] == 2
    with translation.override("en"):
        assert any("2 buyers' words" in line for line in withdrawal_documents.removed(withdrawal))


def test_a_name_that_is_covered_elsewhere_leaves_the_site_in_buyers_words_too(maker: Artisan, client: Client) -> None:
    consent(maker, Scope.NAME, channel=Channel.PRINT)
    written = thanks_for(maker, words=f"{NAME}, sağ olun", is_shown=True)
    withdrawals.withdraw(maker.pk, scopes=[Scope.NAME], channels=[Channel.SITE])
    assert "sağ olun" not in client.get(f"/artisans/{maker.code.lower()}/").content.decode()
    written.refresh_from_db()
    assert NAME in written.words


def test_a_restored_backup_forgets_the_name_in_buyers_words_again(maker: Artisan, own_storage: Path) -> None:
    withdrawals.withdraw(maker.pk)
    remove_files()
    Withdrawal.objects.all().delete()
    before: dict[str, Any] = {"display_name_az": NAME}
    Artisan.objects.filter(pk=maker.pk).update(**before)
    consent(maker, Scope.NAME)
    thanks_for(maker, words=f"{NAME}, sağ olun", is_shown=True)
    call_command("apply_withdrawals")
    remove_files()
    assert list(residue(NAME, folders=(own_storage,))) == []


def test_the_files_go_by_a_task_of_the_same_transaction(maker: Artisan) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    assert Job.objects.get(task_name=withdrawals.clear_away.name).args == {"withdrawal_pk": withdrawal.pk}
