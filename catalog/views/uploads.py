"""The shop's side of tus 1.0.0, the protocol by which photos come part by part: https://tus.io/protocols/resumable-upload

Decision 14 says why it is written here, and what of it is left out.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, cast
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _

from catalog import studio, uploads
from catalog.models import MAX_UPLOAD_BYTES, Upload
from dostshop.accounts.models import User
from dostshop.locks import Busy

VERSION = "1.0.0"
PART_TYPE = "application/offset+octet-stream"
# Of a body, at once.
_PIECE = 64 * 1024

_CAPABILITIES = {
    "Tus-Version": VERSION,
    "Tus-Max-Size": str(MAX_UPLOAD_BYTES),
    "Tus-Extension": "creation,expiration,termination",
}


def speaks_tus[**P](
    view: Callable[Concatenate[HttpRequest, str, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands on the method that is meant, and answers in plain words: no page, and no redirect to the sign-in."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        method = request.headers.get("X-HTTP-Method-Override", request.method or "")
        try:
            response = _refusal(request, method) or view(request, method, *args, **kwargs)
        except Http404:
            response = _told(HTTPStatus.NOT_FOUND, _("This piece cannot be changed here, or not any more."))
        except uploads.TooLarge as problem:
            response = _told(HTTPStatus.CONTENT_TOO_LARGE, str(problem))
        except uploads.Refused as problem:
            response = _told(HTTPStatus.UNPROCESSABLE_CONTENT, str(problem))
        except uploads.Moved:
            response = HttpResponse(status=HTTPStatus.CONFLICT)
        except Busy:
            response = HttpResponse(status=HTTPStatus.LOCKED)
        response.headers["Tus-Resumable"] = VERSION
        return response

    return answered


def _refusal(request: HttpRequest, method: str) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return _told(HTTPStatus.UNAUTHORIZED, _("Sign in again: the photos go on from where they stopped."))
    if method == "OPTIONS":
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=_CAPABILITIES)
    if request.headers.get("Tus-Resumable") != VERSION:
        return HttpResponse(status=HTTPStatus.PRECONDITION_FAILED, headers={"Tus-Version": VERSION})
    return None


def _told(status: HTTPStatus, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


@speaks_tus
def begin(request: HttpRequest, method: str, code: str) -> HttpResponse:
    if method != "POST":
        return HttpResponseNotAllowed(["POST", "OPTIONS"])
    user = cast("User", request.user)
    product = get_object_or_404(studio.editable_by(user), code=code.upper())
    length = _number(request, "Upload-Length")
    if length is None:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    upload = uploads.begin(product, user=user, length=length)
    headers = {**_state_of(upload), "Location": reverse("studio:upload", args=[upload.key])}
    return HttpResponse(status=HTTPStatus.CREATED, headers=headers)


@speaks_tus
def upload(request: HttpRequest, method: str, key: UUID) -> HttpResponse:
    user = cast("User", request.user)
    found = get_object_or_404(Upload.objects.select_related("product"), key=key, user=user)
    if found.photo_id is None:
        get_object_or_404(studio.editable_by(user), pk=found.product_id)
    match method:
        case "HEAD":
            return HttpResponse(headers=_state_of(found))
        case "PATCH":
            return _append(request, found)
        case "DELETE":
            uploads.discard(found)
            return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponseNotAllowed(["HEAD", "PATCH", "DELETE", "OPTIONS"])


def _append(request: HttpRequest, upload: Upload) -> HttpResponse:
    if request.content_type != PART_TYPE:
        return HttpResponse(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    offset = _number(request, "Upload-Offset")
    if offset is None:
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    upload = uploads.append(upload, offset=offset, part=_body(request))
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers=_state_of(upload))


def _body(request: HttpRequest) -> bytes:
    """As much as came, where the connection broke: what is here need not be sent again."""
    body = bytearray()
    try:
        while len(body) <= uploads.MAX_PART_BYTES and (piece := request.read(_PIECE)):
            body += piece
    except OSError:
        pass
    if len(body) > uploads.MAX_PART_BYTES:
        raise uploads.TooLarge(_("The photo came in parts that are too large."))
    return bytes(body)


def _state_of(upload: Upload) -> dict[str, str]:
    headers = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.length)}
    if upload.photo_id is None:
        return {**headers, "Upload-Expires": http_date(upload.expires_at.timestamp())}
    # Where it can be seen.
    place = reverse("studio:photo", args=[upload.product.code.lower(), upload.photo_id])
    return {**headers, "Content-Location": place}


def _number(request: HttpRequest, header: str) -> int | None:
    value = request.headers.get(header, "")
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= 15 else None
