"""Photos on their way from a phone: the protocol, who may send what, and that nothing is left over."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from catalog import tasks, uploads
from catalog.models import MAX_UPLOAD_BYTES, Hint, Photo, Product, Upload
from dostshop.accounts.models import User
from dostshop.background.models import Job
from dostshop.locks import InsideTransaction
from tests.catalog.phones import TUS, Phone, content_of, draft, instructor, picture, stored
from tests.conftest import EITHER_STORAGE
from tests.factories import PhotoFactory

if TYPE_CHECKING:
    pass

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage"), EITHER_STORAGE]


@pytest.fixture
def user() -> User:
    return instructor()


@pytest.fixture
def product() -> Product:
    return draft()


@pytest.fixture
def phone(user: User, product: Product) -> Phone:
    return Phone(user, product)


def test_a_photo_that_came_in_three_parts_is_the_photo(phone: Phone) -> None:
    content = picture()
    begun = phone.begin(len(content))
    assert begun.status_code == 201
    assert begun.headers["Upload-Offset"] == "0"
    assert begun.headers["Tus-Resumable"] == "1.0.0"
    for offset in (0, 1000):
        sent = phone.send(content[offset : offset + 1000], offset=offset)
        assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, str(offset + 1000))
        assert not Photo.objects.exists()
    assert "Upload-Expires" in sent.headers
    sent = phone.send(content[2000:], offset=2000)
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, str(len(content)))

    photo = Photo.objects.get()
    assert photo.product == phone.product
    assert content_of(photo) == content
    assert (photo.original_width, photo.original_height) == (300, 200)
    assert photo.shows_person is None
    assert photo.hints == [Hint.SMALL]
    assert Job.objects.get(task_name="catalog.render_picture").args["pk"] == photo.pk
    place = f"/en/studio/{phone.product.code.lower()}/photos/{photo.pk}/"
    assert sent.headers["Content-Location"] == place
    assert phone.client.get(place).status_code == 200
    assert stored() == [f"default/{photo.original.name}"]


@pytest.mark.parametrize(
    ("picture_format", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp"), ("HEIF", ".heic")]
)
def test_the_original_is_named_by_what_it_is(phone: Phone, picture_format: str, suffix: str) -> None:
    content = picture(picture_format=picture_format)
    phone.begin(len(content))
    assert phone.send(content, offset=0).status_code == 204
    photo = Photo.objects.get()
    assert str(photo.original.name).endswith(suffix)
    assert (photo.original_width, photo.original_height) == (300, 200)


def test_photos_stand_in_the_order_in_which_they_came(phone: Phone) -> None:
    content = picture()
    for _photo in range(3):
        phone.begin(len(content))
        phone.send(content, offset=0)
    assert list(Photo.objects.values_list("position", flat=True)) == [0, 1, 2]


def test_a_phone_learns_where_to_go_on(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:700], offset=0)
    asked = phone.ask()
    assert asked.status_code == 200
    assert (asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == ("700", str(len(content)))
    assert "no-store" in asked.headers["Cache-Control"]


def test_a_phone_that_missed_the_last_answer_learns_where_the_photo_is(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    last = phone.send(content, offset=0)
    asked = phone.ask()
    assert asked.headers["Upload-Offset"] == asked.headers["Upload-Length"]
    assert asked.headers["Content-Location"] == last.headers["Content-Location"]


def test_the_last_part_sent_again_makes_no_second_photo(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    phone.send(content[500:], offset=500)
    again = phone.send(content[500:], offset=500)
    assert again.status_code == 409
    assert uploads.append(Upload.objects.get(), offset=len(content), part=b"").photo == Photo.objects.get()
    assert Photo.objects.count() == 1
    assert len(stored()) == 1


def test_what_a_crash_left_at_the_last_part_is_neither_lost_nor_doubled(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends after the original was stored, and before the row was."""
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "_complete", _killed)
        patched.setattr(type(storages["default"]), "delete", lambda *_: None)
        with pytest.raises(SystemExit):
            phone.send(content[500:], offset=500)
    assert phone.ask().headers["Upload-Offset"] == "500"
    assert phone.send(content[500:], offset=500).status_code == 204
    photo = Photo.objects.get()
    tasks.discard_files(files=[list(file) for file in photo.files])
    assert stored() == []


def _killed(*_args: object, **_kwargs: object) -> None:
    raise SystemExit


@pytest.mark.parametrize("offset", [0, 499, 501])
def test_what_does_not_follow_is_not_taken_in(phone: Phone, offset: int) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    before = stored()
    assert phone.send(content[500:], offset=offset).status_code == 409
    assert phone.ask().headers["Upload-Offset"] == "500"
    assert stored() == before


