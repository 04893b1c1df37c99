"""What of a maker may be shown, and nothing else: the only door from the storefront to a maker.

A view of the database, so that no query can ask for more: each column is filled where a consent for its scope and
channel is in force on the day of the query, in Baku. A consent that ends at midnight is gone at midnight.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from artisans.models.artisan import Artisan, ArtisanPhoto
from artisans.models.branch import Branch
from artisans.models.consent import Channel
from dostshop.translated import by_alphabet


def is_named(maker: str = "") -> Q:
    """Whether there is a name to show; ``maker`` is the path to the maker, such as ``artisan__``."""
    named = Q()
    for language, _name in settings.LANGUAGES:
        named |= Q(**{f"{maker}display_name_{language}__gt": ""})
    return named


class PublicArtisanQuerySet(models.QuerySet["PublicArtisan"]):
    def on(self, channel: Channel) -> "PublicArtisanQuerySet":
        return self.filter(channel=channel).select_related("branch")

    def on_site(self) -> "PublicArtisanQuerySet":
        return self.on(Channel.SITE)

    def named(self) -> "PublicArtisanQuerySet":
        """Those whose name may be shown, and who chose one."""
        return self.filter(is_named())

    def by_name(self) -> "PublicArtisanQuerySet":
        """In the order of the alphabet; those without a name come last."""
        return self.order_by(by_alphabet("display_name"), "slug")


class PublicArtisan(models.Model):
    """A maker on one channel. Who agreed to nothing there has no row: craft and branch of the piece stand instead."""

    artisan = models.OneToOneField(Artisan, models.DO_NOTHING, primary_key=True, related_name="+")
    channel = models.CharField(max_length=20, choices=Channel)
    # The maker's code where the name may not be shown.
    slug = models.SlugField()
    display_name = models.CharField(_("name shown"), max_length=60)
    story = models.TextField(_("story"))
    place = models.CharField(_("place"), max_length=120)
    affiliation = models.CharField(_("part in the Centre"), max_length=200)
    # None for minors.
    branch = models.ForeignKey(Branch, models.DO_NOTHING, null=True, related_name="+")
    portrait = models.ForeignKey(ArtisanPhoto, models.DO_NOTHING, null=True, related_name="+")

    objects: ClassVar[PublicArtisanQuerySet] = PublicArtisanQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        managed = False
        default_permissions = ()
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("catalog:artisan", args=[self.slug])
