"""The ways in which a bag can reach its buyer, and what each costs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from django.utils.translation import gettext as _

from artisans.models import Branch
from catalog import measures
from catalog.models import Export
from dostshop import dates, money
from orders import tariffs, towns
from orders.models import BagLine, DeliveryMethod
from orders.models.delivery import HOME_COUNTRY
from orders.promises import Forecast
from orders.tariffs import Tariff


@dataclass(frozen=True)
class DeliveryOption:
    # What the form sends: ``pickup-<branch>`` or ``post-<method>``.
    key: str
    name: str
    note: str
    price: Decimal
    # Of the price, what is asked for fragile pieces.
    surcharge: Decimal = money.ZERO
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

    def expected(self, forecast: Forecast) -> str:
        """The day from which everything can be picked up, or the days between which it arrives, if ordered now."""
        if self.branch:
            day = forecast.promise(self.branch.pk).promised_on
            return dates.span(day, day)
        return dates.span(*forecast.arrival(*self.days)) if self.days else ""


@dataclass(frozen=True)
class NotOffered:
    """A method that does not take these pieces, or not to that place, and why."""

    method: DeliveryMethod
    sentence: str


@dataclass(frozen=True)
class KeptHome:
    """Pieces that keep a whole bag from going abroad, for one reason."""

    sentence: str
    pieces: list[str]
    # Food cannot, but for a permit one can ask.
    can_be_asked: bool


@dataclass(frozen=True)
class Contents:
    """What decides how pieces can travel."""

    weight_g: int
    # How many of them are fragile.
    fragile: int
    # Their names, by whether they may leave the country.
    pieces: Mapping[Export, list[str]]
    # The names of those whose weight nobody has entered.
    unweighed: tuple[str, ...] = ()

    @classmethod
    def of(cls, lines: Iterable[BagLine]) -> Self:
        weight_g, fragile, unweighed = 0, 0, []
        pieces = defaultdict(list)
        for line in lines:
            product = line.variant.product
            weight_g += line.quantity * product.weight_g
            fragile += line.quantity * product.is_fragile
            pieces[product.export].append(str(line.variant))
            if not product.weight_g:
                unweighed.append(str(line.variant))
        return cls(weight_g, fragile, pieces, tuple(unweighed))

    @property
    def weight_text(self) -> str:
        return measures.weight(self.weight_g)

    @property
    def kept_home(self) -> list[KeptHome]:
        """Every reason for which they cannot go abroad together."""
        permit_needed = _(
            "Carpets, pottery and works of art may leave the country only with a permit of the Ministry of Culture."
        )
        reasons = [
            KeptHome(permit_needed, self.pieces.get(Export.PERMIT_MISSING, []), can_be_asked=True),
            KeptHome(_("Food is not sent abroad."), self.pieces.get(Export.FOOD, []), can_be_asked=False),
        ]
        return [reason for reason in reasons if reason.pieces]

    @property
    def permitted(self) -> list[str]:
        """Those that go abroad with a permit."""
        return self.pieces.get(Export.PERMITTED, [])

    @property
    def others_may_leave(self) -> bool:
        """Whether those that may leave the country could go without the rest."""
        return any(export.may_leave for export in self.pieces)

    def why_not(self, tariff: Tariff) -> str:
        """Why they cannot go by this method, in a sentence; empty where they can."""
        if self.unweighed:
            return _("The weight of these pieces is not known yet: %(pieces)s.") % {"pieces": ", ".join(self.unweighed)}
        if not tariff.carries(self.weight_g):
            return _("With their packing the pieces weigh %(weight)s; at most %(most)s goes this way.") % {
                "weight": self.weight_text,
                "most": measures.weight(tariff.heaviest_g),
            }
        reasons = [] if tariff.method.is_domestic else self.kept_home
        return " ".join(f"{reason.sentence} ({', '.join(reason.pieces)})" for reason in reasons)


@dataclass(frozen=True)
class Delivery:
    """What is offered for one bag."""

    options: list[DeliveryOption]
    not_offered: list[NotOffered]
    contents: Contents

    @property
    def has_pickup(self) -> bool:
        return any(option.is_pickup for option in self.options)

    @property
    def goes_abroad(self) -> bool:
        return any(option.is_abroad for option in self.options)

    @property
    def pickups(self) -> list[int]:
        """The branches where it can be picked up, by primary key."""
        return [option.branch.pk for option in self.options if option.branch]

    def get(self, key: str) -> DeliveryOption | None:
        return next((option for option in self.options if option.key == key), None)

    def ways_to(self, country: str, town: str = "") -> list[DeliveryOption]:
        """How a parcel gets there; where towns of several regions are typed, none."""
        towns_typed = towns.named_in(town) if country == HOME_COUNTRY else []
        places = [" ".join(typed.spellings) for typed in towns_typed] or [town]
        first, *others = [self._ways_to(country, place) for place in places]
        return [option for option in first if all(option in ways for ways in others)]

    def elsewhere(self, option: DeliveryOption, town: str) -> tuple[str, list[DeliveryOption]] | None:
        """The first town of the country, as typed, to which the option does not go, and what does."""
        for typed in towns.named_in(town):
            ways = self._ways_to(HOME_COUNTRY, " ".join(typed.spellings))
            if option not in ways:
                return typed.spelled_in(town), ways
        return None

    def _ways_to(self, country: str, town: str) -> list[DeliveryOption]:
        """By the methods that name the place, else by those that take the rest."""
        parcels = [(option, option.method) for option in self.options if option.method]
        named = [option for option, method in parcels if method.names(country, town)]
        return named or [option for option, method in parcels if method.takes_the_rest(country)]

    def why_not_to(self, country: str, town: str = "") -> list[NotOffered]:
        """Every method that does not take these pieces there."""
        ways = self.ways_to(country, town)
        others = [option.method for option in self.options if option.method and option not in ways]
        found = [NotOffered(method, _("Another method names this place.")) for method in others]
        return [
            one
            if one.method.names(country, town) or one.method.takes_the_rest(country)
            else NotOffered(one.method, _("It does not go there."))
            for one in [*found, *self.not_offered]
        ]


def delivery_for(lines: Iterable[BagLine]) -> Delivery:
    """For the pieces of a bag."""
    return delivery_of(Contents.of(lines))


def delivery_of(contents: Contents) -> Delivery:
    """Pickup at every branch that offers it, then each method that takes the pieces; in two queries."""
    options = [
        DeliveryOption(f"pickup-{branch.slug}", branch.name, branch.address, money.ZERO, branch=branch)
        for branch in Branch.objects.offering_pickup()
    ]
    not_offered = []
    for tariff in tariffs.active():
        if sentence := contents.why_not(tariff):
            not_offered.append(NotOffered(tariff.method, sentence))
        else:
            options.append(_parcel(tariff, contents))
    return Delivery(options, not_offered, contents)


def _parcel(tariff: Tariff, contents: Contents) -> DeliveryOption:
    method = tariff.method
    return DeliveryOption(
        f"post-{method.pk}",
        method.name,
        method.note,
        tariff.price_for(contents.weight_g, fragile=contents.fragile),
        surcharge=tariff.surcharge(contents.fragile),
        method=method,
    )
