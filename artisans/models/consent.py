"""What makers agreed to: by scope and channel, on a signed form. Rows are only added, and marked as withdrawn once."""

import uuid
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models.artisan import FULL_AGE, Artisan

if TYPE_CHECKING:
    from datetime import date


class Scope(models.TextChoices):
    """What of a maker may be shown."""

    NAME = "name", pgettext_lazy("of a person", "name")
    FACE = "face", _("face")
    STORY = "story", _("story")
    PLACE = "place", _("place")
    AFFILIATION = "affiliation", _("part in the Centre")


# Neither asked about a minor nor shown of one, whoever agrees.
NOT_OF_MINORS = (Scope.FACE, Scope.PLACE)


class Channel(models.TextChoices):
    """Where it may be shown."""

    SITE = "site", _("this site")
    SOCIAL = "social", _("social networks")
    PRESS = "press", _("press")
    PRINT = "print", _("print")
    CERTIFICATE = "certificate", _("certificates")


def document_name(form: "ConsentForm", filename: str) -> str:
    """Where a scan is kept: the name that somebody's computer gave is not."""
    return f"consents/{uuid.uuid4()}{PurePath(filename).suffix.lower()}"


class ConsentForm(models.Model):
    """A consent as it was signed, with what the law on personal data asks for (Azerbaijan, 2010, article 8).

    Private: it names the maker. It is never changed and never deleted, which a trigger sees to.
    """

    class GivenBy(models.TextChoices):
        MAKER = "maker", _("the maker")
        REPRESENTATIVE = "representative", _("the legal representative")
        BOTH = "both", _("the legal representative and the maker")

    class Explained(models.TextChoices):
        TEXT = "text", _("in writing")
        EASY_READ = "easy_read", _("in easy language, with pictures")
        SIGN_LANGUAGE = "sign_language", _("in sign language")
        ALOUD = "aloud", _("aloud, before a witness")

    artisan = models.ForeignKey(Artisan, models.PROTECT, related_name="consent_forms", verbose_name=_("artisan"))
    signed_on = models.DateField(_("signed on"))
    given_by = models.CharField(_("given by"), max_length=20, choices=GivenBy, default=GivenBy.MAKER)
    # The six contents.
    subject = models.CharField(_("who agrees"), max_length=250)
    operator = models.CharField(_("who uses the data"), max_length=250)
    purpose = models.TextField(_("purpose"))
    data = models.TextField(_("data and what is done with them"))
    validity = models.TextField(_("how long it holds and how it is withdrawn"))
    deletion = models.TextField(_("how data are deleted and archived"))
    allows_abroad = models.BooleanField(_("data may be seen and stored abroad"), default=False)
    language = models.CharField(_("language of the explanation"), max_length=2, choices=settings.LANGUAGES)
    explained = models.CharField(_("how it was explained"), max_length=20, choices=Explained)
    explained_by = models.CharField(_("explained by"), max_length=150)
    witness = models.CharField(_("witness"), max_length=150, blank=True)
    representative = models.CharField(_("legal representative"), max_length=150, blank=True)
    is_institution = models.BooleanField(_("the representative is an institution"), default=False)
    second_signer = models.CharField(_("second signer"), max_length=150, blank=True)
    document = models.FileField(_("scanned form"), upload_to=document_name, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent form")
        verbose_name_plural = _("consent forms")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(explained="aloud") | ~Q(witness=""),
                name="artisans_consentform_aloud_has_witness",
                violation_error_message=_("What was explained aloud needs a witness."),
            ),
            models.CheckConstraint(
                condition=Q(given_by="maker") | ~Q(representative=""),
                name="artisans_consentform_names_representative",
                violation_error_message=_("Name the legal representative."),
            ),
            models.CheckConstraint(
                condition=Q(is_institution=False) | ~Q(second_signer=""),
                name="artisans_consentform_institution_has_second_signer",
                violation_error_message=_("Where an institution represents the maker, a second person signs too."),
            ),
            models.CheckConstraint(
                condition=~(
                    Q(subject="") | Q(operator="") | Q(purpose="") | Q(data="") | Q(validity="") | Q(deletion="")
                ),
                name="artisans_consentform_says_all",
                violation_error_message=_("Fill in all six contents: the law asks for them."),
            ),
            # Triggers, made by migrations: signed already, never changed, never deleted; of a minor given by both.
        ]

    def __str__(self) -> str:
        return f"{self.artisan} {self.signed_on:%d.%m.%Y}"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def live(self, *, on: "date | None" = None) -> "ConsentQuerySet":
        """Given, not ended and not withdrawn on that day, today unless told otherwise."""
        day = on or timezone.localdate()
        return self.filter(valid_from__lte=day, valid_until__gte=day, withdrawn_at=None)

    def ending(self) -> "ConsentQuerySet":
        """In force, and over within ``ENDING_DAYS``, with none for the same that holds for longer."""
        last_day = timezone.localdate() + timedelta(days=Consent.ENDING_DAYS)
        same = {"artisan": OuterRef("artisan"), "scope": OuterRef("scope"), "channel": OuterRef("channel")}
        longer = Consent.objects.filter(valid_until__gt=last_day, withdrawn_at=None, **same)
        return self.live().filter(~Exists(longer), valid_until__lte=last_day)

    def contradicting(self, birth_date: "date | None") -> "ConsentQuerySet":
        """Those that a maker born on that day cannot have given so; all of them where the day is not known.

        The trigger ``artisans_artisanprivate_fits_consents`` refuses such a birth date.
        """
        kept = self.filter(withdrawn_at=None)
        if birth_date is None:
            return kept
        came_of_age = _birthday(birth_date, FULL_AGE)
        of_age_only = Q(of_minor=False) | Q(scope__in=NOT_OF_MINORS) | Q(valid_until__gte=came_of_age)
        return kept.filter(of_age_only, form__signed_on__lt=came_of_age)


def _birthday(birth_date: "date", age: int) -> "date":
    """As PostgreSQL reckons it: who was born on 29 February has it on the 28th where there is no 29th."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return birth_date.replace(year=birth_date.year + age, day=28)


class Consent(models.Model):
    """That one thing of a maker may be shown in one place, from the first day to the last.

    Only added, and withdrawn once: triggers see to it. Of a minor neither face nor place, and until the day before
    the 18th birthday.
    """

    artisan = models.ForeignKey(Artisan, models.PROTECT, related_name="consents", verbose_name=_("artisan"))
    form = models.ForeignKey(ConsentForm, models.PROTECT, related_name="consents", verbose_name=_("consent form"))
    scope = models.CharField(_("what"), max_length=20, choices=Scope)
    channel = models.CharField(_("where"), max_length=20, choices=Channel)
    # Written by a trigger, from the birth date: no branch is shown beside what a minor agreed to.
    of_minor = models.BooleanField(default=False, editable=False)
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    # When staff are told that it is time to ask again.
    ENDING_DAYS = 60

    objects: ClassVar[ConsentQuerySet] = ConsentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["form", "scope", "channel"], name="artisans_consent_once_per_form"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="artisans_consent_dates_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "artisan", "scope"],
                condition=Q(withdrawn_at=None),
                name="artisans_consent_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()}, {self.get_channel_display()}"

    def clean(self) -> None:
        """The message; a trigger refuses it of whoever does not ask."""
        if self.withdrawn_at and timezone.localdate(self.withdrawn_at) < self.form.signed_on:
            sentence = _("A consent is withdrawn on the day of its signature at the earliest.")
            raise ValidationError({"withdrawn_at": sentence})
