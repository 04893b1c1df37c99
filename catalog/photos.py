"""From a private original to the public renditions of a picture.

Promises: the renditions are upright, framed as somebody chose, in sRGB, and carry no metadata at all. Their names hold
a digest of the original, its framing and the recipe, so a file never changes under its name; those on which somebody
is to be seen lie in a folder that caches keep for a minute only (``dostshop/pictures.py``). A second run finds them
made and does nothing; a new original, framing or recipe, or somebody noticed in it, writes new files, then the row in
one update, then deletes the old files. Takes no lock: where the row says something else by then, the files go again,
and whoever changed it has asked for others. What cannot be used raises ``UnusablePicture`` with a sentence for the
person who brought the file.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from itertools import batched
from typing import IO, Any

import pillow_heif
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps

from catalog import jpeg, noticing
from catalog.models import Hint
from catalog.models.studio import MAX_UPLOAD_BYTES
from dostshop.pictures import OF_PEOPLE, Framing, Picture, Rendition

pillow_heif.register_heif_opener()

# JPEG opens multi-picture files too, by their first picture.
ACCEPTED = ("JPEG", "PNG", "WEBP", "HEIF")
MAX_PIXELS = 50_000_000
# WebP ends at 16,383.
MAX_SIDE = 16_000
PAPER = (255, 255, 255)
AS_TAKEN = Framing()
# Pictures in memory at once while many are rendered.
BATCH = 16


@dataclass(frozen=True)
class Recipe:
    """How a format is written, and how wide. Older browsers, which read only the later formats, get fewer."""

    format: str
    extension: str
    widths: tuple[int, ...]
    options: Mapping[str, Any]


RECIPES = (
    Recipe("avif", "avif", (320, 480, 640, 960, 1280, 1600), {"quality": 48, "speed": 8}),
    Recipe("webp", "webp", (320, 640, 1280), {"quality": 70, "method": 2}),
    Recipe("jpeg", "jpg", (640, 1280), {"quality": 76, "optimize": True, "progressive": True}),
)
WIDEST = max(width for recipe in RECIPES for width in recipe.widths)

# Pillow turns the other way round.
_TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}

# What Pillow's readers raise, each in its own way, when a file is not what it says.
_DAMAGE = (
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


class UnusablePicture(ValidationError):
    """The file cannot be shown. The message is for the person who chose it."""


@dataclass(frozen=True)
class Encoded:
    """A rendition before it is stored."""

    recipe: Recipe
    width: int
    height: int
    content: bytes


def check_upload(file: IO[bytes]) -> list[Hint]:
    """Raises ``UnusablePicture`` unless the file is a whole picture that can be rendered; tells what seems wrong."""
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if size > MAX_UPLOAD_BYTES:
        raise _too_heavy()
    with _opened(file) as image:
        width, height = image.size
        _load(image)
        if image.format in {"JPEG", "MPO"} and not jpeg.is_whole(_all_of(file)):
            raise _damaged()
        try:
            hints = noticing.hints(_on_paper(_in_eight_bits(image)), width=width, height=height)
        except _DAMAGE as error:
            raise _damaged() from error
    file.seek(0)
    return hints


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def render(picture: Picture) -> None:
    """Make the renditions of a saved picture and write them into its row, unless they are there already.

    Raises ``UnusablePicture``; then nothing has changed.
    """
    _store(picture, *_encoded(picture))


def render_all(pictures: Iterable[Picture], *, threads: int) -> Iterator[tuple[Picture, UnusablePicture | None]]:
    """Renders many at once and yields each with its problem, if it has one. Only this thread uses the database."""
    with ThreadPoolExecutor(threads) as pool:
        for batch in batched(pictures, BATCH, strict=False):
            for picture, work in [(picture, pool.submit(_encoded, picture)) for picture in batch]:
                try:
                    _store(picture, *work.result())
                except UnusablePicture as problem:
                    yield picture, problem
                else:
                    yield picture, None


def encode(original: bytes, framing: Framing = AS_TAKEN) -> list[Encoded]:
    """Every rendition of the picture, by format and width. None is wider than what is shown of the original."""
    shown = _shown(original, framing)
    resized: dict[int, Image.Image] = {}
    made = []
    for recipe in RECIPES:
        for width in _widths(recipe, widest=shown.width):
            if width not in resized:
                height = max(1, round(shown.height * width / shown.width))
                resized[width] = shown.resize((width, height), Image.Resampling.LANCZOS)
            content = BytesIO()
            resized[width].save(content, recipe.format, **recipe.options)
            made.append(Encoded(recipe, width, resized[width].height, content.getvalue()))
    return made


def _encoded(picture: Picture) -> tuple[str, list[Encoded]]:
    """The folder and beginning of the names, and what is to be stored under them: nothing if that was done."""
    with picture.original.open("rb") as file:
        original = file.read()
    framing = picture.framing
    recipe = repr(RECIPES) + ("" if framing == AS_TAKEN else repr(framing))
    digest = hashlib.sha256(recipe.encode() + original).hexdigest()[:8]
    prefix = f"{OF_PEOPLE if picture.is_of_people else ''}{picture.key}/{digest}-"
    return prefix, [] if _is_current(picture, prefix) else encode(original, framing)


def _is_current(picture: Picture, prefix: str) -> bool:
    renditions: list[Rendition] = picture.renditions
    storage = storages["renditions"]
    return bool(renditions) and all(
        rendition["name"].startswith(prefix) and storage.exists(rendition["name"]) for rendition in renditions
    )


def _store(picture: Picture, prefix: str, made: list[Encoded]) -> None:
    if not made:
        return
    storage = storages["renditions"]
    before = {rendition["name"] for rendition in picture.renditions}
    renditions: list[Rendition] = []
    for encoded in made:
        name = f"{prefix}{encoded.width}.{encoded.recipe.extension}"
        # What a run that crashed left under this name may be half a file.
        storage.delete(name)
        renditions.append(
            {
                "format": encoded.recipe.format,
                "width": encoded.width,
                "height": encoded.height,
                "name": storage.save(name, ContentFile(encoded.content)),
                "size": len(encoded.content),
            }
        )
    after = {rendition["name"] for rendition in renditions}
    row = type(picture)._default_manager.filter(pk=picture.pk)
    # Unless the picture was deleted, or changed, while this one was rendered.
    if row.filter(**{field: getattr(picture, field) for field in picture.rendered_from}).update(renditions=renditions):
        picture.renditions = renditions
        unneeded = before - after
    else:
        now = row.values_list("renditions", flat=True).first() or []
        unneeded = after - {rendition["name"] for rendition in now}
    for name in unneeded:
        storage.delete(name)


def _widths(recipe: Recipe, *, widest: int) -> list[int]:
    """The recipe's widths below the picture's, and one that is the picture's own or the recipe's largest."""
    return [width for width in recipe.widths if width < widest] + [widest] * (widest <= recipe.widths[-1])


def _shown(original: bytes, framing: Framing) -> Image.Image:
    # What is left of the shorter side still makes the widest rendition, where the original is large enough.
    side = WIDEST * 100 // min(100 - framing.left - framing.right, 100 - framing.top - framing.bottom)
    with _opened(BytesIO(original)) as image:
        _load(image, side=side)
        try:
            upright = ImageOps.exif_transpose(_in_srgb(_on_paper(_shrunk(_in_eight_bits(image), side=side))))
        except _DAMAGE as error:
            raise _damaged() from error
    shown = _framed(upright, framing)
    # Pillow hands on the profile, comments and resolution that it finds here.
    shown.info = {}
    return shown


def _framed(upright: Image.Image, framing: Framing) -> Image.Image:
    turned = upright.transpose(_TURNS[framing.turn]) if framing.turn else upright
    left, right = (turned.width * percent // 100 for percent in (framing.left, 100 - framing.right))
    top, bottom = (turned.height * percent // 100 for percent in (framing.top, 100 - framing.bottom))
    return turned.crop((left, top, max(right, left + 1), max(bottom, top + 1)))


def _opened(file: IO[bytes]) -> Image.Image:
    try:
        image = Image.open(file, formats=ACCEPTED)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _DAMAGE as error:
        raise UnusablePicture(
            _("This is not a picture that the shop can show. Choose a JPEG, PNG, WebP or HEIC file."),
            code="not_a_picture",
        ) from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        image.close()
        raise _too_large()
    return image


def _load(image: Image.Image, *, side: int = WIDEST) -> None:
    """No side gets smaller than the given one by it."""
    try:
        # JPEG alone can be decoded small, which saves most of the time and memory.
        image.draft(None, (side, side))
        image.load()
    except _DAMAGE as error:
        raise _damaged() from error


def _damaged() -> UnusablePicture:
    return UnusablePicture(
        _("This picture is damaged and cannot be read to its end. Choose another file, or save it anew."),
        code="damaged",
    )


def _too_large() -> UnusablePicture:
    return UnusablePicture(
        _("This picture is too large. Choose one of at most 50 megapixels and 16,000 pixels a side."),
        code="too_large",
    )


def _too_heavy() -> UnusablePicture:
    return UnusablePicture(
        _("This file is larger than 40 megabytes. Choose a smaller one, or save the picture smaller."),
        code="too_heavy",
    )


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Palettes opened up, and 16-bit greys scaled: Pillow's own conversion would cut them off at white."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode in {"P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L") if image.mode == "1" else image


def _shrunk(image: Image.Image, *, side: int) -> Image.Image:
    """Neither side is smaller than the given one: which of them becomes the width is not decided yet."""
    scale = side / min(image.size)
    if scale >= 1:
        return image
    return image.resize(
        (round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS, reducing_gap=2.0
    )


def _on_paper(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    coloured = image.convert("RGBA")
    paper = Image.new("RGB", image.size, PAPER)
    paper.paste(coloured, mask=coloured.getchannel("A"))
    paper.info = image.info
    return paper


def _in_srgb(image: Image.Image) -> Image.Image:
    """By the picture's own profile; where it has none, or a broken one, its numbers are taken as sRGB."""
    if profile := image.info.get("icc_profile"):
        try:
            converted = ImageCms.profileToProfile(
                image, BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            converted.info = image.info
            return converted
    return image.convert("RGB")
