"""Taking back consents: gone from pages, database, history and storage, and again after a restored backup."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation

from artisans import statements
from artisans.models import Artisan, ArtisanPhoto, Channel, Consent, Scope, Statement, Thanks, Withdrawal
from catalog import photos, withdrawal_documents, withdrawals
from catalog.models import Photo, Product, ProductEvent, ProductMaker, Proposal
from dostshop.background.models import Job
from dostshop.erasing import erase
from dostshop.pages.models import Page
from tests.artisans.test_statements import LAST, told_life
from tests.catalog.test_photos import as_bytes, files_in, red_above_blue
from tests.factories import ArtisanFactory, CollectionFactory, PhotoFactory, UserFactory, consent, piece, thanks_for
from tests.racing import after_all_have_come, all_at_once
from tests.residue import residue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

NAME, STORY = "Qızılquşcan", "Zərgərkəndli sözlər"


def make_maker() -> Artisan:
    """With name, story, face and place on the site, a portrait, and a piece with a photo that shows the maker.

    Staff have said the name among themselves.
    """
    artisan: Artisan = ArtisanFactory.create(
        slug="qizilquscan", display_name_az=NAME, story_az=STORY, place_az="Zərgərkənd", agreed=()
    )
    consent(artisan, Scope.NAME, Scope.STORY, Scope.FACE, Scope.PLACE)
    variant = piece()
    ProductMaker.objects.create(product=variant.product, artisan=artisan, share=100)
    upload = SimpleUploadedFile("IMG_1.JPG", as_bytes(red_above_blue()))
    photo = Photo.objects.create(product=variant.product, original=upload, alt="Usta", shows_person=True)
    photo.people.add(artisan)
    photos.render(photo)
    portrait_of(artisan)
    say_among_staff(variant.product)
    return artisan


def say_among_staff(product: Product) -> Proposal:
    """A word of the instructor, and of whoever reviewed it, with the name; and a voice note."""
    reason = f"Şəkildə {NAME} görünür."
    ProductEvent.objects.create(product=product, kind=ProductEvent.Kind.CHANGES_ASKED, reason=reason)
    recording = SimpleUploadedFile("note.webm", b"\x1aE\xdf\xa3" + NAME.encode())
    return Proposal.objects.create(product=product, words=f"{NAME}ın ilk işi", voice_note=recording)


def portrait_of(artisan: Artisan) -> ArtisanPhoto:
    upload = SimpleUploadedFile("IMG_1.JPG", as_bytes(red_above_blue()))
    portrait = ArtisanPhoto.objects.create(artisan=artisan, original=upload, alt="Usta")
    photos.render(portrait)
    return portrait


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
    assert not Photo.objects.exists()
    assert not ArtisanPhoto.objects.exists()
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


@pytest.mark.parametrize(
    "written",
    [
        "Qızılquşcanın işi",
        "QIZILQUŞCANDAN",
        "usta Qızılquşcan M. toxuyub",
    ],
)
def test_a_name_is_found_as_it_is_written_wherever_it_stands(maker: Artisan, written: str) -> None:
    Artisan.objects.filter(pk=maker.pk).update(**{"display_name_az": "Qızılquşcan M."} if "M." in written else {})
    maker.refresh_from_db()
    product = Product.objects.get(makers__artisan=maker)
    product.care = written
    product.save()
    other = piece(name_az="Kasa")
    PhotoFactory.create(product=other.product, alt_az=written)
    other_maker = ArtisanFactory.create(story_az=f"{written} müəllimimdir")
    collection = CollectionFactory.create(slug="qizilquscanin-isleri", text_az=written)
    page = Page.objects.create(slug="about-us", title="Haqqımızda", body=written)
    found = withdrawals.effects(maker, scopes=[Scope.NAME]).mentioned_in
    slug = "qizilquscanin-isleri" if "M." in written else f"#{collection.pk}"
    assert set(found) == {product.code, other.product.code, other_maker.code, slug, page.slug}


def test_history_forgets_by_whose_it_is_and_keeps_that_of_others(maker: Artisan) -> None:
    """Former names, names within a text, and pages of others."""
    actor = UserFactory.create()
    product = Product.objects.get(makers__artisan=maker)
    other = piece().product

    def note(row: Any, said: str, *, called: str) -> LogEntry:
        return LogEntry.objects.create(
            user=actor,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=called,
            action_flag=CHANGE,
            change_message=json.dumps([{"added": {"name": "maker", "object": said}}]),
        )

    note(maker, "x", called="Durna")
    note(product, "Durna 100.00 %", called="Kasa")
    note(product, f"Usta {NAME}", called="Kasa")
    note(other, f"{NAME} 30.00 %", called="Kasa")
    collection = note(CollectionFactory.create(slug="novruz"), "x", called=f"{NAME}ın işləri")
    kept = note(other, f"{NAME} Kiçik 50.00 %", called="Kasa")
    withdrawals.withdraw(maker.pk)
    assert list(residue("Durna")) == []
    for entry in (collection, kept):
        entry.refresh_from_db()
    assert collection.object_repr.startswith("#")
    assert json.loads(kept.change_message) == [{"added": {"name": "maker", "object": f"{NAME} Kiçik 50.00 %"}}]
    kept.delete()
    assert list(residue(NAME)) == []


def test_files_of_former_pictures_go_too(maker: Artisan, own_storage: Path) -> None:
    portrait = ArtisanPhoto.objects.get()
    former = str(portrait.original.name)
    portrait.original = SimpleUploadedFile("IMG_2.JPG", as_bytes(red_above_blue()))
    portrait.save()
    photos.render(portrait)
    # As of a worker that ended between storing a file and writing it down.
    storages["renditions"].save(f"people/{portrait.key}/lost-320.avif", ContentFile(b"x"))
    assert former in files_in(own_storage / "default")
    withdrawals.withdraw(maker.pk)
    remove_files()
    assert files_in(own_storage / "renditions") == set()
    assert {name.split("/")[0] for name in files_in(own_storage / "default")} == {"withdrawals"}


def test_unnamed_faces_on_the_makers_pieces_are_told(maker: Artisan) -> None:
    product = Product.objects.get(makers__artisan=maker)
    assert withdrawals.effects(maker, scopes=[Scope.FACE]).unnamed_faces == []
    PhotoFactory.create(product=product, shows_person=True)
    assert withdrawals.effects(maker, scopes=[Scope.NAME]).unnamed_faces == []
    withdrawal = withdrawals.withdraw(maker.pk, scopes=[Scope.FACE])
    assert withdrawal.report["unnamed_faces"] == [product.code]
    assert any(product.code in line for line in withdrawal_documents.to_look_at(withdrawal))


def test_every_address_that_was_shown_is_gone(client: Client) -> None:
    story, hidden, lapsed = (ArtisanFactory.create(slug=slug, agreed=()) for slug in ("serce", "durna", "lacin"))
    consent(story, Scope.STORY)
    consent(hidden, Scope.NAME)
    yesterday = timezone.localdate() - timedelta(days=1)
    consent(lapsed, Scope.NAME, valid_until=yesterday)
    never = ArtisanFactory.create(slug="never", agreed=())
    consent(never, Scope.NAME, channel=Channel.PRINT)
    Artisan.objects.filter(pk=hidden.pk).update(is_public=False)
    for artisan in (story, hidden, lapsed, never):
        withdrawals.withdraw(artisan.pk)
    for slug in (story.code.lower(), "durna", hidden.code.lower(), "lacin"):
        assert client.get(f"/artisans/{slug}/").status_code == 410, slug
    # Addresses at which nothing ever was.
    for slug in ("serce", "never", never.code.lower()):
        assert client.get(f"/artisans/{slug}/").status_code == 404, slug


def test_a_tombstone_is_there_before_the_worker_ran(maker: Artisan) -> None:
    withdrawals.withdraw(maker.pk)
    Withdrawal.objects.all().delete()
    consent(maker, Scope.NAME)
    assert [applied.artisan for applied in withdrawals.apply()] == [maker]


def test_what_was_signed_after_a_withdrawal_stands_when_it_is_applied_again(maker: Artisan) -> None:
    """As where staff recorded a new form on a restored backup, before the tombstones were applied."""
    taken_back = withdrawals.withdraw(maker.pk, scopes=[Scope.NAME, Scope.STORY])
    tombstone = withdrawals._as_tombstone(taken_back)
    tombstone["withdrawn_at"] = (timezone.now() - timedelta(days=2)).isoformat()
    taken_back.delete()
    before: dict[str, Any] = {"display_name_az": NAME, "story_az": STORY}
    Artisan.objects.filter(pk=maker.pk).update(**before)
    old = consent(maker, Scope.NAME, Scope.STORY, valid_from=timezone.localdate() - timedelta(days=3))
    new = consent(maker, Scope.NAME, valid_from=timezone.localdate() - timedelta(days=1))

    assert withdrawals._apply_one(taken_back.key, tombstone) is not None
    maker.refresh_from_db()
    assert (maker.display_name, maker.story) == (NAME, "")
    assert not old.consents.filter(withdrawn_at=None).exists()
    assert new.consents.filter(withdrawn_at=None).count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_tombstone_that_the_page_and_the_task_write_at_once_is_one(
    own_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artisan = ArtisanFactory.create()
    withdrawal = withdrawals.withdraw(artisan.pk)
    erase(default_storage, "withdrawals/")
    both = [partial(withdrawals._keep_tombstone, withdrawal), partial(withdrawals.clear_away, withdrawal.pk)]
    with monkeypatch.context() as together:
        together.setattr(default_storage, "save", after_all_have_come(default_storage.save, callers=2))
        assert all_at_once(both) == [None, None]
    assert files_in(own_storage / "default") == {f"withdrawals/{withdrawal.key}.json"}
    assert withdrawals.apply() == []


def test_a_tombstone_never_hits_another_maker(maker: Artisan) -> None:
    withdrawals.withdraw(maker.pk)
    remove_files()
    Withdrawal.objects.all().delete()
    # A backup from before the maker was there; then somebody new got the key.
    after: dict[str, Any] = {"code": "ZZZZZZ", "display_name_az": "Durna", "story_az": "Sözlər"}
    Artisan.objects.filter(pk=maker.pk).update(**after)
    assert withdrawals.apply() == []
    maker.refresh_from_db()
    assert maker.display_name == "Durna"


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
    consent(maker, Scope.NAME, Scope.FACE)
    thanks_for(maker, words=f"{NAME}, sağ olun", is_shown=True)
    portrait = portrait_of(maker)
    assert portrait.largest
    assert portrait.largest["name"] in files_in(own_storage / "renditions")
    call_command("apply_withdrawals")
    remove_files()
    assert list(residue(NAME, folders=(own_storage,))) == []
    assert not ArtisanPhoto.objects.exists()
    assert files_in(own_storage / "renditions") == set()
    assert {name.split("/")[0] for name in files_in(own_storage / "default")} == {"withdrawals"}


def test_the_files_go_by_a_task_of_the_same_transaction(maker: Artisan) -> None:
    withdrawal = withdrawals.withdraw(maker.pk)
    assert Job.objects.get(task_name=withdrawals.clear_away.name).args == {"withdrawal_pk": withdrawal.pk}


def test_it_is_called_by_its_day_in_baku() -> None:
    artisan = ArtisanFactory.create()
    after_midnight = datetime(2026, 11, 22, 21, 35, tzinfo=UTC)
    assert str(Withdrawal(artisan=artisan, withdrawn_at=after_midnight)) == f"{artisan.code} 23.11.2026"
