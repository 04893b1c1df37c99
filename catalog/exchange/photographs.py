"""Photographs of pieces in a ZIP, named by SKU: “K-17.jpg”, and “K-17-2.jpg” for more of the same piece.

Promises: all or nothing. A photograph is checked as one from the studio is. It comes behind those that its piece has,
and waits for its words and for whether a person is visible; a piece in the shop gets none, for it would lack these.
Nothing is unpacked to where its name says.
Locks: products, by primary key. Raises: ``OtherThanShown``, ``locks.Busy``. Originals are stored before the
transaction, under names that a second try finds again, and go where it fails. After commit: the worker makes the
renditions.
"""

import re
import uuid
import zlib
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _
from PIL import Image

from catalog import photos, studio, tasks
from catalog.models import MAX_UPLOAD_BYTES, Photo, Product, Variant
from dostshop.accounts.models import User, branches_seen_by
from dostshop.exchange.plans import Change, Line, Plan, Problem
from dostshop.exchange.reading import Unreadable

MOST_BYTES = 200_000_000
MOST_PHOTOS = 500
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
# What computers put beside files.
_LITTER = re.compile(r"(?:^|/)(?:__MACOSX/|\.[^./]|Thumbs\.db$|desktop\.ini$)")
_DAMAGE = (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error)


@dataclass
class Photograph:
    """A file of the ZIP, and where it goes."""

    info: ZipInfo
    line: Line = field(default_factory=lambda: Line(0))
    size: tuple[int, int] = (0, 0)
    hints: tuple[str, ...] = ()
    # Why it cannot be shown.
    damage: Problem | None = None
    product: Product | None = None
    position: int = 0
    # In the private storage.
    original: str = ""

    @property
    def name(self) -> str:
        return PurePosixPath(self.info.filename.replace("\\", "/")).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem.strip()

    @property
    def of_sku(self) -> tuple[str, ...]:
        """The SKUs that it may be named by: a number at the end may be the SKU's own."""
        return tuple(dict.fromkeys((self.stem, re.sub(r"-[0-9]{1,2}$", "", self.stem))))

    @property
    def number(self) -> int:
        found = re.search(r"-([0-9]{1,2})$", self.stem)
        return int(found[1]) if found else 1


class PhotographsWork:
    def __init__(self, key: str, found: list[Photograph], user: User) -> None:
        # By this its originals are known again.
        self._key, self._all, self._user = key, found, user

    @classmethod
    def read(cls, file: IO[bytes], _name: str, user: User) -> "PhotographsWork":
        try:
            with ZipFile(file) as package:
                found = [Photograph(info) for info in package.infolist() if _is_file(info)]
                _check_all(found)
                for one in found:
                    _check(package, one)
        except _DAMAGE as error:
            raise Unreadable(_("This ZIP is damaged. Make it anew and choose it again.")) from error
        return cls(str(file.name), found, user)

    def compare(self, *, lock: bool) -> Plan:
        """At most five queries, however many photographs."""
        skus = {sku for one in self._all for sku in one.of_sku}
        by_sku = dict(Variant.objects.filter(sku__in=skus).values_list("sku", "product"))
        products = self._products(set(by_sku.values()), lock=lock)
        standing = Photo.objects.filter(product__in=products).order_by().values("product")
        here = {row["product"]: row for row in standing.annotate(count=Count("pk"), last=Max("position"))}
        names = Counter(one.name.lower() for one in self._all)
        coming: Counter[int] = Counter()
        for number, one in enumerate(sorted(self._all, key=lambda one: (one.of_sku[-1], one.number)), start=1):
            one.line = Line(number, name=one.name, problems=[one.damage] if one.damage else [])
            pk = next((by_sku[sku] for sku in one.of_sku if sku in by_sku), None)
            one.product = products.get(pk) if pk else None
            if names[one.name.lower()] > 1:
                one.line.refuse(_("This name is there twice."))
            elif one.product is None:
                one.line.refuse(_("No piece of yours has this SKU. Name photographs as K-17.jpg, K-17-2.jpg."))
            else:
                standing_here = here.get(one.product.pk, {"count": 0, "last": -1})
                _place(one, one.product, standing_here["count"] + coming[one.product.pk])
                one.position = standing_here["last"] + 1 + coming[one.product.pk]
                coming[one.product.pk] += 1
        return Plan(sorted((one.line for one in self._all), key=lambda line: line.number), len(self._all))

    def _products(self, pks: set[int], *, lock: bool) -> dict[int, Product]:
        branches = branches_seen_by(self._user)
        found: QuerySet[Product] = Product.objects.filter(pk__in=pks).order_by("pk")
        found = found if branches is None else found.filter(branch__in=branches)
        return {one.pk: one for one in (found.select_for_update(of=("self",), no_key=True) if lock else found)}

    def prepare(self) -> None:
        """Stores the originals."""
        with default_storage.open(self._key) as file, ZipFile(file) as package:
            for one in self._all:
                name = f"originals/{self._key_of(one)}{PurePosixPath(one.name).suffix.lower()}"
                # Of a try that broke off.
                default_storage.delete(name)
                one.original = default_storage.save(name, ContentFile(package.read(one.info)))

    def dismiss(self) -> None:
        for one in self._all:
            if one.original:
                default_storage.delete(one.original)

    def carry_out(self) -> None:
        for one in self._all:
            if one.product is None:
                continue
            photo = Photo(key=self._key_of(one), product=one.product, position=one.position, hints=list(one.hints))
            photo.original, (photo.original_width, photo.original_height) = one.original, one.size
            photo.save()
            tasks.render_later(photo)
        products = Product.objects.filter(pk__in=[one.product.pk for one in self._all if one.product])
        LogEntry.objects.log_actions(self._user.pk, products, CHANGE, change_message=_("Photographs by a ZIP"))

    def _key_of(self, one: Photograph) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self._key}/{one.info.filename}")


