"""Recording what makers agreed to.

Promises: a form and its consents are written together or not at all, and nothing is ever changed. What the database
refuses (by triggers that migrations made) is raised as ``NotAllowed`` with a sentence for staff.
Locks: ArtisanPrivate, shared, by a trigger, so that the birth date stays what the consents were checked against.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artisans.models import Channel, ConsentForm, Scope

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LONGEST_YEARS = 10
# By the name of what refuses in the database; constraints of the models bring their own sentence.
REFUSALS: dict[str, "StrPromise"] = {
    "artisans_consent_from_signature": _("A consent holds from the day of its signature at the earliest."),
    "artisans_consent_age_known": _("Enter the maker's birth date first: it says whether the maker is of age."),
    "artisans_consent_minor_two_agree": _("A minor and the legal representative have to agree both."),
    "artisans_consent_minor_scope": _("Of a minor neither face nor place is shown, whoever agrees."),
    "artisans_consent_minor_ends_at_18": _("What is agreed for a minor ends the day before the 18th birthday."),
    "artisans_consentform_signed_already": _("The form cannot be signed in the future."),
    "artisans_consent_dates_in_order": _("The last day comes before the first."),
}


class NotAllowed(Exception):
    """The consent cannot be given so. The message says why, for staff."""


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What the law asks a written consent to say, as the maker signed it."""

    subject: str
    operator: str
    purpose: str
    data: str
    validity: str
    deletion: str
    allows_abroad: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """In which language and form the consent was explained, by whom, and before whom where it was aloud."""

    language: str
    explained: ConsentForm.Explained
    explained_by: str
    witness: str = ""


@dataclass(frozen=True, kw_only=True)
class Signers:
    given_by: ConsentForm.GivenBy = ConsentForm.GivenBy.MAKER
    representative: str = ""
    is_institution: bool = False
    second_signer: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A signed form."""

    signed_on: date
    contents: Contents
    explanation: Explanation
    signers: Signers = Signers()
    document: "File[bytes] | None" = None


@dataclass(frozen=True, kw_only=True)
class Term:
    """From the first day to the last, both included."""

    valid_from: date
    valid_until: date


def record(
    artisan_pk: int,
    *,
    sheet: Sheet,
    agreed: Collection[tuple[Scope, Channel]],
    term: Term,
    recorded_by_pk: int | None = None,
) -> ConsentForm:
    """Writes a signed form with one consent for each scope and channel agreed to. Raises NotAllowed."""
    if not agreed:
        raise NotAllowed(gettext("The form agrees to nothing."))
    if _is_too_long(sheet.signed_on, term.valid_until):
        raise NotAllowed(
            gettext("A consent ends ten years after it is signed at the latest. Then the maker is asked again.")
        )
    form = ConsentForm(
        artisan_id=artisan_pk,
        signed_on=sheet.signed_on,
        recorded_by_id=recorded_by_pk,
        **asdict(sheet.contents),
        **asdict(sheet.explanation),
        **asdict(sheet.signers),
    )
    if sheet.document is not None:
        form.document.save(sheet.document.name or "", sheet.document, save=False)
    try:
        with transaction.atomic():
            form.save()
            for scope, channel in dict.fromkeys(agreed):
                form.consents.create(artisan_id=artisan_pk, scope=scope, channel=channel, **asdict(term))
    except Exception as error:
        if form.document:
            form.document.delete(save=False)
        if isinstance(error, IntegrityError):
            raise NotAllowed(_sentence(error)) from error
        raise
    return form


def _is_too_long(signed_on: date, valid_until: date) -> bool:
    years = valid_until.year - signed_on.year
    return (years, valid_until.month, valid_until.day) > (LONGEST_YEARS, signed_on.month, signed_on.day)


def _sentence(error: IntegrityError) -> str:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    own = {
        rule.name: rule.violation_error_message
        for rule in ConsentForm._meta.constraints
        if rule.violation_error_message
    }
    sentence = ({**own, **REFUSALS}).get(name or "")
    if sentence is None:
        raise error
    return str(sentence)
