"""Lists of pieces: which, in what order, and a page at a time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from artisans.models import Branch, PublicArtisan
from catalog.availability import with_availability
from catalog.models import Craft, Photo, Product, ProductQuerySet, Variant
from dostshop.money import SYMBOL

PAGE_SIZE = 24
HIGHEST_PRICE = 1_000_000


def page_of(rows: models.QuerySet[Any] | list[Any], number: str | None) -> "Page[Any]":
    """The page asked for; the first where the number is none, the last where it is too high."""
    return Paginator(rows, PAGE_SIZE).get_page(number)


def as_cards(products: ProductQuerySet) -> ProductQuerySet:
    """With all that ``partials/product_card.html`` shows, in three queries."""
    return (
        with_availability(products)
        .select_related("craft__parent", "branch", "silence")
        .prefetch_related(
            Prefetch("photos", Photo.objects.public()[:1], to_attr="cover_photos"),
            "public_makers",
        )
    )


def public_photos(product: str) -> "Prefetch[str]":
    """The photos that may be shown, of the products at the end of this path."""
    return Prefetch(f"{product}__photos", Photo.objects.public())


def cards_of(keys: Iterable[int]) -> list[Product]:
    """The cards of published products, in the order of their keys."""
    found = as_cards(Product.objects.published()).in_bulk(list(keys))
    return [found[key] for key in keys if key in found]


def crafts_and_techniques_with_pieces() -> models.QuerySet[Craft]:
    pieces = Product.objects.published().filter(Q(craft=OuterRef("pk")) | Q(craft__parent=OuterRef("pk")))
    return Craft.objects.filter(Exists(pieces))


def crafts_with_pieces() -> models.QuerySet[Craft]:
    return crafts_and_techniques_with_pieces().filter(parent=None)


def with_cover(rows: models.QuerySet[Any], *, pieces: Q, order: str) -> models.QuerySet[Any]:
    """Annotates ``cover_pk``: a picture of a published piece that belongs to the row. ``covers`` fetches them."""
    pictures = Photo.objects.public().filter(pieces, product__in=Product.objects.published())
    covered: models.QuerySet[Any] = rows.annotate(
        cover_pk=Subquery(pictures.order_by(order, "position", "pk").values("pk")[:1])
    )
    return covered


def covers[Row: models.Model](rows: Iterable[Row]) -> list[tuple[Row, Photo | None]]:
    rows = list(rows)
    photos = Photo.objects.in_bulk([getattr(row, "cover_pk") for row in rows])  # noqa: B009 - annotated
    return [(row, photos.get(getattr(row, "cover_pk"))) for row in rows]  # noqa: B009


def crafts_of(makers: Iterable[PublicArtisan]) -> dict[int, list[Craft]]:
    """What each of them practises, by the maker's primary key, in one query."""
    practised = Craft.artisans.through.objects.filter(artisan__in=[maker.pk for maker in makers])
    found = defaultdict(list)
    for row in practised.select_related("craft__parent").order_by("craft__position", "craft"):
        found[row.artisan_id].append(row.craft)
    return found


class Sort(models.TextChoices):
    NEWEST = "", gettext_lazy("newest first")
    CHEAPEST = "price", gettext_lazy("lowest price first")
    DEAREST = "-price", gettext_lazy("highest price first")


ORDERS = {
    Sort.NEWEST: ("-published_at", "-pk"),
    Sort.CHEAPEST: ("lowest_price", "-published_at", "-pk"),
    Sort.DEAREST: ("-highest_price", "-published_at", "-pk"),
}


@dataclass(frozen=True)
class Chosen:
    """A filter in force."""

    label: str
    parameter: str

    @property
    def without(self) -> dict[str, None]:
        """The parameters to leave out of the address to be rid of it."""
        return {self.parameter: None, "page": None}


class Filters(forms.Form):
    """What a shopper narrows the list by. A value that makes no sense is said to be so, and narrows nothing."""

    use_required_attribute = False

    craft = forms.ChoiceField(label=gettext_lazy("Craft"), required=False)
    branch = forms.ChoiceField(label=gettext_lazy("Made in"), required=False)
    price_from = forms.IntegerField(
        label=gettext_lazy("Price from, ₼"),
        required=False,
        min_value=0,
        max_value=HIGHEST_PRICE,
    )
    price_to = forms.IntegerField(
        label=gettext_lazy("Price to, ₼"),
        required=False,
        min_value=0,
        max_value=HIGHEST_PRICE,
    )
    available = forms.BooleanField(label=gettext_lazy("Can be bought now"), required=False)
    sort = forms.ChoiceField(label=gettext_lazy("Sort by"), choices=Sort, required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter-%s")
        self.crafts = {craft.slug: craft for craft in crafts_with_pieces()}
        self.branches = {branch.slug: branch for branch in Branch.objects.all()}
        self._offer("craft", _("all crafts"), {slug: craft.name for slug, craft in self.crafts.items()})
        self._offer("branch", _("all branches"), {slug: branch.city for slug, branch in self.branches.items()})
        self.is_valid()

    def _offer(self, name: str, everything: Any, options: dict[str, str]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = [("", everything), *options.items()]

    def value(self, name: str) -> Any:
        return self.cleaned_data.get(name)

    def apply(self, products: ProductQuerySet) -> ProductQuerySet:
        """The cards of what is asked for, in the order asked for."""
        if craft := self.crafts.get(self.value("craft")):
            products = products.of_craft(craft)
        if branch := self.branches.get(self.value("branch")):
            products = products.shown_at(branch)
        if prices := self._prices():
            products = products.filter(Exists(Variant.objects.filter(prices, product=OuterRef("pk"))))
        cards = as_cards(products)
        if self.value("available"):
            cards = cards.filter(Q(is_available=True))
        return cards.order_by(*ORDERS[Sort(self.value("sort") or "")])

    def _prices(self) -> Q:
        prices = Q()
        if (lowest := self.value("price_from")) is not None:
            prices &= Q(price__gte=lowest)
        if (highest := self.value("price_to")) is not None:
            prices &= Q(price__lte=highest)
        return prices

    def chosen(self) -> list[Chosen]:
        found = []
        if craft := self.crafts.get(self.value("craft")):
            found.append(Chosen(craft.name, "craft"))
        if branch := self.branches.get(self.value("branch")):
            found.append(Chosen(branch.city, "branch"))
        if (lowest := self.value("price_from")) is not None:
            found.append(Chosen(_("from %(price)s") % {"price": f"{lowest} {SYMBOL}"}, "price_from"))
        if (highest := self.value("price_to")) is not None:
            found.append(Chosen(_("up to %(price)s") % {"price": f"{highest} {SYMBOL}"}, "price_to"))
        if self.value("available"):
            found.append(Chosen(_("can be bought now"), "available"))
        return found
