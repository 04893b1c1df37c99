"""Voice notes: what an instructor says of a piece instead of typing it. Private, and never shown in the shop.

Promises: only what begins like a sound file is kept, under a name of chance and with the type that its bytes tell. A
piece has one at the most; the one before is deleted by the worker.

Locks: the product. Raises: ``Refused`` with a sentence for whoever recorded it, ``publishing.NotNow``,
``locks.Busy``; nothing is kept then. Retry: stores it again, and deletes the first.
"""

import re
from http import HTTPStatus
from pathlib import PurePath
from typing import IO, cast

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _

from catalog import studio, tasks
from catalog.models import Proposal
from catalog.models.studio import voice_note_name
from dostshop.accounts.models import User
from dostshop.locks import outside_transactions, short_transaction
from dostshop.public_pages import PRIVATE

MAX_BYTES = 10_000_000
# By the ending of the name.
TYPES = {
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
}
ACCEPTED = f"audio/*,{','.join(TYPES)}"
# How a file begins: at which byte, with what.
_BEGINNINGS = (
    (0, b"\x1aE\xdf\xa3", ".webm"),
    (0, b"OggS", ".ogg"),
    (0, b"fLaC", ".flac"),
    (0, b"#!AMR", ".amr"),
    (0, b"ID3", ".mp3"),
    (4, b"ftyp", ".m4a"),
    (8, b"WAVE", ".wav"),
)


class Refused(ValidationError):
    """The file is not kept. The message is for the person who chose it."""


def ending_of(file: IO[bytes]) -> str:
    """The ending for the kind of sound that the first bytes tell. Raises Refused."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    for at, beginning, ending in _BEGINNINGS:
        if head[at:].startswith(beginning):
            return ending
    # Twelve bits that every frame begins with, then the kind: 00 is AAC, anything else MPEG audio.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF0 == 0xF0:
        return ".mp3" if head[1] & 0x06 else ".aac"
    raise Refused(_("This is not a sound recording that the shop can play. Record it anew, or choose another file."))


@outside_transactions
def keep(product_pk: int, *, file: "File[bytes]", actor: User) -> None:
    """The recording, in the place of the one before it."""
    if file.size > MAX_BYTES:
        raise Refused(_("This recording is longer than fits. Ten megabytes are about ten minutes."))
    name = voice_note_name(Proposal(), f"note{ending_of(cast('IO[bytes]', file))}")
    name = default_storage.save(name, file)
    try:
        _point_to(product_pk, name=name, actor=actor)
    except BaseException:
        default_storage.delete(name)
        raise


def forget(product_pk: int, *, actor: User) -> None:
    """The recording of the piece, if there is one."""
    _point_to(product_pk, name="", actor=actor)


def response(product_pk: int, *, wanted: str = "") -> HttpResponse:
    """The recording, or the one range of bytes of it that is ``wanted``: some players ask for nothing else.

    Raises Http404 where there is none.
    """
    name = Proposal.objects.filter(product=product_pk).values_list("voice_note", flat=True).first()
    if not name or not default_storage.exists(name):
        raise Http404
    with default_storage.open(name) as file:
        content = file.read()
    kind = TYPES.get(PurePath(name).suffix, "application/octet-stream")
    headers = {"Content-Type": kind, "Accept-Ranges": "bytes", "Cache-Control": PRIVATE}
    match = re.fullmatch(r"bytes=(\d{1,9})-(\d{0,9})", wanted)
    if match is None:
        return HttpResponse(content, headers=headers)
    first, last = int(match[1]), min(int(match[2] or len(content)), len(content) - 1)
    if first > last:
        headers["Content-Range"] = f"bytes */{len(content)}"
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return HttpResponse(content[first : last + 1], status=HTTPStatus.PARTIAL_CONTENT, headers=headers)


@short_transaction()
def _point_to(product_pk: int, *, name: str, actor: User) -> None:
    before = Proposal.objects.filter(product=product_pk).first()
    studio.save(product_pk, changes=studio.Changes(proposal={"voice_note": name}), actor=actor)
    if before and before.voice_note:
        tasks.discard_files.defer(files=[["default", str(before.voice_note.name)]])
