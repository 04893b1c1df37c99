"""Scans of signed forms: what may be kept. A file is what its content says, whatever its name is."""

from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from PIL import Image

MOST_BYTES = 10 * 1024 * 1024
CONTENT_TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png"}
ACCEPTED = ",".join(CONTENT_TYPES.values())
_PICTURES = {"JPEG": ".jpg", "PNG": ".png"}
# What Pillow raises when a file is not what it begins like.
_DAMAGE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def accepted(file: "File[Any]") -> "File[Any]":
    """The file under a name that tells its kind and nothing else. Raises ValidationError with a sentence for staff."""
    if (file.size or 0) > MOST_BYTES:
        raise ValidationError(_("The file is larger than 10 MB. Scan it anew with a lower resolution."))
    suffix = _suffix(file)
    file.seek(0)
    file.name = f"scan{suffix}"
    return file


def content_type(name: str) -> str:
    return CONTENT_TYPES.get(PurePath(name).suffix, "application/octet-stream")


def _suffix(file: "File[Any]") -> str:
    file.seek(0)
    if file.read(5) == b"%PDF-":
        file.seek(-min(file.size, 2048), 2)
        if b"%%EOF" in file.read():
            return ".pdf"
    file.seek(0)
    try:
        with Image.open(file, formats=tuple(_PICTURES)) as picture:
            suffix = _PICTURES[picture.format or ""]
            picture.verify()
    except _DAMAGE as error:
        raise ValidationError(
            _("This is not a scan that can be kept. Choose a whole PDF, JPEG or PNG file, whatever its name.")
        ) from error
    return suffix
