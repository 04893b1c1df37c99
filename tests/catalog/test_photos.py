"""The picture pipeline: what it accepts, what it makes of it, and that it does so once."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from PIL import Image, ImageCms, ImageDraw
from procrastinate.contrib.django.models import ProcrastinateJob

from artisans.models import Branch, BranchPhoto
from catalog import photos, tasks
from dostshop.pictures import Framing
from tests.conftest import EITHER_STORAGE
from tests.storing import kept_in

pytestmark = pytest.mark.usefixtures("own_storage")

RED, BLUE = (200, 30, 40), (30, 60, 200)


def files_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def red_above_blue(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), RED)
    ImageDraw.Draw(image).rectangle((0, height // 2, width, height), fill=BLUE)
    return image.convert(mode)


def as_bytes(image: Image.Image, picture_format: str = "JPEG", **options: object) -> bytes:
    content = BytesIO()
    image.save(content, picture_format, **options)
    return content.getvalue()


def stored(content: bytes, name: str = "IMG_2041.JPG") -> BranchPhoto:
    return BranchPhoto.objects.create(
        branch=Branch.objects.get(slug="baku"), original=SimpleUploadedFile(name, content)
    )


def largest(content: bytes, framing: Framing = photos.AS_TAKEN) -> Image.Image:
    """The widest WebP, which keeps colours better than the widest JPEG."""
    made = [encoded for encoded in photos.encode(content, framing) if encoded.recipe.format == "webp"]
    return Image.open(BytesIO(made[-1].content)).convert("RGB")


def is_near(colour: object, expected: tuple[int, int, int], *, within: int = 12) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - other) <= within for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize(
    ("turn", "orientation"),
    [(None, 1), (Image.Transpose.ROTATE_180, 3), (Image.Transpose.ROTATE_90, 6), (Image.Transpose.ROTATE_270, 8)],
)
def test_a_picture_taken_sideways_stands_upright(turn: Image.Transpose | None, orientation: int) -> None:
    upright = red_above_blue(801, 600)
    exif = Image.Exif()
    exif[0x0112] = orientation
    taken = upright.transpose(turn) if turn is not None else upright

    shown = largest(as_bytes(taken, exif=exif))

    assert shown.size == (801, 600)
    assert is_near(shown.getpixel((400, 50)), RED)
    assert is_near(shown.getpixel((400, 550)), BLUE)


def test_no_metadata_survives() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Taken at home"
    exif.get_ifd(0x8825)[2] = (40.0, 24.0, 33.3)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    original = as_bytes(
        red_above_blue(),
        exif=exif,
        icc_profile=srgb,
        comment=b"Made by Somebody",
        xmp=b"<x>Somebody</x>",
        dpi=(300, 300),
    )

    for encoded in photos.encode(original):
        image = Image.open(BytesIO(encoded.content))
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(image.info)
        assert b"Somebody" not in encoded.content
        assert b"Taken at home" not in encoded.content


def test_another_colour_space_becomes_srgb() -> None:
    """A profile whose red and blue are swapped: whoever ignores it shows blue above."""
    swapped = swapped_channels_profile()

    shown = largest(as_bytes(red_above_blue(), icc_profile=swapped))

    red, _, blue = shown.getpixel((400, 50))  # type: ignore[misc]
    assert blue > red + 60


def swapped_channels_profile() -> bytes:
    """The sRGB profile with its red and blue colorant tags exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132])
    entries = {bytes(profile[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(count)}
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def test_a_broken_profile_is_ignored() -> None:
    shown = largest(as_bytes(red_above_blue(), icc_profile=b"not a profile"))

    assert is_near(shown.getpixel((400, 50)), RED)


def test_print_colours_become_srgb() -> None:
    shown = largest(as_bytes(red_above_blue(mode="CMYK")))

    assert is_near(shown.getpixel((400, 50)), RED)


def test_what_is_transparent_lies_on_paper() -> None:
    image = red_above_blue(mode="RGBA")
    ImageDraw.Draw(image).rectangle((0, 0, 400, 600), fill=(0, 0, 0, 0))

    for content in (as_bytes(image, "PNG"), as_bytes(image.quantize(), "PNG"), as_bytes(image, "WEBP", lossless=True)):
        shown = largest(content)
        assert is_near(shown.getpixel((100, 300)), photos.PAPER)
        assert is_near(shown.getpixel((700, 50)), RED)


def test_sixteen_bit_greys_keep_their_depth() -> None:
    grey = Image.new("I;16", (400, 300), 0x8080)

    assert is_near(largest(as_bytes(grey, "PNG")).getpixel((10, 10)), (128, 128, 128), within=3)


def test_black_and_white_and_grey_pictures() -> None:
    for mode in ("1", "L", "LA"):
        assert largest(as_bytes(Image.new("L", (400, 300), 255).convert(mode), "PNG")).getpixel((9, 9)) == (
            255,
            255,
            255,
        )


@pytest.mark.parametrize(
    ("width", "avif", "webp", "jpeg"),
    [
        (200, [200], [200], [200]),
        (320, [320], [320], [320]),
        (1200, [320, 480, 640, 960, 1200], [320, 640, 1200], [640, 1200]),
        (4000, [320, 480, 640, 960, 1280, 1600], [320, 640, 1280], [640, 1280]),
    ],
)
def test_widths_never_exceed_the_original(width: int, avif: list[int], webp: list[int], jpeg: list[int]) -> None:
    made = photos.encode(as_bytes(red_above_blue(width, width // 2)))

    for picture_format, widths in (("avif", avif), ("webp", webp), ("jpeg", jpeg)):
        chosen = [encoded for encoded in made if encoded.recipe.format == picture_format]
        assert [encoded.width for encoded in chosen] == widths
        for encoded in chosen:
            image = Image.open(BytesIO(encoded.content))
            assert image.format == picture_format.upper()
            assert image.size == (encoded.width, encoded.height)
            assert abs(encoded.height - encoded.width / 2) <= 1


def test_several_pictures_in_one_file_show_the_first() -> None:
    both = as_bytes(red_above_blue(), "MPO", save_all=True, append_images=[Image.new("RGB", (800, 600), BLUE)])

    assert is_near(largest(both).getpixel((400, 50)), RED)


def test_heic() -> None:
    assert is_near(largest(as_bytes(red_above_blue(), "HEIF")).getpixel((400, 50)), RED)


def png(width: int, height: int, *, lines: bytes, depth: int = 8) -> bytes:
    """With these lines of red, green and blue, whether they are as many as it claims or not."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that would unpack to a gigantic picture."""
    return png(width, height, lines=bytes(999))


UNUSABLE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("not_a_picture", lambda: b""),
    "a web page": ("not_a_picture", lambda: b"<!doctype html><script>alert(1)</script>"),
    "svg": ("not_a_picture", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>'),
    "gif": ("not_a_picture", lambda: as_bytes(red_above_blue(), "GIF")),
    "tiff": ("not_a_picture", lambda: as_bytes(red_above_blue(), "TIFF")),
    "only a header": ("damaged", lambda: as_bytes(red_above_blue(), "PNG")[:60]),
    "truncated": ("damaged", lambda: as_bytes(red_above_blue())[:-900]),
    "truncated heic": ("damaged", lambda: as_bytes(red_above_blue(), "HEIF")[:400]),
    "51 megapixels": ("too_large", lambda: png_that_claims(8500, 6000)),
    "bomb": ("too_large", lambda: png_that_claims(60_000, 60_000)),
    "20,000 each way": ("too_large", lambda: png_that_claims(20_000, 20_000)),
    "one line": ("too_large", lambda: png_that_claims(20_000, 1)),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_cannot_be_shown_is_refused_with_a_sentence(case: str) -> None:
    code, make = UNUSABLE[case]
    content = make()

    with pytest.raises(photos.UnusablePicture) as refused:
        photos.check_upload(SimpleUploadedFile("photo.jpg", content))
    with pytest.raises(photos.UnusablePicture):
        photos.encode(content)

    assert refused.value.code == code
    assert str(refused.value.message).endswith(".")


def test_checking_an_upload_leaves_it_ready_to_be_saved() -> None:
    upload = SimpleUploadedFile("photo.jpg", as_bytes(red_above_blue()))
    upload.read(10)

    photos.check_upload(upload)

    assert upload.tell() == 0


@EITHER_STORAGE
@pytest.mark.django_db
def test_the_row_lists_what_lies_in_the_storage() -> None:
    picture = stored(as_bytes(red_above_blue(1200, 800)))

    photos.render(picture)

    picture.refresh_from_db()
    assert {rendition["name"] for rendition in picture.renditions} == kept_in("renditions")
    assert len(picture.renditions) == 10
    assert all(storages["renditions"].size(r["name"]) == r["size"] for r in picture.renditions)
    assert picture.fallback is not None
    assert picture.fallback["width"] == 640
    assert next(picture.sources()).srcset.count(".avif ") == 5


@pytest.mark.django_db
def test_names_say_nothing_about_the_photographer() -> None:
    picture = stored(as_bytes(red_above_blue()), "Leyla Məmmədova evdə.jpg")

    photos.render(picture)

    names = [picture.original.name, *(rendition["name"] for rendition in picture.renditions)]
    assert all(str(picture.key) in name and "leyla" not in name.lower() for name in names)


@EITHER_STORAGE
@pytest.mark.django_db
def test_rendering_again_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = stored(as_bytes(red_above_blue()))
    photos.render(picture)
    before, files = picture.renditions, kept_in("renditions")

    with monkeypatch.context() as patched:
        patched.setattr(photos, "encode", lambda *_: pytest.fail("encoded again"))
        photos.render(picture)

    picture.refresh_from_db()
    assert (picture.renditions, kept_in("renditions")) == (before, files)


@EITHER_STORAGE
@pytest.mark.django_db
def test_a_lost_file_is_made_again() -> None:
    picture = stored(as_bytes(red_above_blue()))
    photos.render(picture)
    before, files = picture.renditions, kept_in("renditions")
    storages["renditions"].delete(before[0]["name"])

    photos.render(picture)

    assert (picture.renditions, kept_in("renditions")) == (before, files)


@EITHER_STORAGE
@pytest.mark.django_db
def test_another_original_gets_other_names_and_leaves_no_orphan() -> None:
    picture = stored(as_bytes(red_above_blue(1200, 800)))
    photos.render(picture)
    before = {rendition["name"] for rendition in picture.renditions}
    picture.original = SimpleUploadedFile("other.png", as_bytes(red_above_blue(500, 400), "PNG"))
    picture.save()

    photos.render(picture)

    after = {rendition["name"] for rendition in picture.renditions}
    assert not before & after
    assert kept_in("renditions") == after


@EITHER_STORAGE
@pytest.mark.django_db
def test_a_picture_deleted_meanwhile_leaves_no_files() -> None:
    picture = stored(as_bytes(red_above_blue()))
    BranchPhoto.objects.all().delete()

    photos.render(picture)

    assert kept_in("renditions") == set()


@EITHER_STORAGE
@pytest.mark.django_db
def test_an_unusable_original_changes_nothing() -> None:
    picture = stored(as_bytes(red_above_blue()))
    photos.render(picture)
    before, files = picture.renditions, kept_in("renditions")
    with picture.original.storage.open(str(picture.original.name), "wb") as file:
        file.write(b"scrambled")

    with pytest.raises(photos.UnusablePicture):
        photos.render(picture)

    picture.refresh_from_db()
    assert (picture.renditions, kept_in("renditions")) == (before, files)


@pytest.mark.django_db
def test_the_worker_is_asked_in_the_same_transaction() -> None:
    picture = stored(as_bytes(red_above_blue()))

    with transaction.atomic():
        tasks.render_later(picture)
        transaction.set_rollback(True)
    assert not ProcrastinateJob.objects.exists()

    tasks.render_later(picture)
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == (
        "catalog.render_picture",
        {"model": "artisans.BranchPhoto", "pk": picture.pk},
    )

    tasks.render_picture(**job.args)
    picture.refresh_from_db()
    assert picture.is_rendered


@pytest.mark.django_db
def test_the_worker_takes_a_missing_or_damaged_picture_calmly() -> None:
    picture = stored(as_bytes(red_above_blue())[:-900])

    tasks.render_picture(model="artisans.BranchPhoto", pk=picture.pk)
    tasks.render_picture(model="artisans.BranchPhoto", pk=picture.pk + 1)

    picture.refresh_from_db()
    assert picture.renditions == []


@EITHER_STORAGE
@pytest.mark.django_db
def test_the_command_renders_what_it_can_and_names_the_rest() -> None:
    good = stored(as_bytes(red_above_blue()))
    bad = BranchPhoto.objects.create(
        branch=Branch.objects.get(slug="barda"),
        original=SimpleUploadedFile("bad.jpg", as_bytes(red_above_blue())[:-900]),
    )
    out, err = StringIO(), StringIO()

    call_command("render_pictures", "--missing", stdout=out, stderr=err)

    good.refresh_from_db()
    assert good.is_rendered
    assert out.getvalue() == "Renditions of 1 pictures are in place.\n"
    assert err.getvalue().startswith(f"artisans.BranchPhoto {bad.pk}: ")
