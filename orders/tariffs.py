"""What delivery costs and how long it takes: to send a bag, and for the pages that say it before there is one."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from typing import Self

from artisans.models import Branch
from catalog import measures
from catalog.models import Export, Product
from dostshop import countries
from orders.models import DeliveryMethod, DeliveryRate
from orders.models.delivery import days_text


@dataclass(frozen=True)
class Tariff:
    """One method with its prices by weight."""

    method: DeliveryMethod
    # The lightest first; at least one.
    rates: tuple[DeliveryRate, ...]

    @property
    def heaviest_g(self) -> int:
        return self.rates[-1].up_to_weight_g

    def carries(self, weight_g: int) -> bool:
        return weight_g <= self.heaviest_g

    def surcharge(self, fragile: int) -> Decimal:
        """For so many fragile pieces."""
        return fragile * self.method.fragile_surcharge

    def price_for(self, weight_g: int, *, fragile: int) -> Decimal:
        """Of a parcel that it carries, with so many fragile pieces: by the first rate for the weight."""
        rate = next(rate for rate in self.rates if weight_g <= rate.up_to_weight_g)
        return rate.price + self.surcharge(fragile)


def active() -> list[Tariff]:
    """Of every method that is offered and has prices, as staff have put them in order; in one query."""
    rates = (
        DeliveryRate.objects.filter(method__is_active=True)
        .select_related("method")
        .order_by("method__position", "method_id", "up_to_weight_g")
    )
    grouped = (tuple(group) for _pk, group in groupby(rates, key=lambda rate: rate.method_id))
    return [Tariff(group[0].method, group) for group in grouped]


@dataclass(frozen=True)
class Reach:
    """What it takes to get a parcel to some region or zone of several."""

    price_from: Decimal
    days: str

    @classmethod
    def of(cls, offers: list[tuple[DeliveryMethod, Decimal]]) -> Self | None:
        if not offers:
            return None
        fastest = min(method.days_min for method, _price in offers)
        slowest = max(method.days_max for method, _price in offers)
        return cls(min(price for _method, price in offers), days_text(fastest, slowest))


class Pickup(StrEnum):
    """Where one piece is handed over, by the branch that keeps or makes it."""

    OWN_BRANCH = "own_branch"
    OTHER_BRANCH = "other_branch"
    NONE = "none"


@dataclass(frozen=True)
class Promise:
    """How one piece reaches its buyer; None for what its kind, its weight or the shop's rates do not allow."""

    pickup: Pickup
    home: Reach | None
    abroad: Reach | None
    export: Export

    @property
    def reaches_nobody(self) -> bool:
        return not self.home and not self.abroad and self.pickup == Pickup.NONE


def promise_for(product: Product) -> Promise:
    """In one query, and one more where the piece's own branch hands nothing over."""
    weight_g, fragile = product.weight_g, int(product.is_fragile)
    carrying = [tariff for tariff in active() if weight_g and tariff.carries(weight_g)]
    offers = [(tariff.method, tariff.price_for(weight_g, fragile=fragile)) for tariff in carrying]
    return Promise(
        pickup=_pickup(product),
        home=Reach.of([offer for offer in offers if offer[0].is_domestic]),
        abroad=Reach.of([offer for offer in offers if not offer[0].is_domestic and product.export.may_leave]),
        export=product.export,
    )


def _pickup(product: Product) -> Pickup:
    if product.branch.offers_pickup:
        return Pickup.OWN_BRANCH
    return Pickup.OTHER_BRANCH if Branch.objects.offering_pickup().exists() else Pickup.NONE


@dataclass(frozen=True)
class PriceTable:
    """Regions or zones, and the price of each up to each weight; None where that weight is not sent."""

    weights: list[str]
    rows: list[tuple[DeliveryMethod, list[Decimal | None]]]

    @classmethod
    def of(cls, tariffs: list[Tariff]) -> Self:
        limits = sorted({rate.up_to_weight_g for tariff in tariffs for rate in tariff.rates})
        return cls(
            weights=[measures.weight(limit) for limit in limits],
            rows=[(tariff.method, [_price(tariff, limit) for limit in limits]) for tariff in tariffs],
        )

    @property
    def zones(self) -> list[tuple[DeliveryMethod, list[str]]]:
        """The countries of each zone by name; none for the rest of the world."""
        return [
            (method, [name for _code, name in countries.choices(method.countries)]) for method, _prices in self.rows
        ]


def price_tables() -> tuple[PriceTable, PriceTable]:
    """At home and abroad, in one query."""
    tariffs = active()
    return (
        PriceTable.of([tariff for tariff in tariffs if tariff.method.is_domestic]),
        PriceTable.of([tariff for tariff in tariffs if not tariff.method.is_domestic]),
    )


def _price(tariff: Tariff, weight_g: int) -> Decimal | None:
    return tariff.price_for(weight_g, fragile=0) if tariff.carries(weight_g) else None
