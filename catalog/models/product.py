"""Products: what they are, who made them, and the variants that are sold."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from artisans.models import Artisan, Branch, Channel, PublicArtisan
from catalog import measures
from catalog.models.craft import Craft
from dostshop import codes, folding


class Export(StrEnum):
    """Whether a piece may leave the country.

    Source of the permit: the post's rules on cultural goods, Cabinet decision 294.
    """

    FREE = "free"
    PERMITTED = "permitted"
    PERMIT_MISSING = "permit_missing"
    FOOD = "food"

    @property
    def may_leave(self) -> bool:
        return self in {Export.FREE, Export.PERMITTED}


class NoReturn(models.TextChoices):
    """Why a piece is not taken back, unless something is wrong with it."""

    FOOD = "food", _("food")
    PERSONALISED = "personalised", _("made for one buyer alone")


class ProductQuerySet(models.QuerySet["Product"]):
    def locked(self, pk: int) -> "Product":
        """The product with its row locked until the transaction ends; keys that point to it stay free to be read."""
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def published(self) -> "ProductQuerySet":
        """What the storefront shows: sold pieces too, for they are the makers' portfolio."""
        return self.filter(state=Product.State.PUBLISHED, published_at__lte=timezone.now())

    def to_come(self) -> "ProductQuerySet":
        """To be published later, by itself."""
        return self.filter(state=Product.State.PUBLISHED, published_at__gt=timezone.now())

    def shown_at(self, branch: Branch) -> "ProductQuerySet":
        """Those that are kept there and may say so; see ``shown_branch``."""
        return self.filter(silence=None, branch=branch)

    def of_craft(self, craft: Craft) -> "ProductQuerySet":
        """The craft's own products and those of its techniques."""
        return self.filter(Q(craft=craft) | Q(craft__parent=craft))


