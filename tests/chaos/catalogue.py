"""What the shop of a chaos run sells, and who works there."""

from dataclasses import dataclass, field

from allauth.account.models import EmailAddress

from artisans.models import Branch
from catalog.models import Craft, Product
from dostshop.demo import people
from tests.factories import BranchFactory, CraftFactory, UserFactory, delivery_method, piece

BRANCHES = ("baku", "ismayilli", "barda")
PRICES = ("12.50", "38.00", "7.99", "120.00", "64.30")


@dataclass
class Catalogue:
    """Codes of variants: what exists once, in the order in which people want it, and what there is more of."""

    once: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    # By variant.
    received: dict[int, int] = field(default_factory=dict)


def fill(orders: int) -> Catalogue:
    """Too little for everybody: about every second order finds that somebody was quicker."""
    open_for_pickup = {"address_az": "Sınaq küçəsi 1", "phone": "+994125550101", "offers_pickup": True}
    Branch.objects.update(**open_for_pickup)
    for name, price in (("Bakı daxilində kuryer", "5.00"), ("Bölgələrə poçt", "8.40")):
        delivery_method(name_az=name, price=price, up_to_weight_g=50_000)
    email = people.ADMINISTRATOR.email
    user = UserFactory.create(email=email, password=people.PASSWORD, is_staff=True, is_superuser=True)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    crafts = [CraftFactory.create(tax_class=tax) for tax in ("standard", "standard", "exempt")]
    made = Catalogue()
    for number in range(60 + orders // 3):
        _add(made, made.once, Product.Kind.ONE_OF_A_KIND, number, crafts, on_hand=1)
    for number in range(30 + orders // 40):
        _add(made, made.more, Product.Kind.SMALL_SERIES, number, crafts, on_hand=4 + number % 25)
    for number in range(10 + orders // 100):
        _add(made, made.more, Product.Kind.FOOD, number, crafts, on_hand=30)
        _add(made, made.more, Product.Kind.MADE_TO_ORDER, number, crafts, on_hand=0)
    return made


def _add(made: Catalogue, codes: list[str], kind: str, number: int, crafts: list[Craft], *, on_hand: int) -> None:
    variant = piece(
        on_hand=on_hand,
        price=PRICES[number % len(PRICES)],
        kind=kind,
        craft=crafts[number % len(crafts)],
        branch=BranchFactory.create(slug=BRANCHES[number % len(BRANCHES)]),
        weight_g=300,
        **({"lead_time_days": 5} if kind == Product.Kind.MADE_TO_ORDER else {}),
    )
    codes.append(variant.code)
    made.received[variant.pk] = on_hand
