"""The branches where makers learn and work, and pieces are kept."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from artisans import opening
from dostshop.pictures import PictureOfNobody

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class BranchQuerySet(models.QuerySet["Branch"]):
    def offering_pickup(self) -> "BranchQuerySet":
        return self.filter(offers_pickup=True)


class Branch(models.Model):
    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("town"), max_length=60)
    text = models.TextField(_("text"), blank=True)
    address = models.CharField(
        _("street address"), max_length=200, blank=True, help_text=_("Street, house, post code and town.")
    )
    phone = PhoneNumberField(_("phone"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    offers_pickup = models.BooleanField(
        _("orders can be picked up here"),
        default=False,
        help_text=_("Shoppers need the street address and a phone to find their way."),
    )
    preparation_days = models.PositiveSmallIntegerField(
        _("days to prepare an order"),
        default=2,
        help_text=_("Working days from the order to packed pieces, for what lies on the shelf."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects: ClassVar[BranchQuerySet] = BranchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("branch")
        verbose_name_plural = _("branches")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(offers_pickup=False) | (Q(address_az__isnull=False) & ~Q(address_az="") & ~Q(phone="")),
                name="artisans_branch_pickup_can_be_found",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:branch", args=[self.slug])

    @property
    def place(self) -> str:
        """“Bakı – DOST Mərkəzi, Sınaq küçəsi 1”; the name alone where the address is not known."""
        return ", ".join(filter(None, (self.name, self.address)))

    @property
    def mail_address(self) -> str:
        """Where shoppers write to: the shop's own address where the branch has none."""
        return self.email or settings.SERVER_EMAIL

    @property
    def opening_text(self) -> str:
        """“Monday – Friday 09:00–18:00, Saturday 10:00–15:00”, in the language of the page; empty where not known."""
        return opening.in_words((row.weekday, row.opens, row.closes) for row in self.hours.all())

    @property
    def lacks_for_pickup(self) -> dict[str, "StrPromise"]:
        """What keeps orders from being picked up here: a sentence for each field that is empty."""
        sentences = {
            "address_az": _("Pickup needs the street address in Azerbaijani."),
            "phone": _("Pickup needs a phone number that shoppers can call."),
        }
        return {field: sentence for field, sentence in sentences.items() if not getattr(self, field)}

    def clean(self) -> None:
        if self.offers_pickup and (lacking := self.lacks_for_pickup):
            raise ValidationError(lacking)


class OpeningHours(models.Model):
    """From when to when a branch is open on one day of every week; a day with a break has two rows."""

    branch = models.ForeignKey(Branch, models.CASCADE, related_name="hours", verbose_name=_("branch"))
    weekday = models.PositiveSmallIntegerField(_("day"), choices=opening.Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "weekday", "opens"], name="artisans_openinghours_once"),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")),
                name="artisans_openinghours_in_order",
                violation_error_message=_("A branch closes after it opens."),
            ),
            models.CheckConstraint(condition=Q(weekday__range=(1, 7)), name="artisans_openinghours_weekday"),
        ]

    def __str__(self) -> str:
        return opening.in_words([(self.weekday, self.opens, self.closes)])


class BranchPhoto(PictureOfNobody):
    branch = models.OneToOneField(Branch, models.CASCADE, related_name="photo", verbose_name=_("branch"))

    class Meta:
        verbose_name = _("branch picture")
        verbose_name_plural = _("branch pictures")
