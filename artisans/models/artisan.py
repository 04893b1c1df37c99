"""The makers, and what only authorised staff know of them."""

from decimal import Decimal
from hashlib import sha256

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from artisans import pseudonyms
from artisans.models.branch import Branch
from dostshop import codes
from dostshop.pictures import Picture
from dostshop.translated import columns

FULL_AGE = 18


class Artisan(models.Model):
    """A maker as staff know them. The storefront asks ``PublicArtisan``, and nothing else, who may be shown and how."""

    branch = models.ForeignKey(Branch, models.PROTECT, related_name="artisans", verbose_name=_("branch"))
    code = models.CharField(_("code"), max_length=8, unique=True, default=codes.product_code, editable=False)
    slug = models.SlugField(_("address"), unique=True, help_text=_("Used while the name may be shown."))
    display_name = models.CharField(
        _("name shown"),
        max_length=60,
        blank=True,
        help_text=_("A pseudonym that the maker chose. Never the legal name."),
    )
    story = models.TextField(_("story"), blank=True, help_text=_("In the maker's own words, about the work."))
    place = models.CharField(
        _("place"), max_length=120, blank=True, help_text=_("Where the maker is from, as the maker wants it said.")
    )
    affiliation = models.CharField(
        _("part in the Centre"),
        max_length=200,
        blank=True,
        help_text=_("In the maker's words, such as “weaves here since 2023”. Nothing about health or family."),
    )
    is_public = models.BooleanField(
        _("shown in the shop"), default=False, help_text=_("As far as the maker's consents allow, and no further.")
    )
    # Addresses under the name from before it was changed, see ``digest_of``.
    former_addresses = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    # Written by a trigger when a text that was there is another one: what was agreed to is the one before.
    story_changed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("artisan")
        verbose_name_plural = _("artisans")
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.display_name or self.code

    def clean(self) -> None:
        private = ArtisanPrivate.objects.filter(pk=self.pk).first() if self.pk else None
        if private and self.tells(private):
            raise ValidationError(
                _("The name shown or the address tells the legal name. Let the maker choose a pseudonym.")
            )

    def tells(self, private: "ArtisanPrivate") -> bool:
        """Whether the name shown, in any language, or the address gives away who it is."""
        shown = [getattr(self, column) or "" for column in columns("display_name")]
        return pseudonyms.gives_away(private.legal_name, shown=[*shown, self.slug], is_minor=private.is_minor)

    def remember_address(self, slug: str) -> None:
        """That it was the maker's under the name; saves nothing."""
        if digest_of(slug) not in self.former_addresses:
            self.former_addresses = [*self.former_addresses, digest_of(slug)]


def digest_of(slug: str) -> str:
    """By which a former address is known again, without keeping the name that is in it."""
    return sha256(slug.encode()).hexdigest()


class ArtisanPhoto(Picture):
    """The maker's face, shown with a consent for it alone."""

    artisan = models.OneToOneField(Artisan, models.CASCADE, related_name="photo", verbose_name=_("artisan"))

    class Meta:
        verbose_name = _("maker's picture")
        verbose_name_plural = _("makers' pictures")

    @property
    def is_of_people(self) -> bool:
        return True


class ArtisanPrivate(models.Model):
    """What only authorised staff see, and no page shows. There is no field for a diagnosis, on purpose."""

    artisan = models.OneToOneField(
        Artisan, models.PROTECT, primary_key=True, related_name="+", verbose_name=_("artisan")
    )
    legal_name = models.CharField(_("legal name"), max_length=150)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    payout_details = models.TextField(_("payout details"), blank=True)
    representative = models.CharField(_("legal representative"), max_length=150, blank=True)
    # Why is nobody's business but the maker's.
    payouts_paused = models.BooleanField(_("payouts are paused"), default=False)
    monthly_threshold = models.DecimalField(
        _("monthly sum to watch, AZN"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Whoever is paid more in a month is listed for the social worker, and nowhere else."),
    )

    class Meta:
        verbose_name = _("private record")
        verbose_name_plural = _("private records")

    def __str__(self) -> str:
        return self.artisan.code

    @property
    def is_minor(self) -> bool:
        """Today; who is not known to be of age is taken for one."""
        return self.birth_date is None or self.is_known_minor

    @property
    def is_known_minor(self) -> bool:
        """Today, by the birth date."""
        today = timezone.localdate()
        born = self.birth_date
        if born is None:
            return False
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day)) < FULL_AGE
