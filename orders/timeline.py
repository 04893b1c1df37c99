"""What happened to an order, in plain words for its buyer.

Staff read every event in the admin; the buyer reads those that concern a buyer, and nothing of how the shop works.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dostshop import money
from orders.models import OrderEvent

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = OrderEvent.Kind


@dataclass(frozen=True)
class Entry:
    at: datetime
    text: str


def for_buyer(events: Iterable[OrderEvent]) -> list[Entry]:
    """In the order in which it happened."""
    told = ((event, _in_words(event)) for event in events)
    return [Entry(event.at, text) for event, text in told if text]


def _in_words(event: OrderEvent) -> str:
    match event.kind:
        case Kind.PAID:
            return _("Paid: %(sum)s.") % {"sum": _sum(event)}
        case Kind.SHIPPED:
            number = " ".join(filter(None, (event.data.get("carrier"), event.data.get("tracking_number"))))
            return (
                _("Handed over to the post: %(number)s.") % {"number": number}
                if number
                else _("Handed over to the post.")
            )
        case Kind.REFUND_DECIDED:
            return _("We give you back %(sum)s.") % {"sum": _sum(event)}
        case Kind.REFUND_FAILED:
            return _("Sending back %(sum)s did not work yet. We are seeing to it.") % {"sum": _sum(event)}
        case Kind.REFUNDED:
            return _("%(sum)s went back to you.") % {"sum": _sum(event)}
    return str(_SENTENCES.get(event.kind, ""))


def _sum(event: OrderEvent) -> str:
    return money.text(Decimal(event.data["amount"]))


_SENTENCES: dict[str, "StrPromise"] = {
    Kind.PLACED: gettext_lazy("You placed the order."),
    Kind.PAYMENT_FAILED: gettext_lazy("A payment did not go through."),
    Kind.WRONG_AMOUNT: gettext_lazy("Another sum than the price of the order came, and goes back."),
    Kind.PAID_TOO_LATE: gettext_lazy("Your payment came when the piece was gone."),
    Kind.PAID_CANCELLED: gettext_lazy("Your payment came after the order had been cancelled."),
    Kind.PAID_TWICE: gettext_lazy("One more payment came for this order."),
    Kind.PAID_AND_BACK: gettext_lazy("Your payment came, and went back to you."),
    Kind.READY: gettext_lazy("Packed at the branch."),
    Kind.ARRIVED: gettext_lazy("Arrived where you pick it up."),
    Kind.HANDED_OVER: gettext_lazy("Handed over to you."),
    Kind.CANCELLED: gettext_lazy("The order was cancelled."),
    Kind.EXPIRED: gettext_lazy("The time to pay ran out."),
    Kind.RETURN_ASKED: gettext_lazy("You asked to return pieces."),
    Kind.RETURN_ACCEPTED: gettext_lazy("We accepted the return."),
    Kind.RETURN_REFUSED: gettext_lazy("We could not accept the return."),
    Kind.RETURN_RECEIVED: gettext_lazy("The returned pieces have reached us."),
}
