"""Photos of products."""

from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from artisans.models import Artisan, Channel, Consent, Scope
from catalog.models.product import Product
from dostshop.pictures import Picture


class PhotoQuerySet(models.QuerySet["Photo"]):
    def public(self) -> "PhotoQuerySet":
        """Rendered, and of nobody who has not agreed to be shown by face."""
        return self.exclude(renditions=[]).filter(Q(shows_person=False) | _everybody_agreed())

    def lacking_consent(self) -> "PhotoQuerySet":
        """With a person who has not agreed to be shown by face, or of whom nobody wrote down who it is."""
        return self.filter(~_everybody_agreed(), shows_person=True)


def _everybody_agreed() -> Q:
    faces = Consent.objects.live().filter(scope=Scope.FACE, channel=Channel.SITE)
    agreed = faces.filter(artisan__is_public=True).values("artisan")
    visible = Photo.people.through.objects.filter(photo=OuterRef("pk"))
    return Exists(visible) & ~Exists(visible.exclude(artisan__in=agreed))


class Photo(Picture):
    product = models.ForeignKey(Product, models.CASCADE, related_name="photos", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    shows_person = models.BooleanField(_("a person is visible"), default=False)
    people = models.ManyToManyField(
        Artisan,
        related_name="+",
        blank=True,
        verbose_name=_("who is visible"),
        help_text=_("Everybody. The photo is shown while each of them agrees to be shown by face."),
    )

    objects: ClassVar[PhotoQuerySet] = PhotoQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["position", "pk"]
        # catalog_photo_named_are_visible: where people are named, a person is visible; deferred triggers.

    @property
    def is_of_people(self) -> bool:
        return self.shows_person
