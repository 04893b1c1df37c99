"""Sales of the demo, as they happen at a branch: ordered, paid there and fetched."""

from collections.abc import Mapping
from dataclasses import dataclass

from dostshop.accounts.models import Role, User
from orders import bag as bags
from orders import checkout, fulfilment, payments
from orders.delivery import delivery_for
from orders.models import Order


@dataclass(frozen=True)
class Buyer:
    name: str
    email: str
    user: User | None = None


def staff_of(branch: str) -> User:
    return User.objects.get(memberships__branch__slug=branch, memberships__role=Role.BRANCH_STAFF)


def sell(pieces: Mapping[str, int], *, branch: str, buyer: Buyer, taken_by: User) -> Order:
    """So many of each, by the codes of their variants; whoever takes the money works at a branch."""
    bag = bags.find_or_make(token="", user=buyer.user)
    for code, quantity in pieces.items():
        bags.add(bag, variant=bags.for_sale(code), quantity=quantity)
    option = delivery_for(bags.lines(bag)).get(f"pickup-{branch}")
    if option is None:
        raise LookupError(f"{branch} offers no pickup")
    details = checkout.Details(
        language="az",
        email=buyer.email,
        name=buyer.name,
        phone="",
        option=option,
        provider="branch",
        user_pk=buyer.user.pk if buyer.user else None,
    )
    order = checkout.place_order(bag.pk, details=details, total_shown=checkout.total(bags.lines(bag), option))
    payments.start(order.payments.get())
    payments.mark_paid(order.pk, actor=taken_by)
    return order


def hand_over(order: Order, *, by: User) -> None:
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=by)
