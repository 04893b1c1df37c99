"""Crafts, and what depends on the craft: tax, and whether a piece may leave the country."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from artisans.models import Artisan


class TaxClass(models.TextChoices):
    STANDARD = "standard", _("standard rate")
    EXEMPT = "exempt", _("exempt")


class Craft(models.Model):
    """A craft, or a technique within one: two levels at the most."""

    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="techniques", verbose_name=_("part of")
    )
    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    text = models.TextField(_("text"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    tax_class = models.CharField(_("tax class"), max_length=10, choices=TaxClass, default=TaxClass.STANDARD)
    needs_export_permit = models.BooleanField(
        _("needs a permit to leave the country"),
        default=False,
        help_text=_(
            "Carpets, pottery and works of art may be posted abroad only with the Ministry of Culture's permit. "
            "A piece that has one is sent abroad once the permit's number is entered with the piece."
        ),
    )
    hs_code = models.CharField(
        _("customs code (HS)"),
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"\A[0-9]{6,10}\Z", _("A customs code has six to ten digits."))],
        help_text=_(
            "Six to ten digits of the customs tariff, such as 570110 for knotted woollen carpets. "
            "It is printed on the customs declaration of a parcel that goes abroad."
        ),
    )
    artisans = models.ManyToManyField(Artisan, related_name="crafts", blank=True, verbose_name=_("artisans"))

    class Meta:
        verbose_name = _("craft")
        verbose_name_plural = _("crafts")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="catalog_craft_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(hs_code__regex=r"^([0-9]{6,10})?$"), name="catalog_craft_hs_code_digits"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:craft", args=[self.slug])

    def clean(self) -> None:
        if self.parent and self.parent.parent_id is not None:
            raise ValidationError({"parent": _("Crafts have two levels; choose a craft of the first.")})
        if self.parent and self.pk and self.techniques.exists():
            raise ValidationError(
                {"parent": _("This craft has techniques of its own, so it stays at the first level.")}
            )
