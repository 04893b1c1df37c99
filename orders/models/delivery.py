"""How an order reaches the buyer: table rates by region and weight. Pickup at a branch is free and has no row."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

HOME_COUNTRY = "AZ"


class DeliveryMethodQuerySet(models.QuerySet["DeliveryMethod"]):
    def active(self) -> "DeliveryMethodQuerySet":
        return self.filter(is_active=True).prefetch_related("rates")


class DeliveryMethod(models.Model):
    """A region of Azerbaijan, or a zone of countries abroad."""

    name = models.CharField(_("name"), max_length=100)
    note = models.CharField(_("note"), max_length=200, blank=True)
    countries = ArrayField(
        models.CharField(max_length=2),
        verbose_name=_("countries"),
        default=list,
        blank=True,
        help_text=_("Two-letter codes. AZ alone for a region of Azerbaijan; empty for the rest of the world."),
    )
    days_min = models.PositiveSmallIntegerField(_("days, at least"), default=1)
    days_max = models.PositiveSmallIntegerField(_("days, at most"), default=5)
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects: ClassVar[DeliveryMethodQuerySet] = DeliveryMethodQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(days_max__gte=models.F("days_min")), name="orders_deliverymethod_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_domestic(self) -> bool:
        return self.countries == [HOME_COUNTRY]


class DeliveryRate(models.Model):
    """The price of a parcel up to a weight. Heavier than the heaviest rate is not delivered."""

    method = models.ForeignKey(DeliveryMethod, models.CASCADE, related_name="rates", verbose_name=_("delivery method"))
    up_to_weight_g = models.PositiveIntegerField(_("up to, g"))
    price = models.DecimalField(_("price, AZN"), max_digits=7, decimal_places=2)

    class Meta:
        verbose_name = _("delivery rate")
        verbose_name_plural = _("delivery rates")
        ordering = ["up_to_weight_g"]
        constraints = [
            models.UniqueConstraint(fields=["method", "up_to_weight_g"], name="orders_deliveryrate_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="orders_deliveryrate_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"≤ {self.up_to_weight_g} g: {self.price}"
