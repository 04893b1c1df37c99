"""Photos turned and cut: what is shown of them, and that it is what somebody chose last."""

import hashlib
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from catalog import photos
from catalog.models import Photo
from dostshop.pictures import OF_PEOPLE, Framing
from tests.catalog.test_photos import as_bytes, is_near, largest
from tests.conftest import EITHER_STORAGE
from tests.factories import piece
from tests.storing import kept_in

RED, GREEN, BLUE, YELLOW = (200, 30, 40), (30, 140, 60), (30, 60, 200), (230, 200, 30)


def four_corners(width: int = 800, height: int = 600) -> Image.Image:
    """Clockwise from the upper left."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (width // 2, height // 2, width, height))
    image.paste(YELLOW, (0, height // 2, width // 2, height))
    return image


def photo(**fields: Any) -> Photo:
    original = SimpleUploadedFile("IMG_1.JPG", as_bytes(four_corners(), quality=95))
    return Photo.objects.create(product=piece().product, shows_person=False, original=original, **fields)


def corners(shown: Image.Image) -> list[object]:
    right, lower = shown.width - 10, shown.height - 10
    return [shown.getpixel(at) for at in ((10, 10), (right, 10), (right, lower), (10, lower))]


@pytest.mark.parametrize(
    ("turn", "size", "expected"),
    [
        (0, (800, 600), (RED, GREEN, BLUE, YELLOW)),
        (90, (600, 800), (YELLOW, RED, GREEN, BLUE)),
        (180, (800, 600), (BLUE, YELLOW, RED, GREEN)),
        (270, (600, 800), (GREEN, BLUE, YELLOW, RED)),
    ],
)
def test_a_photo_is_turned_clockwise(turn: int, size: tuple[int, int], expected: tuple[Any, ...]) -> None:
    shown = largest(as_bytes(four_corners()), Framing(turn))

    assert shown.size == size
    assert all(is_near(seen, colour) for seen, colour in zip(corners(shown), expected, strict=True))


def test_a_photo_is_cut_after_it_was_turned_and_what_the_camera_said_was_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    original = as_bytes(four_corners().transpose(Image.Transpose.ROTATE_270), exif=exif)

    # Upright, then turned: yellow, red, green, blue. Without the right half and the lower quarter:
    shown = largest(original, Framing(90, right=50, bottom=25))

    assert shown.size == (300, 600)
    seen = corners(shown)
    assert is_near(seen[0], YELLOW)
    assert is_near(seen[1], YELLOW)
    assert is_near(seen[2], BLUE)
    assert is_near(seen[3], BLUE)


@pytest.mark.parametrize("framing", [Framing(left=25, right=25), Framing(90, top=60), Framing(left=30, bottom=60)])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_a_part_of_a_large_photo_is_as_sharp_as_the_photo(picture_format: str, framing: Framing) -> None:
    """It is not taken from what was made small for the whole."""
    made = photos.encode(as_bytes(four_corners(4000, 4000), picture_format), framing)

    assert max(encoded.width for encoded in made) == photos.WIDEST


def test_something_is_left_of_the_smallest_photo() -> None:
    assert largest(as_bytes(Image.new("RGB", (3, 3), RED), "PNG"), Framing(left=45, top=45, right=45, bottom=45)).size


@EITHER_STORAGE
@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
@pytest.mark.parametrize("change", [{"turn": 90}, {"cut_left": 10}, {"turn": 270, "cut_top": 5, "cut_bottom": 80}])
def test_another_framing_gets_other_names_and_leaves_no_orphan(change: dict[str, int]) -> None:
    framed = photo()
    photos.render(framed)
    before = {rendition["name"] for rendition in framed.renditions}
    for name, value in change.items():
        setattr(framed, name, value)
    framed.save()

    photos.render(framed)

    after = {rendition["name"] for rendition in framed.renditions}
    assert not before & after
    assert kept_in("renditions") == after
    framed.refresh_from_db()
    assert (framed.original_width, framed.original_height) == (800, 600)
    with storages["renditions"].open(max(after)) as file, Image.open(file) as shown:
        assert (shown.height > shown.width) is (framed.turn == 90)


@EITHER_STORAGE
@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_what_was_chosen_meanwhile_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A photo is turned while its renditions are made: those go again, for others were asked for."""
    framed = photo()
    encode = photos.encode

    def slowly(original: bytes, framing: Framing) -> list[photos.Encoded]:
        Photo.objects.update(turn=90)
        return encode(original, framing)

    with monkeypatch.context() as patched:
        patched.setattr(photos, "encode", slowly)
        photos.render(framed)
    framed.refresh_from_db()
    assert (framed.renditions, kept_in("renditions")) == ([], set())

    photos.render(framed)
    assert kept_in("renditions") == {rendition["name"] for rendition in framed.renditions} != set()


@EITHER_STORAGE
@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_somebody_noticed_meanwhile_is_not_kept_for_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    framed = photo()
    encode = photos.encode

    def slowly(original: bytes, framing: Framing) -> list[photos.Encoded]:
        with monkeypatch.context() as patched:
            patched.setattr(photos, "encode", encode)
            now = Photo.objects.get()
            now.shows_person = True
            now.save()
            photos.render(now)
        return encode(original, framing)

    monkeypatch.setattr(photos, "encode", slowly)
    photos.render(framed)

    framed.refresh_from_db()
    assert kept_in("renditions") == {rendition["name"] for rendition in framed.renditions}
    assert all(name.startswith(OF_PEOPLE) for name in kept_in("renditions"))


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [{"turn": 45}, {"cut_left": 50, "cut_right": 41}, {"cut_top": 91}])
def test_the_database_keeps_something_of_every_photo(wrong: dict[str, int]) -> None:
    framed = photo()

    with pytest.raises(IntegrityError), transaction.atomic():
        Photo.objects.filter(pk=framed.pk).update(**wrong)


@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_renditions_of_photos_as_taken_keep_the_names_that_they_had_before_photos_were_framed() -> None:
    framed = photo()
    photos.render(framed)
    with framed.original.open("rb") as file:
        digest = hashlib.sha256(repr(photos.RECIPES).encode() + file.read()).hexdigest()[:8]

    assert {rendition["name"].rpartition("-")[0] for rendition in framed.renditions} == {f"{framed.key}/{digest}"}
