"""What cameras and strangers bring: shown upright, without a byte of what else was in the file, or refused."""

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from catalog import jpeg, photos
from tests.catalog.test_photos import RED, as_bytes, is_near, largest, png, red_above_blue

# Real cameras' files: broken Exif makes Pillow warn, and the pictures are fine.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

WHOLE = [
    "gps-1.jpg",
    "gps-2.jpg",
    "invalid-exif-1.jpg",
    "invalid-exif-2.jpg",
    "iphone.heic",
    "orientation-0.jpg",
    "orientation-3.jpg",
    "orientation-6.jpg",
    "orientation-8.jpg",
    "small.heif",
]
# By the number that the camera wrote: how often a quarter against the clock.
QUARTERS = {3: 2, 6: 3, 8: 1}
FOREIGN = (b"Exif", b"http://ns.adobe.com", b"Photoshop 3.0", b"8BIM", b"ICC_PROFILE", b"<script")


def camera_file(shared: Path, name: str) -> bytes:
    return (shared / "test-data" / "photos" / name).read_bytes()


def upright(original: bytes, name: str) -> Image.Image:
    """As the camera's owner held it: decoded whole, and turned by the number in the file's own bytes."""
    if not name.endswith(".jpg"):
        heif = pillow_heif.open_heif(BytesIO(original))
        return Image.frombytes(heif.mode, heif.size, heif.data, "raw", heif.mode, heif.stride).convert("RGB")
    with Image.open(BytesIO(original)) as image:
        return image.convert("RGB").rotate(90 * QUARTERS.get(orientation(original), 0), expand=True)


def orientation(original: bytes) -> int:
    """Read by hand, not by the library that the pipeline uses."""
    found = original.find(b"Exif\0\0")
    if found < 0:
        return 1
    start = found + 6
    order = "<" if original[start : start + 2] == b"II" else ">"
    entries = start + struct.unpack_from(f"{order}I", original, start + 4)[0]
    for number in range(struct.unpack_from(f"{order}H", original, entries)[0]):
        tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", original, entries + 2 + 12 * number)
        if tag == 0x0112:
            return int(value)
    return 1


def difference(shown: Image.Image, reference: Image.Image, *, x: int = 0, y: int = 0) -> float:
    """Of the greys on average, where the one lies moved over the other."""
    width, height = shown.size
    inner = (4, 4, width - 4, height - 4)
    moved = (4 + x, 4 + y, width - 4 + x, height - 4 + y)
    greys = ImageChops.difference(shown.convert("L").crop(inner), reference.convert("L").crop(moved))
    return ImageStat.Stat(greys).mean[0]


@pytest.mark.shared
@pytest.mark.parametrize("name", WHOLE)
def test_pictures_of_real_cameras_are_right_side_up_within_a_pixel(shared: Path, name: str) -> None:
    original = camera_file(shared, name)
    photos.check_upload(BytesIO(original))
    reference = upright(original, name)
    for encoded in photos.encode(original):
        exact = reference.height * encoded.width / reference.width
        assert abs(encoded.height - exact) <= 1
        if encoded.recipe.format == "avif":
            continue
        shown = Image.open(BytesIO(encoded.content))
        expected = reference.resize(shown.size, Image.Resampling.BICUBIC)
        shifts = [(x, y) for x in range(-2, 3) for y in range(-2, 3)]
        nearest = min(shifts, key=lambda shift: difference(shown, expected, x=shift[0], y=shift[1]))
        assert max(map(abs, nearest)) <= 1
        here = difference(shown, expected)
        assert here < 8
        assert here < difference(shown, expected.transpose(Image.Transpose.ROTATE_180)) / 2


@pytest.mark.shared
def test_the_cameras_files_are_of_every_kind(shared: Path) -> None:
    """Else the tests beside this one could not fail."""
    files = {name: camera_file(shared, name) for name in WHOLE}
    assert {orientation(files[name]) for name in WHOLE if name.endswith(".jpg")} >= {3, 6, 8}
    assert all(list(secrets_of(files[name])) for name in ("gps-1.jpg", "gps-2.jpg"))
    assert all(b"Exif" in files[name] for name in WHOLE if name.startswith(("gps", "iphone")))


def secrets_of(original: bytes) -> Iterator[bytes]:
    """Where it was taken and with what, as the bytes in which the file says it."""
    with Image.open(BytesIO(original)) as image:
        exif = image.getexif()
    for tag in (0x010F, 0x0110, 0x0131, 0x0132):
        if len(text := str(exif.get(tag, "")).strip("\0 ")) >= 4:
            yield text.encode()
    for tag, value in exif.get_ifd(0x8825).items():
        if tag in {2, 4} and isinstance(value, tuple):
            for order in "<>":
                yield b"".join(struct.pack(f"{order}II", part.numerator, part.denominator) for part in value)


def chunks(webp: bytes) -> Iterator[bytes]:
    at = 12
    while at < len(webp):
        yield webp[at : at + 4]
        at += 8 + (int.from_bytes(webp[at + 4 : at + 8], "little") + 1) // 2 * 2


@pytest.mark.shared
@pytest.mark.parametrize("name", WHOLE)
def test_no_public_byte_tells_where_and_with_what_a_picture_was_taken(shared: Path, name: str) -> None:
    original = camera_file(shared, name)
    forbidden = [*FOREIGN, *secrets_of(original)]

    for encoded in photos.encode(original):
        content = encoded.content
        assert [mark for mark in forbidden if mark in content] == []
        assert_bare(encoded.recipe.format, content)


