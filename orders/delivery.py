"""The ways in which a bag can reach its buyer, and what each costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from artisans.models import Branch
from catalog.models import Product
from dostshop import money
from orders.models import BagLine, DeliveryMethod
from orders.models.delivery import HOME_COUNTRY


@dataclass(frozen=True)
class DeliveryOption:
    # What the form sends: ``pickup-<branch>`` or ``post-<method>``.
    key: str
    name: str
    note: str
    price: Decimal
    branch: Branch | None = None
    method: DeliveryMethod | None = None

    @property
    def is_pickup(self) -> bool:
        return self.branch is not None

    @property
    def is_abroad(self) -> bool:
        return self.method is not None and not self.method.is_domestic

    @property
    def goes(self) -> str:
        """Where the parcel goes: ``nowhere`` for pickup, ``home`` within the country, ``abroad``."""
        return "nowhere" if self.is_pickup else "abroad" if self.is_abroad else "home"

    @property
    def days(self) -> tuple[int, int] | None:
        """Working days on the way, at least and at most; None for pickup."""
        return (self.method.days_min, self.method.days_max) if self.method else None

    def reaches(self, country: str) -> bool:
        """Whether a parcel to this country goes this way; a method without countries takes the rest of the world."""
        if self.method is None:
            return False
        return country in self.method.countries or (not self.method.countries and country != HOME_COUNTRY)


@dataclass(frozen=True)
class KeptHome:
    """Pieces that keep a whole bag from going abroad, for one reason."""

    sentence: str
    pieces: list[str]
    # Food cannot, but for a permit one can ask.
    can_be_asked: bool


@dataclass(frozen=True)
class Delivery:
    """What is offered for one bag."""

    options: list[DeliveryOption]
    # Why nothing goes abroad; empty where it may.
    kept_home: list[KeptHome]

    @property
    def has_pickup(self) -> bool:
        return any(option.is_pickup for option in self.options)

    def get(self, key: str) -> DeliveryOption | None:
        return next((option for option in self.options if option.key == key), None)

    def option_for(self, country: str) -> DeliveryOption | None:
        """The way abroad for this country: the zone that names it, else the rest of the world."""
        ways = [option for option in self.options if option.is_abroad and option.reaches(country)]
        return next((way for way in ways if way.method and way.method.countries), ways[0] if ways else None)


def delivery_for(lines: Iterable[BagLine]) -> Delivery:
    """Pickup at every branch that offers it, then each method whose rates carry the weight."""
    lines = list(lines)
    weight = sum(line.quantity * line.variant.product.weight_g for line in lines)
    reasons = kept_home(lines)
    pickups = [
        DeliveryOption(f"pickup-{branch.slug}", branch.name, branch.address, money.ZERO, branch=branch)
        for branch in Branch.objects.offering_pickup()
    ]
    parcels = []
    for method in DeliveryMethod.objects.active():
        rate = method.rate_for(weight)
        option = rate and DeliveryOption(f"post-{method.pk}", method.name, method.note, rate.price, method=method)
        if option and not (reasons and option.is_abroad):
            parcels.append(option)
    return Delivery([*pickups, *parcels], reasons)


def kept_home(lines: Iterable[BagLine]) -> list[KeptHome]:
    """Every reason for which these pieces cannot go abroad together.

    Source of the permit: rules of the post on cultural goods, Cabinet decision 294.
    """
    under_permit, food = [], []
    for line in lines:
        product = line.variant.product
        if product.craft.needs_export_permit:
            under_permit.append(str(line.variant))
        if product.kind == Product.Kind.FOOD:
            food.append(str(line.variant))
    permit_needed = _(
        "Carpets, pottery and works of art may leave the country only with a permit of the Ministry of Culture."
    )
    reasons = [
        KeptHome(permit_needed, under_permit, can_be_asked=True),
        KeptHome(_("Food is not sent abroad."), food, can_be_asked=False),
    ]
    return [reason for reason in reasons if reason.pieces]
