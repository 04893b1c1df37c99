"""What comes from the studio: an instructor's words about a piece, photos on their way, and what was decided."""

import uuid
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models.photo import Photo
from catalog.models.product import Product
from dostshop.mailing import Mail

MAX_UPLOAD_BYTES = 40_000_000
UPLOAD_LIFETIME = timedelta(hours=48)


def voice_note_name(instance: "Proposal", filename: str) -> str:
    """By chance: the phone's own name is not kept."""
    return f"voice-notes/{uuid.uuid4()}{PurePath(filename).suffix.lower()}"


class Proposal(models.Model):
    """What an instructor says of a piece, for whoever writes its texts and sets its price. Never public."""

    product = models.OneToOneField(
        Product, models.CASCADE, primary_key=True, related_name="proposal", verbose_name=_("product")
    )
    instructor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("instructor")
    )
    words = models.TextField(_("a few words"), blank=True, max_length=4000)
    # AZN for one piece.
    price = models.DecimalField(_("suggested price, AZN"), max_digits=9, decimal_places=2, null=True, blank=True)
    pieces = models.PositiveSmallIntegerField(_("how many pieces"), default=1)
    voice_note = models.FileField(_("voice note"), upload_to=voice_note_name, blank=True)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)

    class Meta:
        verbose_name = _("instructor's words")
        verbose_name_plural = _("instructors' words")
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="catalog_proposal_price_positive"),
            models.CheckConstraint(condition=Q(pieces__gt=0), name="catalog_proposal_pieces_positive"),
        ]

    def __str__(self) -> str:
        return str(self.product)


class UploadQuerySet(models.QuerySet["Upload"]):
    def unfinished(self) -> "UploadQuerySet":
        return self.filter(photo=None)

    def abandoned(self) -> "UploadQuerySet":
        """Nobody went on with it for two days: a phone that comes back later begins anew."""
        return self.unfinished().filter(changed_at__lt=timezone.now() - UPLOAD_LIFETIME)


class Upload(models.Model):
    """A photo on its way from a phone, in parts; see ``catalog/uploads.py``."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Bytes: of the whole file, and how many of them are here.
    length = models.PositiveIntegerField()
    offset = models.PositiveIntegerField(default=0)
    # Names of what is here, in its order, in the private storage.
    parts = ArrayField(models.CharField(max_length=100), default=list)
    # What became of it, once every byte was here.
    photo = models.OneToOneField(Photo, models.CASCADE, null=True, related_name="upload")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UploadQuerySet] = UploadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(length__gt=0, length__lte=MAX_UPLOAD_BYTES), name="catalog_upload_length_range"
            ),
            models.CheckConstraint(condition=Q(offset__lte=F("length")), name="catalog_upload_offset_within_length"),
            models.CheckConstraint(
                condition=Q(photo=None) | Q(offset=F("length")), name="catalog_upload_photo_when_whole"
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def expires_at(self) -> datetime:
        return self.changed_at + UPLOAD_LIFETIME

    @property
    def folder(self) -> str:
        """Of its parts, in the private storage."""
        return f"uploads/{self.key}/"


class ProductEvent(models.Model):
    """A step of a product on its way into the shop and out of it. Only ever inserted; a trigger refuses the rest."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("sent for review")
        TAKEN_BACK = "taken_back", _("taken back as a draft")
        CHANGES_ASKED = "changes_asked", _("changes asked")
        APPROVED = "approved", pgettext_lazy("of a piece", "approved")
        SCHEDULED = "scheduled", _("to be published")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    # The state that each kind leads to.
    STATES: ClassVar[dict[str, Product.State]] = {
        Kind.SUBMITTED: Product.State.SUBMITTED,
        Kind.TAKEN_BACK: Product.State.DRAFT,
        Kind.CHANGES_ASKED: Product.State.CHANGES_ASKED,
        Kind.APPROVED: Product.State.APPROVED,
        Kind.SCHEDULED: Product.State.PUBLISHED,
        Kind.PUBLISHED: Product.State.PUBLISHED,
        Kind.ARCHIVED: Product.State.ARCHIVED,
    }

    product = models.ForeignKey(Product, models.PROTECT, related_name="events", verbose_name=_("product"))
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("who")
    )
    reason = models.TextField(_("reason"), blank=True)
    # In which the actor read the shop then: mails to this person are written in it.
    language = models.CharField(max_length=2, blank=True, db_default="", editable=False)

    class Meta:
        verbose_name = _("step of a product")
        verbose_name_plural = _("steps of products")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="changes_asked") | ~Q(reason=""), name="catalog_productevent_changes_have_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ReviewMail(Mail):
    """To whoever sent a piece for review, about a step that answers that; or to the Centre, about what waits for it."""

    class Kind(models.TextChoices):
        CHANGES_ASKED = "changes_asked", _("changes asked")
        APPROVED = "approved", pgettext_lazy("of a piece", "approved")
        SCHEDULED = "scheduled", _("to be published")
        PUBLISHED = "published", _("published")
        WAITING = "waiting", _("what waits for review")

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    # What it is about: a step, or what waited on a day.
    step = models.ForeignKey(ProductEvent, models.CASCADE, null=True, related_name="mails")
    day = models.DateField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "step", "day"], nulls_distinct=False, name="catalog_reviewmail_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="waiting", step=None, day__isnull=False)
                | (~Q(kind="waiting") & Q(step__isnull=False, day=None)),
                name="catalog_reviewmail_about_step_or_day",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()
