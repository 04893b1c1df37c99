"""Voice notes: which sounds are kept, for whom, and what players are sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from catalog import publishing, studio, voice_notes
from catalog.models import Product, Proposal
from dostshop.accounts.models import Role, User
from tests.admin.conftest import signed_in, staff
from tests.catalog.test_studio_rights import member
from tests.factories import BranchFactory, ProductFactory, UserFactory, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]

WEBM = b"\x1aE\xdf\xa3" + bytes(range(96))


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def instructor() -> User:
    return member(Role.INSTRUCTOR, "baku")


@pytest.fixture
def draft(instructor: User) -> Product:
    product: Product = ProductFactory.create(state=Product.State.DRAFT)
    Proposal.objects.create(product=product, instructor=instructor, words="Blue")
    return product


def sound(content: bytes = WEBM, name: str = "IMG_20260101_Sevil.webm") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def url_of(product: Product, rest: str = "") -> str:
    return f"/en/studio/{product.code.lower()}/voice-note/{rest}"


@pytest.mark.parametrize(
    ("head", "ending"),
    [
        (b"\x1aE\xdf\xa3", ".webm"),
        (b"OggS\0\2", ".ogg"),
        (b"fLaC", ".flac"),
        (b"#!AMR\n", ".amr"),
        (b"ID3\4", ".mp3"),
        (b"\xff\xfb\x90", ".mp3"),
        (b"\xff\xf1\x50", ".aac"),
        (b"\0\0\0\x18ftypM4A ", ".m4a"),
        (b"RIFF\0\0\0\0WAVEfmt ", ".wav"),
    ],
)
def test_what_a_phone_records_is_known_by_its_bytes(instructor: User, draft: Product, head: bytes, ending: str) -> None:
    answer = signed_in(instructor).post(url_of(draft, "add/"), {"voice_note": sound(head + bytes(50), "note.html")})
    assert answer["Location"].endswith("#voice-note")
    name = Proposal.objects.get().voice_note.name
    assert str(name).endswith(ending)
    heard = signed_in(instructor).get(url_of(draft))
    assert (heard.content, heard["Content-Type"]) == (head + bytes(50), voice_notes.TYPES[ending])
    assert heard["Cache-Control"] == "private, no-store"
    assert heard["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "content", [b"<html><script>", b"\xff\xd8\xff\xe0\0\x10JFIF", b"\xff", b"%PDF-1.7", b"RIFF0000WEBP"]
)
def test_what_is_no_sound_is_refused_and_nothing_is_lost(instructor: User, draft: Product, content: bytes) -> None:
    fields = {"piece-here": "1", "piece-craft": draft.craft_id, "piece-pieces": "1", "piece-words": "Very blue"}
    page = signed_in(instructor).post(url_of(draft, "add/"), {**fields, "voice_note": sound(content)})
    assert "This is not a sound recording" in page.content.decode()
    proposal = Proposal.objects.get()
    assert (proposal.words, bool(proposal.voice_note)) == ("Very blue", False)
    assert not default_storage.exists("voice-notes")


def test_an_hour_is_too_long(instructor: User, draft: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_notes, "MAX_BYTES", len(WEBM) - 1)
    page = signed_in(instructor).post(url_of(draft, "add/"), {"voice_note": sound()})
    assert "longer than fits" in page.content.decode()
    assert not Proposal.objects.get().voice_note


def test_the_phones_own_name_is_not_kept(instructor: User, draft: Product) -> None:
    voice_notes.keep(draft.pk, file=sound(), actor=instructor)
    assert "Sevil" not in str(Proposal.objects.get().voice_note)


def test_nothing_is_kept_of_a_piece_that_was_sent(instructor: User, draft: Product, own_storage: Path) -> None:
    Product.objects.update(state=Product.State.SUBMITTED)
    with pytest.raises(publishing.NotNow):
        voice_notes.keep(draft.pk, file=sound(), actor=instructor)
    assert [path for path in own_storage.rglob("*") if path.is_file()] == []


def test_a_player_gets_the_part_that_it_asks_for(instructor: User, draft: Product) -> None:
    voice_notes.keep(draft.pk, file=sound(), actor=instructor)
    client = signed_in(instructor)

    def part(wanted: str) -> tuple[int, bytes, str]:
        answer = client.get(url_of(draft), headers={"Range": wanted})
        return answer.status_code, answer.content, answer.get("Content-Range", "")

    assert part("bytes=0-1") == (206, WEBM[:2], "bytes 0-1/100")
    assert part("bytes=90-") == (206, WEBM[90:], "bytes 90-99/100")
    assert part("bytes=0-999999") == (206, WEBM, "bytes 0-99/100")
    assert part("bytes=100-") == (416, b"", "bytes */100")
    assert part("bytes=1-2,4-5") == (200, WEBM, "")


def test_only_staff_and_the_branchs_instructors_hear_it(instructor: User, draft: Product) -> None:
    voice_notes.keep(draft.pk, file=sound(), actor=instructor)
    baku, barda = BranchFactory.create(slug="baku"), BranchFactory.create(slug="barda")
    allowed = [
        *(instructor, worker(), member(Role.CENTRE_STAFF)),
        staff(Role.BRANCH_STAFF, "view_product", branch=baku),
    ]
    refused = [
        *(UserFactory.create(), member(Role.INSTRUCTOR, "barda"), staff(Role.BRANCH_STAFF, branch=baku)),
        staff(Role.BRANCH_STAFF, "view_product", branch=barda),
    ]
    assert [signed_in(user).get(url_of(draft)).status_code for user in allowed] == [200] * 4
    assert [signed_in(user).get(url_of(draft)).status_code for user in refused] == [404] * 4
    assert "/accounts/login/" in Client().get(url_of(draft))["Location"]


def test_removing_it_leaves_none(instructor: User, draft: Product) -> None:
    voice_notes.keep(draft.pk, file=sound(), actor=instructor)
    client = signed_in(instructor)
    client.post(url_of(draft, "remove/"))
    assert client.get(url_of(draft)).status_code == 404
    assert not Proposal.objects.get().voice_note
    assert studio.is_deletable(draft)
