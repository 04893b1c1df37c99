"""What happened to an order, in plain words for its buyer.

Staff read every event in the admin; the buyer reads those that concern a buyer, and nothing of how the shop works.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy

from dostshop import money
from orders.models import Fulfilment, Order, OrderEvent, Refund
from orders.models.order import SUMS_TYPED

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = OrderEvent.Kind


@dataclass(frozen=True)
class Entry:
    at: datetime
    text: str


def for_buyer(events: Iterable[OrderEvent], *, order: Order, parts: Collection[Fulfilment]) -> list[Entry]:
    """In the order in which it happened. Where several branches prepare it, each part's steps name its branch.

    Unless no branch may be told beside a piece of it.
    """
    shown = {part.branch.slug: part.shown_branch for part in parts} if len(parts) > 1 else {}
    names = {slug: branch.name for slug, branch in shown.items() if branch}
    pickup = order.pickup_branch.name if order.pickup_branch else ""
    told = (
        (event, _of_part(event, branch=names.get(event.data.get("branch", "")), pickup=pickup))
        for event in _holding(events)
    )
    return [Entry(event.at, text) for event, text in told if text]


def _of_part(event: OrderEvent, *, branch: str | None, pickup: str) -> str:
    """What is done at the pickup branch says so, and whose pieces they are."""
    if event.kind in _AT_PICKUP:
        alone, of_branch = _AT_PICKUP[event.kind]
        return (of_branch if branch and branch != pickup else alone) % {"branch": branch, "pickup": pickup}
    number = _number(event)
    if branch and number and event.kind in _NUMBERS_OF_BRANCH:
        return _NUMBERS_OF_BRANCH[event.kind] % {"branch": branch, "number": number}
    if branch and event.kind in _OF_BRANCH:
        return _OF_BRANCH[event.kind] % {"branch": branch}
    return _in_words(event)


def _holding(events: Iterable[OrderEvent]) -> list[OrderEvent]:
    """Without what staff typed of the bank account and corrected or took back since, and its booking later on."""
    every = list(events)
    last = {event.data["payment"]: event.pk for event in every if event.kind in SUMS_TYPED}
    told = {*SUMS_TYPED, Kind.WRONG_AMOUNT}
    return [event for event in every if event.kind not in told or last.get(event.data["payment"], event.pk) == event.pk]


def _in_words(event: OrderEvent) -> str:
    if event.kind == Kind.WRONG_AMOUNT and event.data["currency"] != money.CURRENCY:
        # Neither booked nor given back: a person sees to it.
        return gettext("A sum in another currency came. We will write to you about it.")
    if event.kind == Kind.REFUND_DECIDED and event.data["reason"] == Refund.Reason.AT_BANK:
        # The buyer's bank did, and its sum follows.
        return ""
    if event.kind == Kind.REFUND_DECIDED and event.data["reason"] == Refund.Reason.TOO_MUCH:
        more = gettext("%(sum)s more than the price came, and goes back to you.")
        return more % {"sum": money.text(Decimal(event.data["amount"]))}
    if event.kind in _SUMS:
        return _SUMS[event.kind] % {"sum": money.text(Decimal(event.data["amount"]))}
    if event.kind in _NUMBERS and (number := _number(event)):
        return _NUMBERS[event.kind] % {"number": number}
    return str(_SENTENCES.get(event.kind, ""))


def _number(event: OrderEvent) -> str:
    return " ".join(filter(None, (event.data.get("carrier"), event.data.get("tracking_number"))))


_SUMS: dict[str, "StrPromise"] = {
    Kind.PAID: gettext_lazy("Paid: %(sum)s."),
    Kind.OTHER_SUM: gettext_lazy("%(sum)s came to our account, which is not the price of the order."),
    Kind.REFUND_DECIDED: gettext_lazy("We give you back %(sum)s."),
    Kind.REFUND_FAILED: gettext_lazy("Sending back %(sum)s did not work yet. We are seeing to it."),
    Kind.REFUNDED: gettext_lazy("%(sum)s went back to you."),
}
_NUMBERS: dict[str, "StrPromise"] = {
    Kind.SHIPPED: gettext_lazy("Handed over to the post: %(number)s."),
    Kind.NUMBER_CORRECTED: gettext_lazy("Tracking number corrected: %(number)s."),
}
# Where several branches prepare the order.
_OF_BRANCH: dict[str, "StrPromise"] = {
    Kind.READY: gettext_lazy("%(branch)s: packed."),
    Kind.SHIPPED: gettext_lazy("%(branch)s: handed over to the post."),
    Kind.DELIVERED: gettext_lazy("%(branch)s: the parcel reached you."),
}
_NUMBERS_OF_BRANCH: dict[str, "StrPromise"] = {
    Kind.SHIPPED: gettext_lazy("%(branch)s: handed over to the post, %(number)s."),
    Kind.NUMBER_CORRECTED: gettext_lazy("%(branch)s: tracking number corrected, %(number)s."),
}
# By itself, and where it came from another branch.
_AT_PICKUP: "dict[str, tuple[StrPromise, StrPromise]]" = {
    Kind.ARRIVED: (
        gettext_lazy("Arrived where you pick it up: %(pickup)s."),
        gettext_lazy("The pieces from %(branch)s arrived where you pick them up: %(pickup)s."),
    ),
    Kind.HANDED_OVER: (
        gettext_lazy("Handed over to you at %(pickup)s."),
        gettext_lazy("Handed over to you at %(pickup)s: the pieces from %(branch)s."),
    ),
}
_SENTENCES: dict[str, "StrPromise"] = {
    Kind.PLACED: gettext_lazy("You placed the order."),
    Kind.PAYMENT_FAILED: gettext_lazy("A payment did not go through."),
    Kind.WRONG_AMOUNT: gettext_lazy("Another sum than the price of the order came, and goes back."),
    Kind.PAID_TOO_LATE: gettext_lazy("Your payment came when the piece was gone."),
    Kind.PAID_CANCELLED: gettext_lazy("Your payment came after the order had been cancelled."),
    Kind.PAID_TWICE: gettext_lazy("One more payment came for this order."),
    Kind.PAID_AND_BACK: gettext_lazy("Your payment came, and went back to you."),
    Kind.READY: gettext_lazy("Packed at the branch."),
    Kind.SHIPPED: gettext_lazy("Handed over to the post."),
    Kind.DELIVERED: gettext_lazy("The parcel reached you."),
    Kind.CANCELLED: gettext_lazy("The order was cancelled."),
    Kind.EXPIRED: gettext_lazy("The time to pay ran out."),
    Kind.RETURN_ASKED: gettext_lazy("You asked to return pieces."),
    Kind.RETURN_ACCEPTED: gettext_lazy("We accepted the return."),
    Kind.RETURN_REFUSED: gettext_lazy("We could not accept the return."),
    Kind.RETURN_RECEIVED: gettext_lazy("The returned pieces have reached us."),
    Kind.RETURN_CLOSED: gettext_lazy("No money goes back for the returned pieces."),
}
