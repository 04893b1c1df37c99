"""What a withdrawal did, in words: for staff on the screen, and on a slip for the maker."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from artisans.models import Scope, Withdrawal
from dostshop import pdf


def removed(withdrawal: Withdrawal) -> list[str]:
    """A line for each thing that is gone, for staff."""
    words = {
        Scope.NAME: _("The name shown, in every language, in the search and in the shop's history"),
        Scope.FACE: _("Pictures in which the maker is to be seen"),
        Scope.STORY: _("The maker's words"),
        Scope.PLACE: _("The place"),
        Scope.AFFILIATION: _("What was said about the part in the Centre"),
    }
    lines = _of_scopes(withdrawal, words)
    if withdrawal.report["page"]:
        lines.append(_("The page of the maker: its address says that it is no longer shown"))
    return lines + _pictures_and_words(withdrawal)


def to_look_at(withdrawal: Withdrawal) -> list[str]:
    """What a person at the Centre has to decide about."""
    report, lines = withdrawal.report, []
    # Where the rows are known, the page shows what stands in them; a report from before that has the codes alone.
    if (mentioned_in := report["mentioned_in"]) and "mentioned_rows" not in report:
        sentence = _("The name still stands in texts that others wrote; look at them: %(codes)s")
        lines.append(sentence % {"codes": ", ".join(mentioned_in)})
    # A report from before faces were looked for says nothing of them.
    if faces := report.get("unnamed_faces"):
        sentence = _("Photos with somebody of whom nobody wrote down who it is; look at them: %(codes)s")
        lines.append(sentence % {"codes": ", ".join(faces)})
    return lines


def _told(withdrawal: Withdrawal) -> list[str]:
    """A line for each thing that is gone, for the maker."""
    words = {
        Scope.NAME: _("Your name, in every language"),
        Scope.FACE: _("The pictures in which you are to be seen"),
        Scope.STORY: _("Your words"),
        Scope.PLACE: _("Where you are from"),
        Scope.AFFILIATION: _("What was said about your part in the Centre"),
    }
    lines = _of_scopes(withdrawal, words)
    if withdrawal.report["page"]:
        lines.append(_("Your page in the shop"))
    return [*lines, *_pictures_and_words(withdrawal)] or [_("Nothing of it had been shown yet.")]


def _of_scopes(withdrawal: Withdrawal, words: dict[Scope, str]) -> list[str]:
    report = withdrawal.report
    # A report from before it was told apart has all that was taken back.
    return [words[Scope(scope)] for scope in report.get("kept", report["scopes"])]


def _pictures_and_words(withdrawal: Withdrawal) -> list[str]:
    report, lines = withdrawal.report, []
    if photos := report["photos"]:
        lines.append(
            ngettext("%(count)s picture with all its sizes", "%(count)s pictures with all their sizes", photos)
            % {"count": photos}
        )
    if report["taken_back"]:
        codes = ", ".join(report["taken_back"])
        lines.append(_("Pieces without another photo left the shop until they get one: %(codes)s") % {"codes": codes})
    # A report from before buyers could write says nothing of it.
    if count := report.get("thanks"):
        lines.append(
            ngettext(
                "The name in a buyer's words, which are no longer shown: “…” stands in its place",
                "The name in %(count)s buyers' words, which are no longer shown: “…” stands in its place",
                count,
            )
            % {"count": count}
        )
    # Nor one from before the studio.
    if count := report.get("notes"):
        lines.append(
            ngettext(
                "The name in a note among staff about a piece: “…” stands in its place",
                "The name in %(count)s notes among staff about pieces: “…” stands in its place",
                count,
            )
            % {"count": count}
        )
    if count := report.get("voice_notes"):
        lines.append(
            ngettext("%(count)s voice note about a piece", "%(count)s voice notes about pieces", count)
            % {"count": count}
        )
    return lines


def stays() -> list[str]:
    """What the law asks the Centre to keep, whatever is taken back."""
    return [
        _("The signed forms: they prove what was agreed to and when it ended."),
        _("Orders, invoices, the ledger and statements: accounts are kept for as long as the tax law asks."),
        _("The private record, for paying what is owed. No page shows it."),
    ]


def pdf_response(withdrawal: Withdrawal, *, language: str) -> HttpResponse:
    """One page in large type, in the language that is active."""
    document = pdf.render("withdrawal", data=_data(withdrawal), language=language, dated=withdrawal.withdrawn_at)
    return pdf.response(document, name=f"DOST-{withdrawal.artisan.code}-{language}", language=language)


def _data(withdrawal: Withdrawal) -> dict[str, Any]:
    return {
        "title": _("We no longer show this"),
        "author": settings.SELLER_NAME,
        "foot": f"{settings.SELLER_NAME} · {withdrawal.artisan.code}",
        "day": date_format(timezone.localtime(withdrawal.withdrawn_at), "j E Y"),
        "intro": _("You took back what you had agreed to. It is removed from the shop."),
        "removed": {"title": _("Removed"), "lines": _told(withdrawal)},
        "stays": {"title": _("What stays with us"), "lines": stays()},
        "again": _("You can agree again whenever you like, or not at all. Your work and your pay do not depend on it."),
    }
