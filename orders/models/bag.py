"""What a shopper has chosen and not yet ordered."""

import secrets
from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant

MAX_QUANTITY = 20
MAX_LINES = 50


def bag_token() -> str:
    return secrets.token_urlsafe(24)


class BagClosed(Exception):
    """The bag was ordered, or joined another at sign-in, a moment ago."""


class BagQuerySet(models.QuerySet["Bag"]):
    def open(self) -> Self:
        return self.filter(ordered_at=None)


class Bag(models.Model):
    """A guest's, found by the token in a cookie, or a member's. Once ordered it is never used again."""

    token = models.CharField(max_length=40, unique=True, default=bag_token, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="bags",
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ordered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[BagQuerySet] = BagQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("bag")
        verbose_name_plural = _("bags")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ordered_at__isnull=True), name="orders_bag_one_open_per_user"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def lock_open(self) -> None:
        """Locks the row. Raises BagClosed where it is no longer open."""
        if not type(self).objects.open().select_for_update(of=("self",), no_key=True).filter(pk=self.pk).exists():
            raise BagClosed


class BagLine(models.Model):
    bag = models.ForeignKey(Bag, models.CASCADE, related_name="lines", verbose_name=_("bag"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+", verbose_name=_("variant"))
    quantity = models.PositiveSmallIntegerField(
        _("quantity"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)]
    )
    # What the shopper saw when the piece went into the bag, so that a change can be told.
    price_seen = models.DecimalField(_("price seen"), max_digits=9, decimal_places=2)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("line of a bag")
        verbose_name_plural = _("lines of a bag")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["bag", "variant"], name="orders_bagline_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY), name="orders_bagline_quantity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant}"

    @property
    def total(self) -> Decimal:
        return self.variant.price * self.quantity

    @property
    def is_counted(self) -> bool:
        return self.variant.product.is_counted