def _is_file(info: ZipInfo) -> bool:
    return not info.is_dir() and not _LITTER.search(info.filename)


def _check_all(found: list[Photograph]) -> None:
    if not found:
        raise Unreadable(_("There is no photograph in this ZIP."))
    if len(found) > MOST_PHOTOS:
        raise Unreadable(_("A ZIP has at most %(most)s photographs. Split it.") % {"most": MOST_PHOTOS})
    if any(one.info.flag_bits & 1 for one in found):
        raise Unreadable(_("This ZIP has a password. Make it anew without one."))


def _check(package: ZipFile, one: Photograph) -> None:
    """Notes at the line of the photograph what is wrong with it."""
    if PurePosixPath(one.name).suffix.lower() not in _SUFFIXES:
        _refuse(one, _("This is not a picture that the shop can show. Choose a JPEG, PNG, WebP or HEIC file."))
        return
    if one.info.file_size > MAX_UPLOAD_BYTES:
        _refuse(one, _("This file is larger than 40 megabytes. Choose a smaller one, or save the picture smaller."))
        return
    try:
        content = BytesIO(package.read(one.info))
        one.hints = tuple(photos.check_upload(content))
        with Image.open(content, formats=photos.ACCEPTED) as image:
            one.size = image.size
    except photos.UnusablePicture as problem:
        _refuse(one, str(problem.message))
    except _DAMAGE:
        _refuse(one, _("This picture is damaged and cannot be read to its end. Choose another file, or save it anew."))


def _refuse(one: Photograph, sentence: str) -> None:
    one.damage = Problem(_("photo"), sentence)


def _place(one: Photograph, product: Product, count: int) -> None:
    if product.state in {Product.State.PUBLISHED, Product.State.ARCHIVED}:
        one.line.refuse(
            _("This piece is in the shop, or was: add photographs on its page, with what is to be said of them.")
        )
    elif count >= studio.MOST_PHOTOS:
        sentence = _("A piece has at most %(count)s photos. Remove one before you add another.")
        one.line.refuse(sentence % {"count": studio.MOST_PHOTOS})
    else:
        place = _("%(piece)s, photo %(number)s") % {"piece": f"{product} ({product.code})", "number": count + 1}
        one.line.changes.append(Change(_("photo"), "", place))
