"""The studio's pages: for a phone at the bench, and for one hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Concatenate, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog import previews, publishing, studio, uploads, voice_notes
from catalog.listing import page_of
from catalog.models import Photo, Product, ProductEvent
from catalog.studio_forms import SIDES, BeginForm, Sheet
from dostshop.accounts.models import User, branches_worked_on_by
from dostshop.locks import Busy

# What is kept of a page that was sent after the session had run out, until its sender has signed in again.
KEPT = "studio_kept"
MOST_KEPT = 40_000
JSON = "application/json"


@dataclass(frozen=True)
class Instructor:
    """Who asks, and for what."""

    request: HttpRequest
    user: User
    # The branches whose pieces this person works on; None for all of them.
    branches: list[int] | None

    def product(self, code: str) -> Product:
        pieces = studio.pieces_of(self.branches).select_related("craft", "branch")
        pieces = pieces.prefetch_related("makers", Prefetch("events", ProductEvent.objects.select_related("actor")))
        return get_object_or_404(pieces, code=code.upper())


def for_instructors[**P](
    view: Callable[Concatenate[HttpRequest, Instructor, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Asks to sign in, and keeps what was typed meanwhile; for whoever has no studio there is no such page."""

    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request, code=str(kwargs.get("code", "")))
        user = request.user
        branches = branches_worked_on_by(user)
        if branches == []:
            raise Http404
        return view(request, Instructor(request, user, branches), *args, **kwargs)

    return checked


def _ask_to_sign_in(request: HttpRequest, *, code: str) -> HttpResponse:
    if _is_by_script(request):
        return HttpResponse(_("Sign in again: what you typed is kept."), status=HTTPStatus.UNAUTHORIZED)
    if code:
        _keep(request, code)
    return redirect_to_login(reverse("studio:piece", args=[code]) if code else reverse("studio:list"))


def _is_by_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == JSON


@require_safe
@for_instructors
def pieces(request: HttpRequest, instructor: Instructor) -> HttpResponse:
    page = page_of(studio.shelved(studio.pieces_of(instructor.branches)), request.GET.get("page"))
    titles = list(studio.Shelf)
    shelves = [(titles[number].label, list(rows)) for number, rows in groupby(page, key=attrgetter("shelf"))]
    is_of_many = instructor.branches is None or len(instructor.branches) > 1
    return render(request, "studio/list.html", {"page": page, "shelves": shelves, "is_of_many": is_of_many})


@require_safe
@for_instructors
def guide(request: HttpRequest, _instructor: Instructor) -> HttpResponse:
    return render(request, "studio/guide.html")


