"""Collections of products."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.models.product import Product
from dostshop.pictures import PictureOfNobody


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


class CollectionPhoto(PictureOfNobody):
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
