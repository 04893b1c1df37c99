"""Photographs in a ZIP, named by SKU."""

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Photo, Variant
from dostshop.exchange import importing
from dostshop.exchange.models import Import
from tests.admin.conftest import english
from tests.admin.test_rights import BRANCH, CENTRE, of
from tests.exchange.bringing import bring, changes, problems, say_yes
from tests.factories import VariantFactory

pytestmark = pytest.mark.django_db

State = Import.State


def jpeg(colour: str = "teal") -> bytes:
    content = BytesIO()
    Image.new("RGB", (900, 700), colour).save(content, "JPEG")
    return content.getvalue()


def reddest(photo: Photo) -> bool:
    with photo.original.open() as file, Image.open(file) as image:
        red, _green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    return bool(red > blue)


def zipped(*files: tuple[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as package:
        for name, part in files:
            package.writestr(name, part)
    return content.getvalue()


def brought(client: Client, *files: tuple[str, bytes]) -> Import:
    return bring(client, zipped(*files), name="photos.zip", kind="photographs")


def draft(sku: str, **fields: str) -> Variant:
    variant: Variant = VariantFactory.create(sku=sku, product__state="draft", product__published_at=None, **fields)
    return variant


@pytest.fixture
def staff() -> Client:
    return of(CENTRE)


def test_each_photograph_goes_to_the_piece_of_its_sku(staff: Client) -> None:
    jug, other = draft("K-17"), draft("K-17-2")
    back = brought(
        staff,
        *(("photos/K-17-3.JPG", jpeg("red")), ("K-17.jpeg", jpeg("blue")), ("K-17-2.jpg", jpeg("pink"))),
        *(("__MACOSX/._K-17.jpg", b"x"), (".DS_Store", b"x"), ("photos/", b"")),
    )
    assert (back.rows, problems(back)) == (3, [])
    assert not Photo.objects.exists()
    assert say_yes(staff, back).state == State.APPLIED
    first, second = jug.product.photos.order_by("position")
    # The red one has the higher number.
    assert [reddest(photo) for photo in (first, second)] == [False, True]
    [own] = other.product.photos.all()
    assert (own.shows_person, own.original_width, own.original_height) == (None, 900, 700)
    assert ProcrastinateJob.objects.filter(task_name="catalog.render_picture").count() == 3


def test_what_is_no_photograph_or_nobodys_is_told_and_nothing_is_taken(staff: Client) -> None:
    draft("K-1")
    VariantFactory.create(sku="SHOP")
    back = brought(
        staff,
        ("K-1.jpg", jpeg()),
        ("K-1-2.jpg", jpeg()[:2000]),
        ("K-1-3.gif", b"GIF89a"),
        ("K-1-4.png", b"<svg/>"),
        ("NOBODY.jpg", jpeg()),
        ("SHOP.jpg", jpeg()),
        ("../../etc/k-9.jpg", jpeg()),
        ("a/K-1-5.jpg", jpeg()),
        ("b/K-1-5.jpg", jpeg("red")),
    )
    told = {line.name: line.problems[0][1][:24] for line in back.lines.wrong()}
    assert told == {
        "K-1-2.jpg": "This picture is damaged ",
        "K-1-3.gif": "This is not a picture th",
        "K-1-4.png": "This is not a picture th",
        "NOBODY.jpg": "No piece of yours has th",
        "SHOP.jpg": "This piece is in the sho",
        "k-9.jpg": "No piece of yours has th",
        "K-1-5.jpg": "This name is there twice",
    }
    assert say_yes(staff, back).state == State.CHECKED
    assert not Photo.objects.exists()


def test_a_piece_has_no_more_than_eight(staff: Client) -> None:
    draft("K-1")
    back = brought(staff, *((f"K-1-{number}.jpg", jpeg()) for number in range(1, 11)))
    assert [sentence[:28] for _row, _column, sentence in problems(back)] == ["A piece has at most 8 photos"] * 2
    assert len(changes(back)) == 8


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK no zip", "This ZIP is damaged."),
        (zipped(), "There is no photograph in this ZIP."),
        (zipped(*((f"{n}.jpg", b"") for n in range(501))), "A ZIP has at most 500 photographs."),
    ],
)
def test_each_bad_zip_has_its_sentence(staff: Client, content: bytes, sentence: str) -> None:
    back = bring(staff, content, name="a.zip", kind="photographs")
    page = staff.get(english("exchange_import_change", back.pk)).content.decode()
    assert back.state == State.UNREADABLE
    assert sentence in page


def test_a_file_that_unpacks_to_much_is_not_unpacked(staff: Client) -> None:
    draft("K-1")
    back = brought(staff, ("K-1.png", b"\0" * 41_000_000))
    assert problems(back)[0][2].startswith("This file is larger than 40 megabytes.")


def test_where_it_fails_no_original_stays(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    draft("K-1")
    back = brought(staff, ("K-1.jpg", jpeg()))
    stored = []

    def fails(photo: Photo) -> None:
        stored.append(str(photo.original.name))
        raise MemoryError

    monkeypatch.setattr("catalog.tasks.render_later", fails)
    staff.post(english("exchange_import_apply", back.pk), {"digest": back.digest})
    with pytest.raises(MemoryError):
        importing.apply_import(pk=back.pk)
    assert len(stored) == 1
    assert not default_storage.exists(stored[0])
    assert not Photo.objects.exists()
    # Tried again, it goes on.
    monkeypatch.undo()
    importing.apply_import(pk=back.pk)
    assert Photo.objects.get().original.name == stored[0]


def test_a_branch_brings_photographs_of_its_own_pieces(db: None) -> None:
    draft("OURS")
    draft("THEIRS", product__branch__slug="barda")
    back = brought(of(BRANCH), ("OURS.jpg", jpeg()), ("THEIRS.jpg", jpeg()))
    assert [line.name for line in back.lines.wrong()] == ["THEIRS.jpg"]