@require_http_methods(["GET", "HEAD", "POST"])
@for_instructors
def begin(request: HttpRequest, instructor: Instructor) -> HttpResponse:
    """One tap: a craft, and the draft is there."""
    form = BeginForm(request.POST or None, branches=instructor.branches)
    if request.method == "POST" and form.is_valid():
        begun = studio.begin(form.branch_pk, craft_pk=form.cleaned_data["craft"].pk, instructor=instructor.user)
        return redirect("studio:piece", begun.code.lower())
    return render(request, "studio/begin.html", {"form": form, "crafts": studio.crafts_for(instructor.user)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_instructors
def piece(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    if request.method != "POST":
        return _piece_page(instructor, found, data=_kept(request, found))
    return _saved(instructor, found)


@require_POST
@for_instructors
def send(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    """Saves, and hands the piece to whoever reviews it; or says what it lacks."""
    found = instructor.product(code)
    sheet = Sheet(found, data=request.POST)
    save = partial(studio.save, found.pk, changes=sheet.changes, actor=instructor.user)
    if refusals := _refusals(save):
        return _refused(instructor, found, refusals)
    gaps = publishing.gaps(found.pk, publishing.NEEDED_FOR_REVIEW)
    if sheet.errors or gaps:
        return _piece_page(instructor, found, data=request.POST, gaps=gaps)
    if refusals := _refusals(partial(publishing.submit, found.pk, actor=instructor.user)):
        return _refused(instructor, found, refusals)
    request.session.pop(KEPT, None)
    messages.success(request, _("Sent for review. You will read here what comes of it."))
    return redirect("studio:list")


@require_POST
@for_instructors
def take_back(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    if refusals := _refusals(partial(studio.take_back, found.pk, actor=instructor.user)):
        return _refused(instructor, found, refusals)
    messages.success(request, _("It is a draft again."))
    return redirect("studio:piece", found.code.lower())


@require_POST
@for_instructors
def delete(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    if refusals := _refusals(partial(studio.delete, found.pk)):
        return _refused(instructor, found, refusals)
    messages.success(request, _("The draft is deleted."))
    return redirect("studio:list")


@require_safe
@for_instructors
def photos(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    return _to_piece(instructor.product(code), at="photos")


@require_POST
@for_instructors
def add_photos(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    files = request.FILES.getlist("photos")
    if not files:
        messages.error(request, _("Choose photos first."))
    steps = [partial(uploads.add_photo, found.pk, file=file, user=instructor.user) for file in files]
    return _saved(instructor, found, *steps, at="photos")


@require_safe
@for_instructors
def photo(request: HttpRequest, instructor: Instructor, code: str, pk: int) -> HttpResponse:
    """One photo of the page: when it has arrived, and again when the shop has made its renditions."""
    found = instructor.product(code)
    for number, form in enumerate(Sheet(found).photos, start=1):
        if form.photo.pk == pk:
            return render(request, "studio/photo.html", {"product": found, "form": form, "number": number})
    raise Http404


PHOTO_STEPS: dict[str, Callable[[Photo], None]] = {
    "left": partial(studio.turn, to=Photo.Turn.LEFT),
    "right": partial(studio.turn, to=Photo.Turn.RIGHT),
    "earlier": partial(studio.move, by=-1),
    "later": partial(studio.move, by=1),
    "remove": studio.remove,
}


@require_POST
@for_instructors
def change_photo(request: HttpRequest, instructor: Instructor, code: str, pk: int, step: str) -> HttpResponse:
    found = instructor.product(code)
    if step not in PHOTO_STEPS:
        raise Http404
    shown = get_object_or_404(found.photos, pk=pk)
    return _saved(instructor, found, partial(PHOTO_STEPS[step], shown), at="photos")


@require_safe
@login_required
def voice_note(request: HttpRequest, code: str) -> HttpResponse:
    """For the instructors of the piece, and for staff who may look at it; a part of it where a player asks for one."""
    found = get_object_or_404(studio.heard_by(cast("User", request.user)), code=code.upper())
    return voice_notes.response(found.pk, wanted=request.headers.get("Range", ""))


@require_POST
@for_instructors
def add_voice_note(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    if file := request.FILES.get("voice_note"):
        keep = partial(voice_notes.keep, found.pk, file=file, actor=instructor.user)
        return _saved(instructor, found, keep, at="voice-note")
    messages.error(request, _("Choose a recording first."))
    return _saved(instructor, found, at="voice-note")


@require_POST
@for_instructors
def remove_voice_note(request: HttpRequest, instructor: Instructor, code: str) -> HttpResponse:
    found = instructor.product(code)
    return _saved(instructor, found, partial(voice_notes.forget, found.pk, actor=instructor.user), at="voice-note")


def _saved(instructor: Instructor, found: Product, *steps: Callable[[], object], at: str = "") -> HttpResponse:
    """Writes what is valid of the page and takes the steps, and shows it again with what is not, as it was typed."""
    request = instructor.request
    sheet = Sheet(found, data=request.POST)
    save = partial(studio.save, found.pk, changes=sheet.changes, actor=instructor.user)
    if refusals := _refusals(save, *steps):
        return _refused(instructor, found, refusals)
    request.session.pop(KEPT, None)
    if _is_by_script(request):
        return JsonResponse({"problems": [f"{each.label}: {each.sentence}" for each in sheet.errors]})
    if sheet.errors:
        return _piece_page(instructor, found, data=_as_framed(found, request.POST) if steps else request.POST)
    if not at:
        messages.success(request, _("Saved."))
    return _to_piece(found, at=at)


def _as_framed(found: Product, posted: QueryDict) -> QueryDict:
    """What was typed, with the cuts as a turn of the photo left them."""
    typed = posted.copy()
    for photo in found.photos.all():
        for side in SIDES:
            typed[f"photo-{photo.pk}-cut_{side}"] = str(getattr(photo, f"cut_{side}"))
    return typed


def _refusals(*steps: Callable[[], object]) -> list[str]:
    """Takes every step, and says what was refused; each sentence once."""
    said = []
    for step in steps:
        try:
            step()
        except (publishing.NotNow, publishing.NotReady, uploads.Refused) as refusal:
            said.append(str(refusal))
        except voice_notes.Refused as refusal:
            said.append(str(refusal.message))
        except Busy:
            said.append(_("Somebody else is at this piece at this moment. Please try again."))
        except (Photo.DoesNotExist, Product.DoesNotExist):
            said.append(_("That is not here any more. Somebody else removed it."))
    return list(dict.fromkeys(said))


def _refused(instructor: Instructor, found: Product, refusals: list[str]) -> HttpResponse:
    request = instructor.request
    if _is_by_script(request):
        return JsonResponse({"problems": refusals}, status=HTTPStatus.CONFLICT)
    for refusal in refusals:
        messages.error(request, refusal)
    pieces = studio.pieces_of(instructor.branches)
    if not pieces.filter(pk=found.pk).exists():
        return redirect("studio:list")
    _keep(request, found.code)
    return _piece_page(instructor, found, data=_as_framed(found, request.POST))


def _piece_page(
    instructor: Instructor,
    found: Product,
    *,
    data: QueryDict | None = None,
    gaps: Sequence[publishing.Gap] = (),
) -> HttpResponse:
    # After a step it may be another.
    product = instructor.product(found.code) if instructor.request.method == "POST" else found
    sheet = Sheet(product, data=data)
    events = product.events.all()
    asked = [event.reason for event in events if event.kind == event.Kind.CHANGES_ASKED]
    context = {
        "product": product,
        "form": sheet,
        "is_editable": product.state in studio.EDITABLE,
        "is_kept": data is not None and instructor.request.method != "POST",
        "is_deletable": studio.is_deletable(product),
        "gaps": gaps,
        "events": events,
        "reason": asked[-1] if asked and product.state == Product.State.CHANGES_ASKED else "",
        "room": studio.MOST_PHOTOS - len(sheet.photos),
        "preview": previews.address(product),
        "voice_accepted": voice_notes.ACCEPTED,
    }
    return render(instructor.request, "studio/piece.html", context)


def _to_piece(found: Product, *, at: str) -> HttpResponse:
    address = reverse("studio:piece", args=[found.code.lower()])
    return redirect(f"{address}#{at}" if at else address)


def _keep(request: HttpRequest, code: str) -> None:
    """What was typed and could not be saved, for this person's next look at the piece."""
    typed = request.POST.urlencode()
    if len(typed) <= MOST_KEPT and request.method == "POST":
        request.session[KEPT] = {"code": code.upper(), "typed": typed}


def _kept(request: HttpRequest, found: Product) -> QueryDict | None:
    kept = request.session.get(KEPT)
    return QueryDict(kept["typed"]) if kept and kept["code"] == found.code else None