def assert_bare(picture_format: str, content: bytes) -> None:
    """One picture and nothing else, as the format's own parts say."""
    with Image.open(BytesIO(content)) as image:
        assert dict(image.getexif()) == {}
        assert not {"exif", "xmp", "icc_profile", "comment", "photoshop", "mp"} & set(image.info)
        assert getattr(image, "n_frames", 1) == 1
    if picture_format == "jpeg":
        assert content.count(b"\xff\xd8\xff") == 1
        assert content.endswith(b"\xff\xd9")
    if picture_format == "webp":
        assert set(chunks(content)) <= {b"VP8 ", b"VP8L"}


@pytest.mark.shared
def test_a_picture_that_is_damaged_in_its_middle_is_refused_with_a_sentence(shared: Path) -> None:
    """Its decoder takes it, and shows it moved aside with a grey stripe."""
    with pytest.raises(photos.UnusablePicture) as refused:
        photos.check_upload(BytesIO(camera_file(shared, "corrupted.jpg")))

    assert refused.value.code == "damaged"
    assert str(refused.value.message).endswith(".")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"comment": b"\xff\xd8"}])
def test_pictures_that_are_not_damaged_are_whole(options: dict[str, Any]) -> None:
    assert jpeg.is_whole(as_bytes(Image.effect_noise((400, 300), 60), **options))


def test_a_marker_where_none_may_stand_is_damage() -> None:
    content = as_bytes(Image.effect_noise((400, 300), 60), restart_marker_rows=1)
    middle = content.index(b"\xff\xd3")

    assert not jpeg.is_whole(content[:middle] + b"\xff\x9f" + content[middle + 2 :])
    assert not jpeg.is_whole(content[:middle] + content[content.index(b"\xff\xd4") :])
    assert not jpeg.is_whole(content[:middle] + b"\xff\xd8" + content[middle:])


PAGE = b"<!doctype html><script>alert(document.cookie)</script>"


def with_comment(content: bytes) -> bytes:
    return content[:2] + b"\xff\xfe" + struct.pack(">H", len(PAGE) + 2) + PAGE + content[2:]


@pytest.mark.parametrize("where", [with_comment, lambda content: content + PAGE], ids=["inside", "behind"])
def test_of_a_web_page_hidden_in_a_picture_no_byte_is_shown(where: Any) -> None:
    content = where(as_bytes(red_above_blue()))
    assert PAGE in content

    photos.check_upload(BytesIO(content))
    for encoded in photos.encode(content):
        assert b"script" not in encoded.content
        assert_bare(encoded.recipe.format, encoded.content)


def test_a_web_page_with_a_picture_behind_it_is_refused() -> None:
    with pytest.raises(photos.UnusablePicture) as refused:
        photos.check_upload(BytesIO(PAGE + as_bytes(red_above_blue())))

    assert refused.value.code == "not_a_picture"


def test_a_file_of_sixty_megabytes_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    content = as_bytes(red_above_blue()) + bytes(60_000_000)
    monkeypatch.setattr(Image, "open", lambda *_args, **_options: pytest.fail("opened"))

    with pytest.raises(photos.UnusablePicture) as refused:
        photos.check_upload(BytesIO(content))

    assert refused.value.code == "too_heavy"
    assert str(refused.value.message).endswith(".")


def test_the_content_says_what_a_file_is_and_not_its_name() -> None:
    """The storage keeps the name's ending; what is shown is made of the content."""
    content = BytesIO(as_bytes(red_above_blue(), "PNG"))
    content.name = "photo.jpg"

    photos.check_upload(content)

    assert is_near(largest(content.getvalue()).getpixel((400, 50)), RED)


def test_a_phones_wide_colours_become_the_same_colours_in_srgb() -> None:
    """Numbers of Display P3 for colours that sRGB has too: taken as sRGB they would look dull."""
    profile = display_p3()
    srgb = ImageCms.createProfile("sRGB")
    as_taken = ImageCms.profileToProfile(red_above_blue(), srgb, ImageCms.ImageCmsProfile(BytesIO(profile)))
    assert as_taken is not None
    assert not is_near(as_taken.getpixel((400, 50)), RED)

    for content in (
        as_bytes(as_taken, icc_profile=profile, quality=95, subsampling=0),
        as_bytes(as_taken, "PNG", icc_profile=profile),
        as_bytes(as_taken, "HEIF", icc_profile=profile, quality=95),
    ):
        assert is_near(largest(content).getpixel((400, 50)), RED)


def display_p3() -> bytes:
    """The sRGB profile with the primaries of Display P3, of which the white point and the curve are the same."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for number in range(int.from_bytes(profile[128:132])):
        name, offset, _length = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        if name in primaries:
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in primaries[name]))
    return bytes(profile)


def test_sixteen_bits_of_each_colour_are_shown_in_eight() -> None:
    line = b"\0" + struct.pack(">3H", 0x8080, 0x4040, 0xC0C0) * 40
    content = png(40, 30, lines=line * 30, depth=16)

    photos.check_upload(BytesIO(content))

    assert is_near(largest(content).getpixel((20, 15)), (128, 64, 192), within=6)
