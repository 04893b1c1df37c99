"""What search engines should know of: every public page, with its address in the other languages."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.sitemaps import Sitemap
from django.db.models import Model, QuerySet
from django.urls import reverse

from artisans.models import Branch, PublicArtisan
from catalog.models import Collection, Craft, Product
from dostshop.pages.models import Page

if TYPE_CHECKING:
    AnySitemap = Sitemap[Any]
else:
    AnySitemap = Sitemap


class Multilingual(AnySitemap):
    i18n = True
    alternates = True
    x_default = True
    limit = 1000


class Starts(Multilingual):
    def items(self) -> list[str]:
        return ["catalog:home", "catalog:pieces", "catalog:artisans"]

    def location(self, item: str) -> str:
        return reverse(item)


class Products(Multilingual):
    def items(self) -> QuerySet[Product]:
        return Product.objects.published().only("slug", "code", "updated_at")

    def lastmod(self, item: Product) -> datetime:
        return item.updated_at


class Rows(Multilingual):
    """Whatever else has a page and changes seldom."""

    def items(self) -> list[Model]:
        return [
            *Craft.objects.all(),
            *Collection.objects.current(),
            *Branch.objects.all(),
            *PublicArtisan.objects.on_site(),
            *Page.objects.all(),
        ]


SITEMAPS: dict[str, type[AnySitemap]] = {"start": Starts, "pieces": Products, "rest": Rows}
