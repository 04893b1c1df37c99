"""Whether a piece can be bought now.

Stock and holds belong to ``orders``, which stands above this app; they are read here through the reverse
relations ``stock`` and ``holds`` that they declare on ``Variant``, and written nowhere but in
``orders/stock.py``.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now

from catalog.models import Product, ProductQuerySet, Variant

LIVE_HOLD = Q(holds__released_at__isnull=True, holds__expires_at__gt=Now())


def _sum_per_product(expression: str, condition: Q | None = None) -> Coalesce:
    totals = (
        Variant.objects.filter(product=OuterRef("pk"))
        .order_by()
        .values("product")
        .annotate(total=Sum(expression, filter=condition))
        .values("total")
    )
    return Coalesce(Subquery(totals, output_field=IntegerField()), 0)


def with_availability(products: ProductQuerySet) -> ProductQuerySet:
    """Annotates ``lowest_price``, ``highest_price``, ``on_hand``, ``held``, ``held_until`` and ``is_available``."""
    prices = Variant.objects.filter(product=OuterRef("pk")).order_by().values("product")
    held_until = prices.annotate(until=Min("holds__expires_at", filter=LIVE_HOLD)).values("until")
    return products.annotate(
        lowest_price=Subquery(prices.annotate(price_found=Min("price")).values("price_found")),
        highest_price=Subquery(prices.annotate(price_found=Max("price")).values("price_found")),
        on_hand=_sum_per_product("stock__on_hand"),
        held=_sum_per_product("holds__quantity", LIVE_HOLD),
        held_until=Subquery(held_until),
    ).annotate(
        is_available=Case(
            When(kind=Product.Kind.MADE_TO_ORDER, then=Value(True)),
            default=Q(on_hand__gt=F("held")),
            output_field=BooleanField(),
        )
    )


@dataclass(frozen=True)
class Offer:
    """Prices are None while there is no variant."""

    lowest_price: Decimal | None
    highest_price: Decimal | None
    is_available: bool


def offer_of(product: Any) -> Offer:
    """What ``with_availability()`` found about this product, which must come from it."""
    return Offer(product.lowest_price, product.highest_price, product.is_available)


def with_stock(variants: QuerySet[Variant]) -> QuerySet[Variant]:
    """Annotates ``on_hand``, ``held`` and ``available``."""
    held = (
        Variant.objects.filter(LIVE_HOLD, pk=OuterRef("pk"))
        .order_by()
        .values("pk")
        .annotate(total=Sum("holds__quantity"))
        .values("total")
    )
    return variants.annotate(
        on_hand=Coalesce("stock__on_hand", 0),
        held=Coalesce(Subquery(held, output_field=IntegerField()), 0),
    ).annotate(available=F("on_hand") - F("held"))
