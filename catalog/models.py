"""Crafts, products with their variants and photos, and collections."""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import Exact
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from artisans.models import Artisan, Branch
from catalog import measures
from dostshop import codes, folding
from dostshop.pages.models import Page
from dostshop.pictures import Picture


class TaxClass(models.TextChoices):
    STANDARD = "standard", _("standard rate")
    EXEMPT = "exempt", _("exempt")


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


class ProductQuerySet(models.QuerySet["Product"]):
    def published(self) -> "ProductQuerySet":
        """What the storefront shows: sold pieces too, for they are the makers' portfolio."""
        return self.filter(state=Product.State.PUBLISHED, published_at__lte=timezone.now())

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
        APPROVED = "approved", _("approved")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

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
                condition=~Q(kind="made_to_order") | Q(lead_time_days__gt=0),
                name="catalog_product_made_to_order_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        if not self.slug:
            self.slug = folding.slug(self.name, fallback="piece")[:120]
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_absolute_url(self) -> str:
        return reverse("catalog:product", args=[self.slug, self.code.lower()])

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
    def size_text(self) -> str:
        return measures.size(self.width_mm, self.height_mm, self.depth_mm)

    @property
    def weight_text(self) -> str:
        return measures.weight(self.weight_g)

    def clean(self) -> None:
        if self.kind == self.Kind.MADE_TO_ORDER and not self.lead_time_days:
            raise ValidationError({"lead_time_days": _("Say how many days it takes to make.")})


class SearchEntry(models.Model):
    """What a product is found by. Triggers, made by a migration, write and delete it; ``catalog/search.py`` reads it.

    Makers are not in it: whether one may be named changes without the product.
    """

    product = models.OneToOneField(
        Product, models.DO_NOTHING, primary_key=True, related_name="search_entry", editable=False
    )
    document = SearchVectorField(editable=False)
    # The names of the product and its craft in every language, folded: what a mistyped word is compared with.
    words = models.TextField(editable=False)

    class Meta:
        default_permissions = ()
        indexes = [
            GinIndex(fields=["document"], fastupdate=False, name="catalog_searchentry_document"),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], fastupdate=False, name="catalog_searchentry_words"),
        ]

    def __str__(self) -> str:
        return self.words


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
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=100), name="catalog_productmaker_share_range"),
            # catalog_productmaker_shares_sum: a deferred trigger, made by a migration.
        ]

    def __str__(self) -> str:
        return f"{self.artisan} {self.share} %"


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


class Photo(Picture):
    product = models.ForeignKey(Product, models.CASCADE, related_name="photos", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    shows_person = models.BooleanField(_("a person is visible"), default=False)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["position", "pk"]


class CollectionQuerySet(models.QuerySet["Collection"]):
    def current(self) -> "CollectionQuerySet":
        today = timezone.localdate()
        return self.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=today)).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=today)
        )


class Collection(models.Model):
    slug = models.SlugField(_("address"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(_("curator's text"), blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_featured = models.BooleanField(_("leads the home page"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    products = models.ManyToManyField(
        Product, through="CollectionItem", related_name="collections", verbose_name=_("products")
    )

    objects: ClassVar[CollectionQuerySet] = CollectionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="catalog_collection_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:collection", args=[self.slug])


class CollectionPhoto(Picture):
    collection = models.OneToOneField(Collection, models.CASCADE, related_name="photo", verbose_name=_("collection"))

    class Meta:
        verbose_name = _("collection picture")
        verbose_name_plural = _("collection pictures")


class CollectionItem(models.Model):
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="items", verbose_name=_("collection"))
    product = models.ForeignKey(Product, models.CASCADE, related_name="+", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("piece of the collection")
        verbose_name_plural = _("pieces of the collection")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["collection", "product"], name="catalog_collectionitem_once")]

    def __str__(self) -> str:
        return str(self.product)


class Signpost(models.Model):
    """Leads from the search to one craft, collection, branch, maker or information page. Triggers write and delete
    it, as they do a ``SearchEntry``; which a visitor may be led to, ``catalog/signposts.py`` asks when it reads.
    """

    # The kind and the id, such as ``craft-7``: the same however often the row is written.
    key = models.CharField(max_length=40, primary_key=True, editable=False)
    craft = models.ForeignKey(Craft, models.DO_NOTHING, null=True, related_name="+", editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, null=True, related_name="+", editable=False)
    branch = models.ForeignKey(Branch, models.DO_NOTHING, null=True, related_name="+", editable=False)
    artisan = models.ForeignKey(Artisan, models.DO_NOTHING, null=True, related_name="+", editable=False)
    page = models.ForeignKey(Page, models.DO_NOTHING, null=True, related_name="+", editable=False)
    document = SearchVectorField(editable=False)
    # Its name in every language, folded.
    words = models.TextField(editable=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Exact(
                    Func(
                        *("craft", "collection", "branch", "artisan", "page"),
                        function="num_nonnulls",
                        output_field=models.IntegerField(),
                    ),
                    1,
                ),
                name="catalog_signpost_leads_to_one",
            ),
        ]
        indexes = [
            GinIndex(fields=["document"], fastupdate=False, name="catalog_signpost_document"),
            GinIndex(fields=["words"], opclasses=["gin_trgm_ops"], fastupdate=False, name="catalog_signpost_words"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def place(self) -> Craft | Collection | Branch | Artisan | Page:
        """What it leads to."""
        place = self.craft or self.collection or self.branch or self.artisan or self.page
        assert place is not None  # noqa: S101 — the constraint holds it
        return place

    @property
    def kind(self) -> str:
        """As the storefront calls it."""
        if self.page:
            return gettext("information")
        return gettext("maker") if self.artisan else str(self.place._meta.verbose_name)

    @property
    def name_field(self) -> str:
        if self.page:
            return "title"
        return "display_name" if self.artisan else "name"
