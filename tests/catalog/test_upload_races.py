"""Photos of which parts come twice at once, or at once with others."""

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError

from catalog import uploads
from catalog.models import Photo, Upload
from tests.catalog.phones import Phone, draft, instructor, picture, stored
from tests.conftest import EITHER_STORAGE
from tests.factories import PhotoFactory
from tests.racing import after_all_have_come, all_at_once

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.usefixtures("own_storage"),
    EITHER_STORAGE,
]


@pytest.fixture
def phone() -> Phone:
    return Phone(instructor(), draft())


def _same_part_twice(phone: Phone, content: bytes) -> list[Any]:
    phone.begin(len(content) * 2)
    upload = Upload.objects.get()
    return all_at_once(
        [partial(uploads.append, Upload.objects.get(pk=upload.pk), offset=0, part=content) for _ in range(4)]
    )


def test_of_parts_for_the_same_place_one_counts(phone: Phone) -> None:
    results = _same_part_twice(phone, b"part" * 100)
    assert sum(isinstance(result, uploads.Moved) for result in results) == 3
    upload = Upload.objects.get()
    assert (upload.offset, len(upload.parts)) == (400, 1)
    assert stored() == [f"default/{name}" for name in upload.parts]


def test_control_without_the_condition_all_of_them_would_count(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def move(upload: Upload, **fields: Any) -> None:
        Upload.objects.filter(pk=upload.pk).update(**fields)

    monkeypatch.setattr(uploads, "_move", move)
    results = _same_part_twice(phone, b"part" * 100)
    assert not any(isinstance(result, Exception) for result in results)
    assert len(stored()) == 4


def _last_part_twice(phone: Phone) -> list[Any]:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    # Each has seen the row before either moved it.
    seen = [Upload.objects.get() for _ in range(2)]
    return all_at_once([partial(uploads.append, upload, offset=500, part=content[500:]) for upload in seen])


def test_a_last_part_that_comes_twice_at_once_makes_one_photo(phone: Phone) -> None:
    results = _last_part_twice(phone)
    assert sum(isinstance(result, uploads.Moved) for result in results) == 1
    photo = Photo.objects.get()
    assert stored() == [f"default/{photo.original.name}"]
    assert Upload.objects.get().photo == photo


def test_control_without_the_products_lock_the_table_alone_refuses_the_second(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_lock(monkeypatch, callers=2)
    results = _last_part_twice(phone)
    assert sum(isinstance(result, IntegrityError) for result in results) == 1


def _without_lock(monkeypatch: pytest.MonkeyPatch, *, callers: int) -> None:
    """No row is locked, and none is written before all have looked."""
    monkeypatch.setattr(
        "catalog.models.ProductQuerySet.select_for_update", lambda products, **_options: products.all(), raising=False
    )
    monkeypatch.setattr(Photo, "save", after_all_have_come(Photo.save, callers=callers))


def _eighth_and_ninth(phone: Phone) -> list[Any]:
    content = picture()
    calls = []
    for _ in range(2):
        phone.begin(len(content))
        calls.append(partial(uploads.append, Upload.objects.latest("pk"), offset=0, part=content))
    return all_at_once(calls)


def test_of_two_that_would_both_be_the_eighth_one_is_refused(phone: Phone) -> None:
    PhotoFactory.create_batch(7, product=phone.product)
    results = _eighth_and_ninth(phone)
    assert sum(isinstance(result, uploads.Refused) for result in results) == 1
    assert Photo.objects.count() == 8
    assert len(stored()) == 1


def test_control_without_the_products_lock_there_would_be_nine(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    PhotoFactory.create_batch(7, product=phone.product)
    _without_lock(monkeypatch, callers=2)
    _eighth_and_ninth(phone)
    assert Photo.objects.count() == 9
