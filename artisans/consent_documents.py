"""Consent forms on paper: to be signed, or as they were signed; plain, and in easy language with pictures.

What is not recorded yet stays an empty box or line. The same record gives the same bytes.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from artisans import consent_wording
from artisans.consent import Contents, Explanation, Signers
from artisans.models import NOT_OF_MINORS, Artisan, ArtisanPrivate, Channel, ConsentForm, Scope
from dostshop import pdf


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a form says. None where it is still to be written by hand."""

    artisan: Artisan
    contents: Contents
    signers: Signers
    signed_on: date | None = None
    explanation: Explanation | None = None
    agreed: Collection[tuple[str, str]] | None = None
    term: tuple[date, date] | None = None
    maker: str = ""
    of_minor: bool = False


def to_sign(artisan: Artisan, private: ArtisanPrivate | None, *, language: str) -> Paper:
    """With what is known of the maker."""
    of_minor = private is not None and private.is_known_minor
    given_by = ConsentForm.GivenBy.BOTH if of_minor else ConsentForm.GivenBy.MAKER
    return Paper(
        artisan=artisan,
        contents=consent_wording.contents(private, language=language),
        signers=Signers(given_by=given_by, representative=private.representative if private else ""),
        maker=private.legal_name if private else "",
        of_minor=of_minor,
    )


def as_signed(form: ConsentForm) -> Paper:
    given = list(form.consents.all())

    def picked(kind: type) -> dict[str, Any]:
        return {field.name: getattr(form, field.name) for field in fields(kind)}

    return Paper(
        artisan=form.artisan,
        contents=Contents(**picked(Contents)),
        signers=Signers(**picked(Signers)),
        signed_on=form.signed_on,
        explanation=Explanation(**picked(Explanation)),
        agreed={(one.scope, one.channel) for one in given},
        term=(given[0].valid_from, given[0].valid_until),
        of_minor=any(one.of_minor for one in given),
    )


def data(paper: Paper, *, language: str, easy: bool = False) -> dict[str, Any]:
    """What the layouts ``consent`` and ``consent_easy`` show, every word of it in that language."""
    with translation.override(language):
        shown: dict[str, Any] = {
            "title": _("May we show this?") if easy else _("Consent to being shown"),
            "author": settings.SELLER_NAME,
            "foot": f"{settings.SELLER_NAME} · {paper.artisan.code}",
            "whose": [_("Code %(code)s") % {"code": paper.artisan.code}, paper.artisan.branch.name],
            "facts": _facts(paper),
            "term": _term(paper),
            "contents": _contents(paper.contents),
            "abroad": {
                "name": _("Other countries"),
                "said": consent_wording.abroad(),
                "answers": [_("I agree"), _("I do not agree")],
                "answer": _answer(paper),
            },
            "explanation": _explanation(paper.explanation),
            "signatures": _signatures(paper),
            "words": {
                "what": _("What may be shown, and where"),
                "pseudonym": _("a name that I choose, not the one in my papers"),
                "signature": _("signature"),
                "date": _("date"),
            },
        }
        return {**shown, "easy": _easy(paper)} if easy else {**shown, "matrix": _matrix(paper)}


def pdf_response(paper: Paper, *, language: str, easy: bool) -> HttpResponse:
    """Shown by the browser, and named after the maker's code where it is kept."""
    dated = datetime.combine(paper.signed_on or timezone.localdate(), time(), UTC)
    layout = "consent_easy" if easy else "consent"
    document = pdf.render(layout, data=data(paper, language=language, easy=easy), language=language, dated=dated)
    return pdf.response(document, name=f"DOST-{paper.artisan.code}-{language}", language=language)


def _day(day: date | None) -> str:
    return date_format(day, "j E Y") if day else ""


def _facts(paper: Paper) -> list[list[str | None]]:
    """None for a line to write on: a name may still be chosen until it is signed."""
    no_name = None if paper.agreed is None else ""
    pairs = [
        (_("Name shown"), paper.artisan.display_name or no_name),
        (_("Legal representative"), paper.signers.representative),
        (_("Signed on"), _day(paper.signed_on)),
    ]
    return [[name, value] for name, value in pairs if value != ""]


def _term(paper: Paper) -> list[list[str | None]]:
    first, last = paper.term or (None, None)
    return [[_("First day"), _day(first) or None], [_("Last day"), _day(last) or None]]


def _contents(contents: Contents) -> list[list[str]]:
    names = (field.name for field in fields(Contents) if field.name != "allows_abroad")
    return [[_label(name), getattr(contents, name)] for name in names]


