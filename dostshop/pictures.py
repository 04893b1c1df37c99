"""What every stored picture shares: a private original, public renditions, a text alternative.

Renditions are made once, in the worker (``catalog/photos.py``), and their names and sizes stay in the row,
so no page ever asks the storage.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar, TypedDict

from django.core.files.storage import storages
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dostshop.public_pages import SHARED_CACHE_SECONDS

# Best first: a browser takes the first that it can show.
FORMATS = ("avif", "webp", "jpeg")
# Pixels that a card's picture needs at the most: a third of a tablet, on a sharp screen.
SMALL = 640
# Where renditions lie on which somebody is to be seen: who took back the consent is gone from caches within a minute.
OF_PEOPLE = "people/"


@dataclass(frozen=True)
class Framing:
    """What is shown of an upright original: turned clockwise by degrees, then cut, by percent of each side."""

    turn: int = 0
    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


class Rendition(TypedDict):
    """A resized picture as it lies in the public storage."""

    format: str
    width: int
    height: int
    name: str
    size: int


@dataclass(frozen=True)
class Source:
    """One ``<source>``: a format and its ``srcset``."""

    mime_type: str
    srcset: str


def cache_control(name: str) -> str:
    """How long browsers and caches may keep a rendition; it never changes under its name, but it may have to go."""
    if name.startswith(OF_PEOPLE):
        return f"public, max-age={SHARED_CACHE_SECONDS}, must-revalidate"
    return "public, max-age=31536000, immutable"


def original_name(instance: "Picture", filename: str) -> str:
    """Where the original is kept: the name that the photographer's phone gave is not."""
    return f"originals/{instance.key}{PurePath(filename).suffix.lower()}"


class Picture(models.Model):
    # The fields that say what its renditions show and where they lie.
    rendered_from: ClassVar[tuple[str, ...]] = ("original",)

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    original = models.ImageField(
        _("picture"), upload_to=original_name, width_field="original_width", height_field="original_height"
    )
    original_width = models.PositiveIntegerField(editable=False, default=0)
    original_height = models.PositiveIntegerField(editable=False, default=0)
    alt = models.CharField(
        _("alternative text"),
        max_length=250,
        blank=True,
        help_text=_("What is to be seen, for who cannot see it."),
    )
    focus_x = models.PositiveSmallIntegerField(
        _("focal point from the left, %"), default=50, validators=[MaxValueValidator(100)]
    )
    focus_y = models.PositiveSmallIntegerField(
        _("focal point from the top, %"), default=50, validators=[MaxValueValidator(100)]
    )
    # list[Rendition], by format and width.
    renditions = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.alt or str(self.key)

    @property
    def is_of_people(self) -> bool:
        """Whether somebody is to be seen; see ``OF_PEOPLE``."""
        return False

    @property
    def framing(self) -> Framing:
        return Framing()

    @property
    def files(self) -> list[tuple[str, str]]:
        """Storage and beginning of the name of each file that was ever stored for it, of former originals too."""
        by_key = [
            ("default", f"originals/{self.key}"),
            ("renditions", f"{OF_PEOPLE}{self.key}/"),
            ("renditions", f"{self.key}/"),
        ]
        named = [("default", str(self.original.name)), *(("renditions", made["name"]) for made in self.renditions)]
        others = [
            (alias, name)
            for alias, name in named
            if not any(alias == other and name.startswith(beginning) for other, beginning in by_key)
        ]
        return by_key + others

    @property
    def is_rendered(self) -> bool:
        return bool(self.renditions)

    @property
    def is_shown(self) -> bool:
        """Whether a page that has it may show it."""
        return self.is_rendered

    def sources(self) -> Iterator[Source]:
        """Every format but JPEG, which is the ``<img>`` itself."""
        return self._sources(self.renditions)

    def small_sources(self) -> Iterator[Source]:
        """For where a picture is never wider than ``SMALL``: a page of many stays short."""
        return self._sources([rendition for rendition in self.renditions if rendition["width"] <= SMALL])

    def _sources(self, renditions: list[Rendition]) -> Iterator[Source]:
        storage = storages["renditions"]
        for picture_format in FORMATS[:-1]:
            chosen = [rendition for rendition in renditions if rendition["format"] == picture_format]
            if chosen:
                srcset = ", ".join(f"{storage.url(rendition['name'])} {rendition['width']}w" for rendition in chosen)
                yield Source(f"image/{picture_format}", srcset)

    @property
    def fallback(self) -> Rendition | None:
        """The JPEG for a browser that knows no ``srcset``, for mails and for link previews."""
        jpegs: list[Rendition] = [r for r in self.renditions if r["format"] == "jpeg"]
        return next((r for r in jpegs if r["width"] >= 640), jpegs[-1] if jpegs else None)

    @property
    def fallback_url(self) -> str:
        rendition = self.fallback
        return storages["renditions"].url(rendition["name"]) if rendition else ""

    @property
    def largest(self) -> Rendition | None:
        jpegs: list[Rendition] = [r for r in self.renditions if r["format"] == "jpeg"]
        return jpegs[-1] if jpegs else None

    @property
    def largest_url(self) -> str:
        return storages["renditions"].url(self.largest["name"]) if self.largest else ""

    @property
    def focus_classes(self) -> str:
        """Where to crop, in steps of a quarter, as classes: the shop's pages carry no inline styles."""
        x, y = (round(value / 25) * 25 for value in (self.focus_x, self.focus_y))
        return (f" picture--x{x}" if x != 50 else "") + (f" picture--y{y}" if y != 50 else "")


class PictureOfNobody(Picture):
    """Of a place or of things: who is to be seen on it nobody could ask for a consent. Not shown until staff say so."""

    rendered_from = (*Picture.rendered_from, "shows_nobody")

    shows_nobody = models.BooleanField(
        _("nobody is visible"),
        default=False,
        help_text=_("The shop shows this picture once you have looked and ticked this. Choose one without people."),
    )

    class Meta:
        abstract = True

    @property
    def is_of_people(self) -> bool:
        return not self.shows_nobody

    @property
    def is_shown(self) -> bool:
        return self.is_rendered and self.shows_nobody
