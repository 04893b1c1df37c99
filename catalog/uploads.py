"""Photos on their way from a phone, part by part, and what becomes of them.

Promises: what a phone was told has arrived is never asked for again, and what was left half-way is gone after two days
(``tasks.forget_uploads``). A part is stored first, under a name that nothing else has; the row then takes it in by a
conditional update, so of two that begin at the same byte one counts and the other is deleted. The last part moves the
row together with the photo that it completes: there is a photo when, and only when, every byte is here, however often
the last part is sent. A product has at most ``studio.MOST_PHOTOS``, and gets none once it has been sent for review.

Locks: Product, for the last part; User, to begin. Raises: ``Refused`` with a sentence for whoever took the photo,
``Moved`` where the bytes do not follow those that are here, ``locks.Busy``; nothing is written then, and what can never
become a photo is deleted. Inside a transaction nothing but the database is called. After commit: the worker makes the
renditions and deletes the parts. Retry: from the offset in the row.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from catalog import photos, studio, tasks
from catalog.models import MAX_UPLOAD_BYTES, Photo, Product, Upload
from dostshop.accounts.models import User
from dostshop.locks import outside_transactions, short_transaction

MAX_PART_BYTES = 2_000_000
# Unfinished ones of one person: a few pieces' photos.
MAX_OPEN = 4 * studio.MOST_PHOTOS
# Of an original's name; the phone's own name for it is not kept.
_SUFFIXES = {"PNG": ".png", "WEBP": ".webp", "HEIF": ".heic"}


class Refused(Exception):
    """The photo is not taken. The message says why, for whoever took it."""


class TooLarge(Refused):
    """By its bytes."""


class Moved(Exception):
    """Other bytes are here than the sender thinks, or none any more."""


@short_transaction()
def begin(product: Product, *, user: User, length: int) -> Upload:
    """The row of a photo of so many bytes. Raises Refused."""
    if length > MAX_UPLOAD_BYTES:
        raise TooLarge(_too_large())
    if length < 1:
        raise Refused(_("This file is empty. Choose another one."))
    if product.photos.count() >= studio.MOST_PHOTOS:
        raise Refused(_too_many())
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if Upload.objects.unfinished().filter(user=user).count() >= MAX_OPEN:
        raise Refused(_("Too many of your photos are still on their way. Wait until they have arrived."))
    return Upload.objects.create(product=product, user=user, length=length)


@outside_transactions
def append(upload: Upload, *, offset: int, part: bytes) -> Upload:
    """Takes in what comes next; with the last byte the photo is made. Raises Moved, Refused."""
    if offset != upload.offset:
        raise Moved
    if offset + len(part) > upload.length:
        raise TooLarge(_("More came than was announced. Choose the photo once more."))
    if not part:
        return upload
    storage = storages["default"]
    name = storage.save(f"{upload.folder}{offset}-{secrets.token_hex(8)}", ContentFile(part))
    parts = [*upload.parts, name]
    try:
        if offset + len(part) < upload.length:
            _move(upload, offset=offset + len(part), parts=parts)
        else:
            _finish(upload, parts=parts)
    except Moved:
        storage.delete(name)
        raise
    return upload


@short_transaction()
def discard(upload: Upload) -> None:
    """It does not become a photo; the worker deletes what came of it."""
    if Upload.objects.unfinished().filter(pk=upload.pk).delete()[0]:
        tasks.discard_parts_later(upload)


@outside_transactions
def add_photo(product_pk: int, *, file: "File[bytes]", user: User) -> Photo:
    """A photo that came in one piece, by a form. Raises Refused, Product.DoesNotExist where it is not the user's."""
    studio.editable_by(user).get(pk=product_pk)
    if file.size > MAX_UPLOAD_BYTES:
        raise TooLarge(_too_large())
    with _stored(Photo(product_id=product_pk), cast("IO[bytes]", file)) as photo:
        _add(photo)
    return photo


def _move(upload: Upload, **fields: Any) -> None:
    """Of those who come from the same offset only one gets through."""
    here = Upload.objects.filter(pk=upload.pk, offset=upload.offset)
    fields["changed_at"] = timezone.now()
    if not here.update(**fields):
        raise Moved
    for name, value in fields.items():
        setattr(upload, name, value)


def _finish(upload: Upload, *, parts: Sequence[str]) -> None:
    photo = Photo(product_id=upload.product_id, key=upload.key)
    try:
        with _joined(parts) as whole, _stored(photo, whole):
            _complete(upload, photo=photo)
    except Refused:
        discard(upload)
        raise


@short_transaction()
def _complete(upload: Upload, *, photo: Photo) -> None:
    Product.objects.locked(upload.product_id)
    if not Upload.objects.filter(pk=upload.pk, offset=upload.offset).exists():
        raise Moved
    _add(photo)
    _move(upload, offset=upload.length, parts=[], photo=photo)
    tasks.discard_parts_later(upload)


@short_transaction()
def _add(photo: Photo) -> None:
    """The photo of a file that is stored. Raises Refused."""
    product = Product.objects.locked(photo.product_id)
    if product.state not in studio.EDITABLE:
        raise Refused(_("This piece has been sent for review and cannot be changed now."))
    if product.photos.count() >= studio.MOST_PHOTOS:
        raise Refused(_too_many())
    last = product.photos.aggregate(last=Max("position"))["last"]
    photo.position = 0 if last is None else last + 1
    photo.save()
    tasks.render_later(photo)


@contextmanager
def _joined(parts: Sequence[str]) -> Iterator[IO[bytes]]:
    """A file of this moment: what stays is in the storage."""
    with TemporaryFile() as whole:
        for name in parts:
            with storages["default"].open(name) as part:
                whole.writelines(part.chunks())
        yield whole


@contextmanager
def _stored(photo: Photo, file: IO[bytes]) -> Iterator[Photo]:
    """The photo with its original, which goes again where the row is not kept. Raises Refused."""
    try:
        photo.hints = photos.check_upload(file)
    except photos.UnusablePicture as problem:
        raise Refused(str(problem.message)) from problem
    with Image.open(file, formats=photos.ACCEPTED) as image:
        suffix, (width, height) = _SUFFIXES.get(image.format or "", ".jpg"), image.size
    file.seek(0)
    storage = storages["default"]
    # By chance: who deletes a second one leaves the first.
    name = storage.save(f"originals/{photo.key}-{secrets.token_hex(8)}{suffix}", File(file))
    try:
        photo.original, photo.original_width, photo.original_height = name, width, height
        yield photo
    except BaseException:
        storage.delete(name)
        raise


def _too_large() -> str:
    return _("This photo is larger than %(megabytes)s megabytes. Choose a smaller one.") % {
        "megabytes": MAX_UPLOAD_BYTES // 1_000_000
    }


def _too_many() -> str:
    return _("A piece has at most %(count)s photos. Remove one before you add another.") % {"count": studio.MOST_PHOTOS}
