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
class Delivery:
    """What is offered for one bag."""

    options: list[DeliveryOption]
    # Why nothing goes abroad, for the shopper; empty where it does.
    stays_home_because: str

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
    reason = _why_not_abroad(lines)
    pickups = [
        DeliveryOption(f"pickup-{branch.slug}", branch.name, branch.address, money.ZERO, branch=branch)
        for branch in Branch.objects.filter(offers_pickup=True)
    ]
    parcels = []
    for method in DeliveryMethod.objects.active():
        rate = method.rate_for(weight)
        option = rate and DeliveryOption(f"post-{method.pk}", method.name, method.note, rate.price, method=method)
        if option and not (reason and option.is_abroad):
            parcels.append(option)
    return Delivery([*pickups, *parcels], reason)


def _why_not_abroad(lines: list[BagLine]) -> str:
    """Source of the permit: rules of the post on cultural goods, Cabinet decision 294."""
    products = [line.variant.product for line in lines]
    if any(product.craft.needs_export_permit for product in products):
        return _(
            "Carpets, pottery and works of art may leave the country only with a permit of the Ministry of Culture. "
            "Write to us if you would like this bag sent abroad."
        )
    if any(product.kind == Product.Kind.FOOD for product in products):
        return _("Food is not sent abroad.")
    return ""
