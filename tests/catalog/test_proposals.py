"""What the studio and the Centre say to each other of a piece: how long it is kept, and what a withdrawal leaves."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from artisans.models import Artisan, Scope
from catalog import proposals, tasks, withdrawal_documents, withdrawals
from catalog.models import Product, ProductEvent, Proposal
from dostshop.background.models import Job
from tests.catalog.test_photos import files_in
from tests.catalog.test_studio_voice_notes import WEBM
from tests.catalog.test_withdrawals import NAME, make_maker, remove_files, say_among_staff
from tests.factories import PhotoFactory, ProductFactory, piece
from tests.residue import residue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

LONG_AGO = timezone.now() - timedelta(days=31)


@pytest.fixture
def maker() -> Artisan:
    return make_maker()


def test_a_withdrawn_name_goes_out_of_words_and_reasons(maker: Artisan) -> None:
    own, other = Product.objects.get(makers__artisan=maker), piece().product
    # Of another piece only what is written as a name is one.
    Proposal.objects.create(product=other, words=f"{NAME} göstərdi. Adı {NAME.lower()} da olar.")
    ProductEvent.objects.create(product=own, kind=ProductEvent.Kind.TAKEN_BACK, reason="100% ipək_deyil\\, baxın")
    assert {"catalog_proposal: 2", "catalog_productevent: 1"} <= set(residue(NAME))
    assert withdrawals.effects(maker, scopes=[Scope.STORY]).notes == 0
    assert withdrawals.effects(maker, scopes=[Scope.NAME]).notes == 3

    withdrawal = withdrawals.withdraw(maker.pk, scopes=[Scope.NAME])

    assert Proposal.objects.get(pk=own).words == "… ilk işi"
    assert Proposal.objects.get(pk=other).words == f"… göstərdi. Adı {NAME.lower()} da olar."
    reasons = [event.reason for event in own.events.all()]
    assert reasons == ["Şəkildə … görünür.", "100% ipək_deyil\\, baxın"]
    with translation.override("en"):
        assert any("3 notes among staff" in line for line in withdrawal_documents.removed(withdrawal))


@pytest.mark.parametrize(("scopes", "is_gone"), [([Scope.STORY], True), ([Scope.FACE], False)])
def test_nobody_can_look_for_words_in_a_voice_note_so_it_goes(
    maker: Artisan, own_storage: Path, scopes: list[Scope], is_gone: bool
) -> None:
    shown_in = PhotoFactory.create(shows_person=True).product
    shown_in.photos.get().people.add(maker)
    say_among_staff(shown_in)
    elsewhere = say_among_staff(piece().product)
    scopes = [*scopes, Scope.FACE]
    assert withdrawals.effects(maker, scopes=scopes).voice_notes == 2 * is_gone

    withdrawal = withdrawals.withdraw(maker.pk, scopes=scopes)
    remove_files()

    left = {name for name in files_in(own_storage / "default") if name.startswith("voice-notes/")}
    assert str(elsewhere.voice_note.name) in left
    assert len(left) == (1 if is_gone else 3)
    assert Proposal.objects.exclude(voice_note="").count() == len(left)
    with translation.override("en"):
        said = withdrawal_documents.removed(withdrawal)
    assert any("2 voice notes about pieces" in line for line in said) is is_gone


@pytest.mark.parametrize(
    "changed",
    [{"reason": "Şəkildə başqası görünür."}, {"reason": ""}, {"reason": "Şəkildə … idi."}, {"kind": "archived"}],
)
def test_a_step_is_only_ever_inserted_and_a_reason_only_forgets(maker: Artisan, changed: dict[str, str]) -> None:
    event = ProductEvent.objects.get()
    with transaction.atomic(), pytest.raises(IntegrityError, match="only ever inserted"), transaction.atomic():
        ProductEvent.objects.filter(pk=event.pk).update(**changed)
    with transaction.atomic(), pytest.raises(IntegrityError, match="only ever inserted"), transaction.atomic():
        event.delete()
    assert ProductEvent.objects.get().reason == f"Şəkildə {NAME} görünür."


def said_long_ago(state: Product.State, **fields: Any) -> Proposal:
    product = ProductFactory.create(**{"state": state, "published_at": LONG_AGO, **fields})
    recording = SimpleUploadedFile("note.webm", WEBM)
    proposal = Proposal.objects.create(product=product, words="Mavi", pieces=3, voice_note=recording)
    Proposal.objects.filter(pk=proposal.pk).update(created_at=LONG_AGO)
    return proposal


@pytest.mark.parametrize("state", list(Product.State))
def test_what_has_served_is_forgotten_after_a_month(state: Product.State, own_storage: Path) -> None:
    old, busy = said_long_ago(state), said_long_ago(state)
    ProductEvent.objects.create(product=busy.product, kind=ProductEvent.Kind.PUBLISHED)
    new = Proposal.objects.create(product=ProductFactory.create(state=state), words="Mavi")
    name = str(old.voice_note.name)

    proposals.forget_served(timestamp=0)

    is_forgotten = state in {Product.State.PUBLISHED, Product.State.ARCHIVED}
    old.refresh_from_db()
    assert (old.words, bool(old.voice_note), old.pieces) == (("", False, 3) if is_forgotten else ("Mavi", True, 3))
    for kept in (busy, new):
        kept.refresh_from_db()
        assert kept.words == "Mavi"
    jobs = Job.objects.filter(task_name=tasks.discard_files.name)
    assert [job.args for job in jobs] == [{"files": [["default", name]]}] * is_forgotten
    for job in jobs:
        tasks.discard_files(**job.args)
    assert (name in files_in(own_storage / "default")) is not is_forgotten


def test_words_about_a_piece_that_is_to_come_are_kept() -> None:
    to_come = said_long_ago(Product.State.PUBLISHED, published_at=timezone.now() + timedelta(days=9))
    proposals.forget_served(timestamp=0)
    to_come.refresh_from_db()
    assert to_come.words == "Mavi"
