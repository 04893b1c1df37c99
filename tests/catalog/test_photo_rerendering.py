"""New sizes for all pictures by a command, which goes on where it was interrupted."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from PIL import Image

from catalog import photos
from catalog.models import Photo
from dostshop.pictures import Framing
from tests.catalog.test_photos import as_bytes
from tests.conftest import EITHER_STORAGE
from tests.factories import piece
from tests.storing import kept_in


def pictures(number: int, *, side: int = 64) -> None:
    product = piece().product
    for at in range(number):
        content = as_bytes(Image.new("RGB", (side, side), (at, 90, 90)))
        Photo.objects.create(product=product, original=SimpleUploadedFile("a.jpg", content))


def named() -> set[str]:
    return {rendition["name"] for picture in Photo.objects.all() for rendition in picture.renditions}


def rerender() -> str:
    out = StringIO()
    call_command("render_pictures", threads=1, stdout=out)
    return out.getvalue()


@EITHER_STORAGE
@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_new_sizes_are_made_of_every_picture_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(3)
    rerender()
    before = named()
    smaller = tuple(photos.Recipe(r.format, r.extension, (32,), r.options) for r in photos.RECIPES)
    monkeypatch.setattr(photos, "RECIPES", smaller)

    assert rerender() == "Renditions of 3 pictures are in place.\n"

    after = named()
    assert not before & after
    assert {rendition["width"] for picture in Photo.objects.all() for rendition in picture.renditions} == {32}
    assert kept_in("renditions") == after
    monkeypatch.setattr(photos, "encode", lambda *_: pytest.fail("encoded again"))
    assert rerender() == "Renditions of 3 pictures are in place.\n"


@EITHER_STORAGE
@pytest.mark.django_db
@pytest.mark.usefixtures("own_storage")
def test_what_an_interrupted_run_left_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(4)
    encode = photos.encode
    made: list[bytes] = []

    def counted(original: bytes, framing: Framing) -> list[photos.Encoded]:
        made.append(original)
        return encode(original, framing)

    def ends_early(original: bytes, framing: Framing) -> list[photos.Encoded]:
        if len(made) == 2:
            raise KeyboardInterrupt
        return counted(original, framing)

    with monkeypatch.context() as patched:
        patched.setattr(photos, "encode", ends_early)
        with pytest.raises(KeyboardInterrupt):
            rerender()
    assert Photo.objects.exclude(renditions=[]).count() == 2

    made.clear()
    monkeypatch.setattr(photos, "encode", counted)
    rerender()

    assert len(made) == 2
    assert kept_in("renditions") == named()
    assert not Photo.objects.filter(renditions=[]).exists()
