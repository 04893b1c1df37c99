"""How many pieces there are, and for whom they are kept. Written only in ``orders/stock.py``."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant


class Stock(models.Model):
    """No row means none on hand. What is made to order has no stock."""

    variant = models.OneToOneField(
        Variant, models.CASCADE, primary_key=True, related_name="stock", verbose_name=_("variant")
    )
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("stock")
        verbose_name_plural = _("stock")
        constraints = [models.CheckConstraint(condition=Q(on_hand__gte=0), name="orders_stock_not_negative")]

    def __str__(self) -> str:
        return f"{self.on_hand} × {self.variant_id}"


class HoldQuerySet(models.QuerySet["Hold"]):
    def live(self) -> "HoldQuerySet":
        """Neither released nor expired, by the database's clock at this statement."""
        return self.filter(released_at__isnull=True, expires_at__gt=Now())


class Hold(models.Model):
    """A timed reservation: a bag's from checkout on, the order's once it is placed."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="holds", verbose_name=_("variant"))
    bag = models.ForeignKey("orders.Bag", models.CASCADE, related_name="holds", verbose_name=_("bag"))
    order = models.ForeignKey(
        "orders.Order", models.CASCADE, null=True, blank=True, related_name="holds", verbose_name=_("order")
    )
    quantity = models.PositiveSmallIntegerField(_("quantity"))
    began_at = models.DateTimeField(_("since"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects: ClassVar[HoldQuerySet] = HoldQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["variant", "expires_at"],
                condition=Q(released_at__isnull=True),
                name="orders_hold_unreleased",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_hold_quantity_positive"),
            models.UniqueConstraint(
                fields=["bag", "variant"],
                condition=Q(released_at__isnull=True),
                name="orders_hold_one_per_bag",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
