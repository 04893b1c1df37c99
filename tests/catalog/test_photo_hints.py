"""What the shop notices in a photo: tried on its own photos, and on the same photos made blurred and dark."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from PIL import Image, ImageFilter

from catalog import photos
from catalog.models import Hint, Photo
from tests.admin.conftest import signed_in
from tests.admin.test_products import add, craft, form
from tests.admin.test_products import photo as photo_fields
from tests.catalog.test_photos import as_bytes
from tests.factories import UserFactory

__all__ = ["craft"]

WRONG: dict[Hint, Callable[[Image.Image], Image.Image]] = {
    # As wide as half a percent of the photo: a hand that moved, or the wall in focus.
    Hint.BLURRED: lambda taken: taken.filter(ImageFilter.GaussianBlur(max(taken.size) / 200)),
    Hint.DARK: lambda taken: taken.point(lambda value: value * 0.4),
    Hint.SMALL: lambda taken: taken.resize(
        (taken.width * 800 // min(taken.size), taken.height * 800 // min(taken.size))
    ),
}


def own_photos(shared: Path) -> list[Path]:
    found = sorted((shared / "demo-photos").glob("*.jpg"))
    assert len(found) > 50
    return found


def noticed(content: bytes) -> list[Hint]:
    return photos.check_upload(BytesIO(content))


@pytest.mark.shared
def test_nothing_is_wrong_with_the_shops_own_photos(shared: Path) -> None:
    assert {path.name: hints for path in own_photos(shared) if (hints := noticed(path.read_bytes()))} == {}


@pytest.mark.shared
@pytest.mark.parametrize("hint", WRONG)
def test_what_was_made_wrong_with_them_is_noticed_and_nothing_else(shared: Path, hint: Hint) -> None:
    others = {}
    for path in own_photos(shared):
        with Image.open(path) as taken:
            spoilt = as_bytes(WRONG[hint](taken.convert("RGB")), quality=85)
        if (hints := noticed(spoilt)) != [hint]:
            others[path.name] = hints

    assert others == {}


@pytest.mark.shared
def test_a_large_photo_is_judged_as_a_small_one_is(shared: Path) -> None:
    """A camera's pixels are sharp or not at the size at which they are looked at."""
    with Image.open(shared / "demo-photos" / "buta-vase.jpg") as taken:
        large = taken.convert("RGB").resize((4000, 4000), Image.Resampling.LANCZOS)

    assert noticed(as_bytes(large)) == []
    assert noticed(as_bytes(WRONG[Hint.BLURRED](large))) == [Hint.BLURRED]


@pytest.mark.parametrize("picture_format", ["PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (17, 17)])
def test_odd_photos_are_judged_too(picture_format: str, size: tuple[int, int]) -> None:
    assert Hint.SMALL in noticed(as_bytes(Image.new("RGB", size, (90, 90, 90)), picture_format))


@pytest.mark.django_db
def test_staff_see_what_was_noticed(craft: object) -> None:
    administrator = signed_in(UserFactory.create(is_staff=True, is_superuser=True))
    add(administrator, form(**photo_fields()))
    [kept] = Photo.objects.all()
    assert kept.hints == [Hint.BLURRED, Hint.DARK, Hint.SMALL]

    assert "blurred, too dark, too small" in page_of(kept, administrator)
    Photo.objects.update(hints=[])
    assert "too dark" not in page_of(kept, administrator)


def page_of(photo: Photo, client: Client) -> str:
    with translation.override("en"):
        return client.get(reverse("admin:catalog_product_change", args=[photo.product_id])).content.decode()
