"""The page “To review”: what of consents, faces and words waits for somebody to look at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from artisans import dignity
from artisans.models import Artisan, Consent
from catalog import legal_names, review
from catalog.makers import known_by
from dostshop.accounts.models import branches_seen_by
from dostshop.admin import ShopAdmin, signed_in

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Line:
    """One thing to look at, where that is done, and what is known of it."""

    name: str
    address: str
    note: str = ""


@dataclass(frozen=True)
class Section:
    key: str
    title: "StrOrPromise"
    what_to_do: "StrOrPromise"
    lines: list[Line]
    count: int


class ReviewPage(ShopAdmin):
    def get_urls(self) -> list[URLPattern]:
        return [path("review/", self.admin_site.admin_view(self.review), name="catalog_review"), *super().get_urls()]

    def review(self, request: HttpRequest) -> HttpResponse:
        user = signed_in(request)
        if not user.has_perm("artisans.view_consent"):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("To review"),
            "sections": list(_sections(review.Branches(branches_seen_by(user)))),
        }
        return render(request, "admin/catalog/review.html", context)


def _sections(branches: review.Branches) -> Iterator[Section]:
    yield _section(
        "ending",
        _("Consents that end within 60 days"),
        _("Ask whether they are to go on, and record the new form."),
        review.ending(branches),
        _consent_line,
    )
    yield _makers(
        "grown-up",
        _("Came of age: ask again"),
        _("What was agreed for them as minors is over. Ask them, and them alone."),
        review.grown_up(branches),
    )
    yield _makers(
        "silent",
        _("Makers with pieces in the shop and no consent"),
        _("The shop names the craft and the branch. Ask once, and accept a no."),
        review.silent(branches),
    )
    yield _makers(
        "ages",
        _("Makers with pieces in the shop and no birth date"),
        _("Until it is known the shop takes them for minors, and names no branch at their pieces."),
        review.of_unknown_age(branches),
    )
    yield _makers(
        "rewritten",
        _("Stories that were changed after the consent"),
        _("The maker agreed to the text as it was then. Read the new one out, ask again, and record the new form."),
        review.rewritten(branches),
    )
    yield _section(
        "names",
        _("Texts that tell a legal name"),
        _("Take the name out: the shop names makers as they chose, and not otherwise."),
        legal_names.queue(branches),
        lambda row: Line(str(row), _address(row)),
    )
    yield _section(
        "scans",
        _("Consents in force without a scan"),
        _("Find the paper and record it anew with its scan. If there is none, ask again."),
        review.unscanned(branches),
        lambda form: Line(str(form), _address(form)),
    )
    yield _section(
        "faces",
        _("Photos of people who have not agreed"),
        _("They are not shown. Say who is visible, record a consent for the face, or choose another photo."),
        review.faces(branches),
        lambda photo: Line(photo.product.name, _address(photo.product)),
    )
    yield _section(
        "portraits",
        _("Makers' pictures without a consent for the face"),
        _("They are not shown. Record a consent for the face, or take the picture out."),
        review.portraits(branches),
        lambda portrait: Line(str(portrait.artisan), _record_page(portrait.artisan)),
    )
    patterns = dignity.patterns()
    for key, title, queue in (
        ("pity-pieces", _("Texts of pieces with words of pity"), review.pitying_products(branches, patterns)),
        ("pity-makers", _("Texts of makers with words of pity"), review.pitying_makers(branches, patterns)),
    ):
        yield _section(
            key,
            title,
            _("Speak of the work. If the word is right here, let it stand."),
            queue,
            lambda row: Line(str(row), _address(row), ", ".join(review.words_in(row, patterns))),
        )


def _section(key: str, title: str, what_to_do: str, queue: review.Queue[Any], line: Any) -> Section:
    return Section(key, title, what_to_do, [line(row) for row in queue.rows], queue.count)


def _makers(key: str, title: str, what_to_do: str, queue: review.Queue[Artisan]) -> Section:
    names = known_by(queue.rows)
    return _section(key, title, what_to_do, queue, lambda maker: Line(names[maker.pk], _record_page(maker)))


def _consent_line(consent: Consent) -> Line:
    until = _("%(what)s, until %(date)s") % {"what": consent, "date": date_format(consent.valid_until, "j E Y")}
    return Line(str(consent.artisan), _record_page(consent.artisan), until)


def _record_page(artisan: Artisan) -> str:
    return reverse("admin:artisans_artisan_record_consent", args=[artisan.pk])


def _address(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
