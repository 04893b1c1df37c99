"""What buyers write to the makers of their pieces."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models.artisan import Artisan
from artisans.models.public import PublicArtisan

LONGEST = 500


class ThanksQuerySet(models.QuerySet["Thanks"]):
    def waiting(self) -> "ThanksQuerySet":
        return self.filter(state=Thanks.State.WAITING)

    def shown_with(self, maker: PublicArtisan) -> "ThanksQuerySet":
        """What stands on the maker's page today: no words that name somebody whose name may not be shown."""
        may_be_named = PublicArtisan.objects.on_site().named().values("pk")
        nameless = Thanks.names.through.objects.filter(thanks=OuterRef("pk")).exclude(artisan__in=may_be_named)
        return self.filter(~Exists(nameless), artisans=maker.pk, is_shown=True)

    def passed_on(self, *, first: date, last: date) -> "ThanksQuerySet":
        """Passed on from the first day to the last, both included; the earliest first."""
        passed_on = self.filter(state=Thanks.State.PASSED_ON, decided_at__date__range=(first, last))
        return passed_on.order_by("decided_at", "pk")


class Thanks(models.Model):
    """A buyer's words about one piece of an order. Nobody edits them, and nothing in them tells who the buyer is."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("thanks", "to be read")
        PASSED_ON = "passed_on", pgettext_lazy("thanks", "passed on")
        DECLINED = "declined", pgettext_lazy("thanks", "not passed on")

    artisans = models.ManyToManyField(Artisan, related_name="thanks", verbose_name=_("makers"))
    # Whose shown name the words have in them, as it was found when they were passed on.
    names = models.ManyToManyField(Artisan, related_name="+", editable=False)
    words = models.CharField(_("words"), max_length=LONGEST)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    may_be_public = models.BooleanField(_("the buyer lets us show it"), default=False)
    # Where the buyer allows it and whoever read it saw no harm in it.
    is_shown = models.BooleanField(_("stands on the maker's page"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    # As text: orders know of makers, and not the other way round.
    order_code = models.CharField(_("order"), max_length=12)
    sku = models.CharField(_("SKU"), max_length=40)
    # As it was called then.
    piece = models.CharField(_("piece"), max_length=220)
    made_at = models.DateTimeField(_("written"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects: ClassVar[ThanksQuerySet] = ThanksQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = pgettext_lazy("a buyer's words", "thanks")
        verbose_name_plural = pgettext_lazy("buyers' words", "thanks")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order_code", "sku"], name="artisans_thanks_once_per_piece"),
            models.CheckConstraint(condition=~Q(words=""), name="artisans_thanks_has_words"),
            models.CheckConstraint(
                condition=Q(is_shown=False) | Q(may_be_public=True, state="passed_on"),
                name="artisans_thanks_shown_with_yes",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="artisans_thanks_decided_once_read",
            ),
        ]

    def __str__(self) -> str:
        # Without the words: the admin's history keeps it.
        return f"{self.order_code} {self.sku}"
