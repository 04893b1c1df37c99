"""Photos of products."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from artisans.models import Artisan, Channel, Consent, Scope
from catalog.models.product import Product
from dostshop.pictures import Framing, Picture

# Percent of a side.
MAX_CUT = 90


class PhotoQuerySet(models.QuerySet["Photo"]):
    def public(self) -> "PhotoQuerySet":
        """Rendered, and of nobody who has not agreed to be shown by face."""
        return self.exclude(renditions=[]).filter(Q(shows_person=False) | Q(_everybody_agreed(), shows_person=True))

    def lacking_consent(self) -> "PhotoQuerySet":
        """With a person who has not agreed to be shown by face, or of whom nobody wrote down who it is."""
        return self.filter(~_everybody_agreed(), shows_person=True)


def _everybody_agreed() -> Q:
    faces = Consent.objects.live().filter(scope=Scope.FACE, channel=Channel.SITE)
    agreed = faces.filter(artisan__is_public=True).values("artisan")
    visible = Photo.people.through.objects.filter(photo=OuterRef("pk"))
    return Exists(visible) & ~Exists(visible.exclude(artisan__in=agreed))


class Hint(models.TextChoices):
    """What the shop noticed in a photo; advice to take another one, no refusal."""

    BLURRED = "blurred", _("blurred")
    DARK = "dark", _("too dark")
    SMALL = "small", _("too small")


class Photo(Picture):
    rendered_from = (
        *Picture.rendered_from,
        "shows_person",
        "turn",
        "cut_left",
        "cut_right",
        "cut_top",
        "cut_bottom",
    )

    class Turn(models.IntegerChoices):
        """Clockwise, from how the camera held it up."""

        NONE = 0, _("as taken")
        RIGHT = 90, _("to the right")
        OVER = 180, _("upside down")
        LEFT = 270, _("to the left")

    product = models.ForeignKey(Product, models.CASCADE, related_name="photos", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # Not shown before somebody has said yes or no.
    shows_person = models.BooleanField(_("a person is visible"), null=True, default=None)
    people = models.ManyToManyField(
        Artisan,
        related_name="+",
        blank=True,
        verbose_name=_("who is visible"),
        help_text=_("Everybody. The photo is shown while each of them agrees to be shown by face."),
    )

    turn = models.PositiveSmallIntegerField(_("turn"), choices=Turn, default=Turn.NONE)
    # Percent of the turned picture that are cut away.
    cut_left = models.PositiveSmallIntegerField(_("cut from the left, %"), default=0)
    cut_right = models.PositiveSmallIntegerField(_("cut from the right, %"), default=0)
    cut_top = models.PositiveSmallIntegerField(_("cut from the top, %"), default=0)
    cut_bottom = models.PositiveSmallIntegerField(_("cut from the bottom, %"), default=0)
    hints = ArrayField(models.CharField(max_length=10, choices=Hint), default=list, editable=False)

    objects: ClassVar[PhotoQuerySet] = PhotoQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(turn__in=(0, 90, 180, 270)), name="catalog_photo_turn_is_right_angle"),
            models.CheckConstraint(
                condition=Q(cut_left__lte=MAX_CUT - F("cut_right"), cut_top__lte=MAX_CUT - F("cut_bottom")),
                name="catalog_photo_cut_leaves_something",
                violation_error_message=_("Leave at least a tenth of the picture."),
            ),
        ]
        # catalog_photo_named_are_visible: where people are named, a person is visible; deferred triggers.

    @property
    def is_of_people(self) -> bool:
        """Until somebody has said that it is not."""
        return self.shows_person is not False

    @property
    def framing(self) -> Framing:
        return Framing(self.turn, self.cut_left, self.cut_top, self.cut_right, self.cut_bottom)