@pytest.mark.parametrize("value", ["", "-1", "1e3", "٣", "1" * 16, "ten"])
def test_numbers_that_are_none_are_not_understood(phone: Phone, value: str) -> None:
    assert phone.begin(value).status_code == 400
    phone.begin(1000)
    assert phone.send(b"part", offset=value).status_code == 400
    assert Upload.objects.get().offset == 0


def test_more_than_was_announced_is_refused(phone: Phone) -> None:
    phone.begin(10)
    refused = phone.send(b"eleven byte", offset=0)
    assert refused.status_code == 413
    assert "More came than was announced" in refused.text
    assert stored() == []


def test_a_part_has_an_end(phone: Phone) -> None:
    phone.begin(10_000_000)
    refused = phone.send(b"x" * (uploads.MAX_PART_BYTES + 1), offset=0)
    assert refused.status_code == 413
    assert stored() == []
    assert phone.send(b"x" * uploads.MAX_PART_BYTES, offset=0).status_code == 204


def test_a_photo_that_is_too_large_is_refused_before_it_is_sent(phone: Phone) -> None:
    refused = phone.begin(MAX_UPLOAD_BYTES + 1)
    assert refused.status_code == 413
    assert refused.text == "This photo is larger than 40 megabytes. Choose a smaller one."
    assert phone.begin(MAX_UPLOAD_BYTES).status_code == 201


def test_an_empty_file_is_refused(phone: Phone) -> None:
    refused = phone.begin(0)
    assert (refused.status_code, refused.text) == (422, "This file is empty. Choose another one.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<html>no picture</html>", "not a picture that the shop can show"), (picture()[:-900], "damaged")],
)
def test_what_is_no_picture_is_refused_with_a_sentence_and_deleted(phone: Phone, content: bytes, sentence: str) -> None:
    phone.begin(len(content))
    phone.send(content[:10], offset=0)
    refused = phone.send(content[10:], offset=10)
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert sentence in refused.text
    assert phone.ask().status_code == 404
    assert not Photo.objects.exists()
    assert stored() == []


def test_a_refusal_is_told_in_the_language_of_the_page(phone: Phone) -> None:
    said = {
        phone.client.post(
            f"{prefix}/studio/{phone.product.code.lower()}/uploads/", headers={**TUS, "Upload-Length": "0"}
        ).text
        for prefix in ("", "/ru", "/en")
    }
    assert len(said) == 3


def test_a_ninth_photo_is_refused_before_it_is_sent(phone: Phone) -> None:
    PhotoFactory.create_batch(7, product=phone.product)
    content = picture()
    phone.begin(len(content))
    late = Phone(instructor(), phone.product)
    late.begin(len(content))
    assert phone.send(content, offset=0).status_code == 204

    refused = phone.begin(len(content))
    assert refused.status_code == 422
    assert "at most 8 photos" in refused.text
    # And where it had begun before, at its end.
    refused = late.send(content, offset=0)
    assert refused.status_code == 422
    assert "at most 8 photos" in refused.text
    assert late.ask().status_code == 404
    assert Photo.objects.count() == 8


