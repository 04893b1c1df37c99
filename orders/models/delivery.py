"""How an order reaches the buyer: table rates by region and weight. Pickup at a branch is free and has no row."""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_countries import countries

from dostshop import money
from orders.towns import words

HOME_COUNTRY = "AZ"


def days_text(at_least: int, at_most: int) -> str:
    """``2–4 working days``, in the language of the page."""
    days = str(at_most) if at_least == at_most else f"{at_least}–{at_most}"
    return ngettext("%(days)s working day", "%(days)s working days", at_most) % {"days": days}


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
    towns = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("towns and villages"),
        default=list,
        blank=True,
        help_text=_(
            "For a region of Azerbaijan that has prices of its own: every place that it goes to, with commas between "
            "them, in each language and spelling that buyers use. Empty for the rest of the country."
        ),
    )
    fragile_surcharge = models.DecimalField(
        _("surcharge for a fragile piece, AZN"),
        max_digits=6,
        decimal_places=2,
        default=money.ZERO,
        validators=[MinValueValidator(money.ZERO)],
        help_text=_("Added to the price for every fragile piece in the parcel. 0 where there is none."),
    )
    days_min = models.PositiveSmallIntegerField(
        _("days on the way, at least"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Working days from the day the parcel leaves the branch."),
    )
    days_max = models.PositiveSmallIntegerField(_("days on the way, at most"), default=5)
    has_tracking = models.BooleanField(
        _("with a tracking number"),
        default=False,
        help_text=_("Tick it where buyers are promised one. No parcel can then be marked as sent without it."),
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(days_max__gte=F("days_min")), name="orders_deliverymethod_days_in_order"
            ),
            models.CheckConstraint(condition=Q(days_min__gte=1), name="orders_deliverymethod_days_positive"),
            models.CheckConstraint(
                condition=Q(fragile_surcharge__gte=0), name="orders_deliverymethod_surcharge_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_domestic(self) -> bool:
        return self.countries == [HOME_COUNTRY]

    @property
    def days_text(self) -> str:
        return days_text(self.days_min, self.days_max)

    def names(self, country: str, town: str) -> bool:
        """Whether it is made for this very place: a country of its zone, or a town of its region."""
        if not self.is_domestic:
            return country in self.countries
        typed = words(town)
        return country == HOME_COUNTRY and any(words(name) in typed for name in self.towns)

    def takes_the_rest(self, country: str) -> bool:
        """Whether it goes to every place of its side of the border that no other names."""
        if self.is_domestic:
            return country == HOME_COUNTRY and not self.towns
        return country != HOME_COUNTRY and not self.countries

    def clean(self) -> None:
        unknown = [code for code in self.countries if code not in countries]
        if unknown:
            raise ValidationError(
                {"countries": _("There is no country with this code: %(codes)s.") % {"codes": ", ".join(unknown)}}
            )
        if HOME_COUNTRY in self.countries and not self.is_domestic:
            raise ValidationError({"countries": _("A region of Azerbaijan has AZ alone; countries abroad go without.")})
        if self.towns and not self.is_domestic:
            raise ValidationError({"towns": _("Only a region of Azerbaijan has towns; its only country is AZ.")})
        if self.days_min and self.days_max and self.days_max < self.days_min:
            raise ValidationError({"days_max": _("At most cannot be fewer days than at least.")})


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
        return f"≤ {self.up_to_weight_g} g: {money.text(self.price)}"
