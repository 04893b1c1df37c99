"""What the search reads: rows that triggers, made by migrations, write and delete."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func
from django.db.models.lookups import Exact
from django.utils.translation import gettext

from artisans.models import Branch, PublicArtisan
from catalog.models.collection import Collection
from catalog.models.craft import Craft
from catalog.models.product import Product
from dostshop.pages.models import Page


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


class Signpost(models.Model):
    """Leads from the search to one craft, collection, branch, maker or information page. Triggers write and delete
    it, as they do a ``SearchEntry``; which a visitor may be led to, ``catalog/signposts.py`` asks when it reads.
    """

    # The kind and the id, such as ``craft-7``: the same however often the row is written.
    key = models.CharField(max_length=40, primary_key=True, editable=False)
    craft = models.ForeignKey(Craft, models.DO_NOTHING, null=True, related_name="+", editable=False)
    collection = models.ForeignKey(Collection, models.DO_NOTHING, null=True, related_name="+", editable=False)
    branch = models.ForeignKey(Branch, models.DO_NOTHING, null=True, related_name="+", editable=False)
    artisan = models.ForeignKey(
        PublicArtisan, models.DO_NOTHING, null=True, related_name="+", editable=False, db_constraint=False
    )
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
    def place(self) -> Craft | Collection | Branch | PublicArtisan | Page:
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