class Product(models.Model):
    class Kind(models.TextChoices):
        ONE_OF_A_KIND = "one_of_a_kind", _("one of a kind")
        SMALL_SERIES = "small_series", _("small series")
        MADE_TO_ORDER = "made_to_order", _("made to order")
        FOOD = "food", _("food")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        CHANGES_ASKED = "changes_asked", _("changes asked")
        APPROVED = "approved", pgettext_lazy("of a piece", "approved")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    # From each state to those that may follow; the steps are in ``catalog/publishing.py``.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        State.DRAFT: frozenset({State.SUBMITTED, State.APPROVED, State.PUBLISHED, State.ARCHIVED}),
        State.SUBMITTED: frozenset({State.DRAFT, State.CHANGES_ASKED, State.APPROVED, State.PUBLISHED, State.ARCHIVED}),
        State.CHANGES_ASKED: frozenset({State.SUBMITTED, State.APPROVED, State.PUBLISHED, State.ARCHIVED}),
        State.APPROVED: frozenset({State.DRAFT, State.CHANGES_ASKED, State.PUBLISHED, State.ARCHIVED}),
        State.PUBLISHED: frozenset({State.DRAFT, State.ARCHIVED}),
        State.ARCHIVED: frozenset({State.DRAFT, State.PUBLISHED}),
    }

    code = models.CharField(_("code"), max_length=8, unique=True, default=codes.product_code, editable=False)
    slug = models.SlugField(
        _("address"), max_length=120, blank=True, help_text=_("Made from the name where left empty.")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.ONE_OF_A_KIND)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DRAFT)
    craft = models.ForeignKey(Craft, models.PROTECT, related_name="products", verbose_name=_("craft"))
    branch = models.ForeignKey(
        Branch,
        models.PROTECT,
        related_name="products",
        verbose_name=_("branch"),
        help_text=_("Where the piece is kept."),
    )
    artisans = models.ManyToManyField(
        Artisan, through="ProductMaker", related_name="products", verbose_name=_("makers")
    )
    # Empty in a draft from the studio, until whoever writes the texts has named the piece.
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    materials = models.CharField(_("materials"), max_length=200, blank=True, help_text=_("For food: what is in it."))
    technique = models.CharField(_("technique"), max_length=200, blank=True)
    care = models.TextField(_("care"), blank=True, help_text=_("For food: how to keep it."))
    size_note = models.CharField(_("size, in words"), max_length=120, blank=True)
    width_mm = models.PositiveIntegerField(_("width, mm"), null=True, blank=True)
    height_mm = models.PositiveIntegerField(_("height, mm"), null=True, blank=True)
    depth_mm = models.PositiveIntegerField(_("depth, mm"), null=True, blank=True)
    weight_g = models.PositiveIntegerField(
        _("weight, g"),
        default=0,
        help_text=_("Packed for the post. While it is 0 the piece can be picked up only."),
    )
    is_fragile = models.BooleanField(
        _("fragile"),
        default=False,
        help_text=_("It is packed with special care; delivery methods may ask a surcharge for that."),
    )
    export_permit = models.CharField(
        _("number of the export permit"),
        max_length=60,
        blank=True,
        help_text=_(
            "Of the Ministry of Culture, for carpets, pottery and works of art. With the number the piece is offered "
            "abroad, without it it stays in the country. Put the permit itself into the parcel."
        ),
    )
    year = models.PositiveSmallIntegerField(_("year made"), null=True, blank=True)
    lead_time_days = models.PositiveSmallIntegerField(
        _("days to make"), default=0, help_text=_("For what is made to order.")
    )
    is_personalised = models.BooleanField(
        _("made for one buyer alone"),
        default=False,
        help_text=_("With a name on it, or to the buyer's own measure. It cannot be returned."),
    )
    shelf_life = models.CharField(_("shelf life"), max_length=120, blank=True)
    energy_kcal = models.PositiveSmallIntegerField(_("energy, kcal in 100 g"), null=True, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-published_at", "-pk"]
        indexes = [
            models.Index(
                fields=["-published_at", "-id"], condition=Q(state="published"), name="catalog_product_newest"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="catalog_product_published_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(name_az__isnull=False, name_az__gt="", slug__gt=""),
                name="catalog_product_published_has_name",
            ),
            models.CheckConstraint(
                condition=~Q(kind="made_to_order") | Q(lead_time_days__gt=0),
                name="catalog_product_made_to_order_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.craft} {self.code}"

    def save(self, *args: object, **kwargs: object) -> None:
        self.fill_in_slug()
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def fill_in_slug(self) -> None:
        """From the name, once there is one; it stays whatever the name becomes. Saves nothing."""
        if self.name and not self.slug:
            self.slug = folding.slug(self.name, fallback="piece")[:120]

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug, self.code.lower()])

    @property
    def is_in_shop(self) -> bool:
        return self.state == self.State.PUBLISHED and not self.is_to_come

    @property
    def is_to_come(self) -> bool:
        """To be published later, by itself."""
        is_ahead = self.published_at is not None and self.published_at > timezone.now()
        return self.state == self.State.PUBLISHED and is_ahead

    @property
    def is_counted(self) -> bool:
        """False for what is made when ordered: it has no stock and needs no hold."""
        return self.kind != self.Kind.MADE_TO_ORDER

    @property
    def export(self) -> Export:
        """Whether it may leave the country; food stays, whatever else it is."""
        if self.kind == self.Kind.FOOD:
            return Export.FOOD
        if not self.craft.needs_export_permit:
            return Export.FREE
        return Export.PERMITTED if self.export_permit else Export.PERMIT_MISSING

    @property
    def no_return(self) -> str:
        """Why it is not taken back; empty where it is."""
        if self.kind == self.Kind.FOOD:
            return NoReturn.FOOD
        return NoReturn.PERSONALISED if self.is_personalised else ""

    @property
    def names_branch(self) -> bool:
        """Whether a branch may be told beside it: not where a minor had a hand in it, shown or not."""
        return not hasattr(self, "silence")

    @property
    def shown_branch(self) -> Branch | None:
        """Where the storefront says that it is kept."""
        return self.branch if self.names_branch else None

    @property
    def size_text(self) -> str:
        return measures.size(self.width_mm, self.height_mm, self.depth_mm)

    @property
    def weight_text(self) -> str:
        return measures.weight(self.weight_g)

    def clean(self) -> None:
        if self.kind == self.Kind.MADE_TO_ORDER and not self.lead_time_days:
            raise ValidationError({"lead_time_days": _("Say how many days it takes to make.")})


class ProductMaker(models.Model):
    """Who made it, and the maker's part of the makers' share. The parts of a product sum to 100."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="makers", verbose_name=_("product"))
    artisan = models.ForeignKey(Artisan, models.PROTECT, related_name="made", verbose_name=_("maker"))
    share = models.DecimalField(_("share, %"), max_digits=5, decimal_places=2, default=Decimal(100))

    class Meta:
        verbose_name = _("maker")
        verbose_name_plural = _("makers")
        ordering = ["-share", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "artisan"], name="catalog_productmaker_once"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100),
                name="catalog_productmaker_share_range",
                violation_error_message=_("A share is more than 0 and at most 100 percent."),
            ),
            # catalog_productmaker_shares_sum: a deferred trigger, made by a migration.
        ]

    def __str__(self) -> str:
        # By code: the admin's history keeps it.
        return f"{self.artisan.code} {self.share} %"


class Silence(models.Model):
    """That the storefront names no branch of a product: one of its makers is a minor, or of an age not known.

    A view of the database; whether the maker is shown, or agreed to anything, makes no difference.
    """

    product = models.OneToOneField(Product, models.DO_NOTHING, primary_key=True, related_name="silence")

    class Meta:
        managed = False
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.product_id)


class PublicMakerManager(models.Manager["PublicMaker"]):
    """On the site, whoever asks and by whichever relation: the view below has a row for each channel."""

    def get_queryset(self) -> "models.QuerySet[PublicMaker]":
        return super().get_queryset().filter(artisan__channel=Channel.SITE).select_related("artisan__branch")


class PublicMaker(models.Model):
    """A maker of a product who may be shown on the site, as a view of the database."""

    product = models.ForeignKey(Product, models.DO_NOTHING, related_name="public_makers")
    artisan = models.ForeignKey(PublicArtisan, models.DO_NOTHING, related_name="+")
    share = models.DecimalField(max_digits=5, decimal_places=2)

    objects: ClassVar[PublicMakerManager] = PublicMakerManager()

    class Meta:
        managed = False
        default_permissions = ()
        ordering = ["-share", "pk"]

    def __str__(self) -> str:
        return str(self.artisan)

    @property
    def shown_branch(self) -> Branch | None:
        """The maker's, where the piece may say one."""
        return self.artisan.branch if self.product.names_branch else None


class Variant(models.Model):
    """What is sold: a product has one, or one for each size or colour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    code = models.CharField(_("code"), max_length=8, unique=True, default=codes.variant_code, editable=False)
    option = models.CharField(
        _("option"), max_length=80, blank=True, help_text=_("Size or colour, if there is a choice.")
    )
    price = models.DecimalField(
        _("price, AZN"), max_digits=9, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]
        constraints = [models.CheckConstraint(condition=Q(price__gt=0), name="catalog_variant_price_positive")]

    def __str__(self) -> str:
        return f"{self.product.name}, {self.option}" if self.option else self.product.name
