"""What delivery costs and how long it takes, for the pages that say it before there is a bag."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

from artisans.models import Branch
from catalog import measures
from catalog.models import Product
from dostshop import countries
from orders.models import DeliveryMethod, DeliveryRate
from orders.models.delivery import days_text


@dataclass(frozen=True)
class Reach:
    """What it takes to get a parcel to some region or zone of several."""

    price_from: Decimal
    days: str

    @classmethod
    def of(cls, rates: list[DeliveryRate]) -> Self | None:
        if not rates:
            return None
        methods = [rate.method for rate in rates]
        fastest, slowest = min(method.days_min for method in methods), max(method.days_max for method in methods)
        return cls(min(rate.price for rate in rates), days_text(fastest, slowest))


class Pickup(StrEnum):
    """Where one piece is handed over, by the branch that keeps or makes it."""

    OWN_BRANCH = "own_branch"
    OTHER_BRANCH = "other_branch"
    NONE = "none"


class Border(StrEnum):
    """What keeps a piece in the country, whatever it weighs."""

    FOOD = "food"
    PERMIT = "permit"
    OPEN = "open"


@dataclass(frozen=True)
class Promise:
    """How one piece reaches its buyer; None for what its kind, its weight or the shop's rates do not allow."""

    pickup: Pickup
    home: Reach | None
    abroad: Reach | None
    border: Border

    @property
    def reaches_nobody(self) -> bool:
        return not self.home and not self.abroad and self.pickup == Pickup.NONE


def promise_for(product: Product) -> Promise:
    """In one query, and one more where the piece's own branch hands nothing over."""
    rates = list(
        DeliveryRate.objects.filter(method__is_active=True, up_to_weight_g__gte=product.weight_g)
        .select_related("method")
        .order_by("method_id", "up_to_weight_g")
        .distinct("method_id")
    )
    border = _border(product)
    return Promise(
        pickup=_pickup(product),
        home=Reach.of([rate for rate in rates if rate.method.is_domestic]),
        abroad=Reach.of([rate for rate in rates if not rate.method.is_domestic and border == Border.OPEN]),
        border=border,
    )


def _pickup(product: Product) -> Pickup:
    if product.branch.offers_pickup:
        return Pickup.OWN_BRANCH
    return Pickup.OTHER_BRANCH if Branch.objects.offering_pickup().exists() else Pickup.NONE


def _border(product: Product) -> Border:
    if product.kind == Product.Kind.FOOD:
        return Border.FOOD
    return Border.PERMIT if product.craft.needs_export_permit else Border.OPEN


@dataclass(frozen=True)
class PriceTable:
    """Regions or zones, and the price of each up to each weight; None where that weight is not sent."""

    weights: list[str]
    rows: list[tuple[DeliveryMethod, list[Decimal | None]]]

    @classmethod
    def of(cls, methods: list[DeliveryMethod]) -> Self:
        limits = sorted({rate.up_to_weight_g for method in methods for rate in method.rates.all()})
        return cls(
            weights=[measures.weight(limit) for limit in limits],
            rows=[(method, [_price(method, limit) for limit in limits]) for method in methods],
        )

    @property
    def zones(self) -> list[tuple[DeliveryMethod, list[str]]]:
        """The countries of each zone by name; none for the rest of the world."""
        return [
            (method, [name for _code, name in countries.choices(method.countries)]) for method, _prices in self.rows
        ]


def price_tables() -> tuple[PriceTable, PriceTable]:
    """At home and abroad, in two queries."""
    methods = [method for method in DeliveryMethod.objects.active() if method.rates.all()]
    return (
        PriceTable.of([method for method in methods if method.is_domestic]),
        PriceTable.of([method for method in methods if not method.is_domestic]),
    )


def _price(method: DeliveryMethod, weight_g: int) -> Decimal | None:
    rate = method.rate_for(weight_g)
    return rate.price if rate else None