def _label(name: str) -> str:
    """As the form's own fields are called, with a capital that is right in Azerbaijani too."""
    label = next(str(field.verbose_name) for field in ConsentForm._meta.fields if field.name == name)
    first = "İ" if translation.get_language() == "az" and label.startswith("i") else label[:1].upper()
    return first + label[1:]


def _answer(paper: Paper) -> str | None:
    if paper.agreed is None:
        return None
    return _("I agree") if paper.contents.allows_abroad else _("I do not agree")


def _matrix(paper: Paper) -> dict[str, Any]:
    return {
        "names": ["", *(consent_wording.where(channel) for channel in Channel)],
        "rows": [
            {"name": consent_wording.what(scope), "cells": [_cell(paper, scope, channel) for channel in Channel]}
            for scope in _scopes(paper)
        ],
    }


def _scopes(paper: Paper) -> list[Scope]:
    return [scope for scope in Scope if not (paper.of_minor and scope in NOT_OF_MINORS)]


def _cell(paper: Paper, scope: Scope, channel: Channel) -> str | None:
    """None for an empty box."""
    if paper.agreed is None:
        return None
    return pgettext("agreed", "yes") if (scope, channel) in paper.agreed else "–"


def _explanation(explanation: Explanation | None) -> list[dict[str, Any]]:
    """The answer, or None and those to be ticked."""
    languages = {code: str(name) for code, name in settings.LANGUAGES}
    ways = {str(way): str(way.label) for way in ConsentForm.Explained}
    asked = [(_label(field), field, answers) for field, answers in (("language", languages), ("explained", ways))]
    return [
        {
            "name": name,
            "answers": list(answers.values()),
            "answer": answers[getattr(explanation, field)] if explanation else None,
        }
        for name, field, answers in asked
    ]


def _signatures(paper: Paper) -> list[dict[str, str]]:
    """The maker, whoever represents the maker, who explained the form, and who heard it."""
    signers, explanation = paper.signers, paper.explanation
    given_by = signers.given_by
    day = f"{paper.signed_on:%d.%m.%Y}" if paper.signed_on else ""
    is_blank = explanation is None
    lines = [
        (_("The maker"), paper.maker, given_by != ConsentForm.GivenBy.REPRESENTATIVE),
        (_("The legal representative"), signers.representative, given_by != ConsentForm.GivenBy.MAKER),
        (
            _("A second person, where an institution represents the maker"),
            signers.second_signer,
            bool(signers.second_signer) or (is_blank and given_by != ConsentForm.GivenBy.MAKER),
        ),
        (_("Who explained this form"), explanation.explained_by if explanation else "", True),
        (
            _("A witness, where it was read aloud"),
            explanation.witness if explanation else "",
            is_blank or bool(explanation and explanation.witness),
        ),
    ]
    return [{"who": who, "name": name, "date": day} for who, name, is_there in lines if is_there]


def _easy(paper: Paper) -> dict[str, Any]:
    return {
        "intro": _(
            "You make beautiful things. Our shop sells them. We can also tell people about you. "
            "You decide what we tell, and where."
        ),
        "promises": [
            {
                "picture": "no",
                "heading": _("You may say no"),
                "words": _("Then we say nothing about you. We still sell your work. You still get your money."),
            }
        ],
        "questions": [_question(paper, scope) for scope in _scopes(paper)],
        "abroad": {
            "heading": _("May people in other countries see it?"),
            "words": _("Our site opens in every country."),
        },
        "stop": {
            "heading": _("You can stop at any time"),
            "words": _("Tell anybody at the Centre. You need not say why. Then we take it away. Nobody will be angry."),
        },
        "sign": {
            "heading": _("Do you agree?"),
            "words": _("Ask whatever you want to ask. Take your time. Sign only if you want to."),
        },
        "law": _("The same in the words of the law"),
    }


def _question(paper: Paper, scope: Scope) -> dict[str, Any]:
    heading, words = {
        Scope.NAME: (_("May we say your name?"), _("You choose the name. It can be another one than in your papers.")),
        Scope.FACE: (_("May we show your face?"), _("In a photograph.")),
        Scope.STORY: (_("May we tell your story?"), _("What you say about your work, in your own words.")),
        Scope.PLACE: (_("May we say where you are from?"), _("Your town or your village. Never your address.")),
        Scope.AFFILIATION: (
            _("May we say what you do at the Centre?"),
            _("Such as: weaves here since 2023. We say nothing about your health or your family."),
        ),
    }[scope]
    places = [
        {"picture": str(channel), "name": consent_wording.where(channel), "answer": _cell(paper, scope, channel)}
        for channel in Channel
    ]
    if paper.agreed is None:
        places.append({"picture": "nowhere", "name": _("nowhere"), "answer": None})
    return {"picture": str(scope), "heading": heading, "words": words, "places": places}