def test_what_was_sent_for_review_meanwhile_gets_no_more_photos(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    Product.objects.update(state=Product.State.SUBMITTED)
    assert phone.send(content[500:], offset=500).status_code == 404
    # Between the look at the piece and the last byte.
    with pytest.raises(uploads.Refused, match="sent for review"), translation.override("en"):
        uploads.append(Upload.objects.get(), offset=500, part=content[500:])
    assert not Photo.objects.exists()
    assert stored() == []


def test_nobody_has_more_on_the_way_than_a_few_pieces_photos(phone: Phone, user: User) -> None:
    for _upload in range(uploads.MAX_OPEN):
        assert phone.begin(1000).status_code == 201
    refused = phone.begin(1000)
    assert refused.status_code == 422
    assert "still on their way" in refused.text
    assert Phone(instructor(), phone.product).begin(1000).status_code == 201


def test_a_photo_is_stopped_by_whoever_sends_it(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    assert phone.stop().status_code == 204
    assert phone.ask().status_code == 404
    assert phone.send(content[500:], offset=500).status_code == 404
    assert stored() == []


def test_stopping_what_has_arrived_leaves_the_photo(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content, offset=0)
    assert phone.stop().status_code == 204
    assert content_of(Photo.objects.get()) == content
    assert len(stored()) == 1


def test_what_nobody_goes_on_with_is_deleted_after_two_days(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    phone.send(content[:500], offset=0)
    storages["default"].save(f"originals/{Upload.objects.get().key}-of-a-crash.jpg", ContentFile(content))
    finished = Phone(instructor(), phone.product)
    finished.begin(len(content))
    finished.send(content, offset=0)
    Upload.objects.update(changed_at=timezone.now() - timedelta(hours=47))
    tasks.forget_uploads(timestamp=0)
    assert phone.ask().status_code == 200
    Upload.objects.update(changed_at=timezone.now() - timedelta(hours=49))
    tasks.forget_uploads(timestamp=0)
    assert phone.ask().status_code == 404
    assert finished.ask().status_code == 200
    assert stored() == [f"default/{Photo.objects.get().original.name}"]


def test_a_photo_on_which_the_phone_goes_on_is_not_abandoned(phone: Phone) -> None:
    content = picture()
    phone.begin(len(content))
    Upload.objects.update(changed_at=timezone.now() - timedelta(hours=49))
    phone.send(content[:500], offset=0)
    tasks.forget_uploads(timestamp=0)
    assert phone.ask().headers["Upload-Offset"] == "500"


def test_what_the_protocol_does_not_know_is_said_so(phone: Phone) -> None:
    begin = f"/en/studio/{phone.product.code.lower()}/uploads/"
    assert phone.begin(1000).status_code == 201
    other = phone.client.head(phone.place, headers={"Tus-Resumable": "0.2.2"})
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")
    assert phone.client.head(phone.place).status_code == 412
    assert phone.client.get(begin, headers=TUS).status_code == 405
    assert phone.client.get(phone.place, headers=TUS).status_code == 405
    assert phone.client.put(phone.place, headers=TUS).status_code == 405
    form = phone.client.patch(phone.place, b"x", content_type="text/plain", headers={**TUS, "Upload-Offset": "0"})
    assert form.status_code == 415
    assert Upload.objects.get().offset == 0


def test_a_client_may_ask_what_is_spoken_here(phone: Phone) -> None:
    answer = phone.client.options(f"/en/studio/{phone.product.code.lower()}/uploads/")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == str(MAX_UPLOAD_BYTES)
    assert answer.headers["Tus-Extension"] == "creation,expiration,termination"


def test_a_network_that_knows_no_patch_can_be_got_around(phone: Phone) -> None:
    phone.begin(1000)
    sent = phone.client.post(
        phone.place,
        b"x" * 10,
        content_type="application/offset+octet-stream",
        headers={**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"},
    )
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, "10")


def test_what_came_before_the_connection_broke_is_kept(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture()
    phone.begin(len(content))
    pieces = iter([content[:300]])

    def read(_self: object, _size: int) -> bytes:
        for piece in pieces:
            return piece
        raise OSError("the connection broke")

    with monkeypatch.context() as patched:
        patched.setattr("django.core.handlers.wsgi.LimitedStream.read", read)
        phone.send(content[:1000], offset=0)
    assert phone.ask().headers["Upload-Offset"] == "300"
    assert phone.send(content[300:], offset=300).status_code == 204
    assert content_of(Photo.objects.get()) == content


def test_a_part_costs_few_queries(phone: Phone, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    phone.begin(1000)
    # Session, user, upload with its product, roles, whether it may be changed, and the move.
    with django_assert_num_queries(6):
        phone.send(b"x" * 100, offset=0)


def test_no_storage_is_called_while_rows_are_locked(phone: Phone) -> None:
    phone.begin(1000)
    with pytest.raises(InsideTransaction), transaction.atomic():
        uploads.append(Upload.objects.get(), offset=0, part=b"x")


def test_a_photo_by_a_form_is_the_same_photo(user: User, product: Product) -> None:
    content = picture()
    photo = uploads.add_photo(product.pk, file=ContentFile(content, "IMG_0001.HEIC"), user=user)
    assert Photo.objects.get() == photo
    assert content_of(photo) == content
    assert Job.objects.get(task_name="catalog.render_picture").args["pk"] == photo.pk
    with pytest.raises(uploads.Refused, match="not a picture"), translation.override("en"):
        uploads.add_photo(product.pk, file=ContentFile(b"<svg/>", "a.jpg"), user=user)
    with pytest.raises(Product.DoesNotExist):
        uploads.add_photo(product.pk, file=ContentFile(content), user=instructor("barda"))
    PhotoFactory.create_batch(7, product=product)
    with pytest.raises(uploads.Refused, match="at most 8"), translation.override("en"):
        uploads.add_photo(product.pk, file=ContentFile(content), user=user)
    assert stored() == [f"default/{photo.original.name}"]


def test_a_form_brings_no_file_that_is_too_large(user: User, product: Product) -> None:
    large = ContentFile(picture())
    large.size = MAX_UPLOAD_BYTES + 1
    with pytest.raises(uploads.TooLarge):
        uploads.add_photo(product.pk, file=large, user=user)
