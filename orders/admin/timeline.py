"""What happened to an order, for staff: who did what, when and why."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from artisans.models import Branch
from dostshop import money
from dostshop.admin import ShownOnPage, TableInline
from orders import providers
from orders.models import OrderEvent, Refund, Return

REASONS = {**dict(Refund.Reason.choices), **dict(Return.Reason.choices)}
AT_PICKUP = {OrderEvent.Kind.ARRIVED, OrderEvent.Kind.HANDED_OVER}
# How a dispute at the bank ends, in Stripe's words.
OUTCOMES = {"won": _("decided for the shop"), "lost": _("decided for the buyer")}


class EventInline(ShownOnPage, TableInline):
    model = OrderEvent
    fields = readonly_fields = ("at", "kind", "actor", "details")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        events: QuerySet[Any] = super().get_queryset(request)
        return events.select_related("actor")

    @display(description=_("details"))
    def details(self, event: OrderEvent) -> str:
        """In words; which row of the database it was tells nobody anything."""
        told = {name: word(str(event.data[name])) for name, word in self._words(event).items() if name in event.data}
        return ", ".join(filter(None, told.values()))

    def _words(self, event: OrderEvent) -> dict[str, Callable[[str], str]]:
        currency = event.data.get("currency", money.CURRENCY)
        return {
            "total": lambda total: money.text(Decimal(total)),
            "amount": lambda amount: _amount(amount, currency),
            "provider": providers.title,
            "reason": lambda reason: str(REASONS.get(reason, "")),
            "failure": lambda failure: str(Refund.Failure(failure).label),
            "branch": lambda slug: self._where(event, slug),
            "name": lambda name: f"{event.data['units']} × {name}",
            "outcome": lambda outcome: str(OUTCOMES.get(outcome, outcome)),
            "day": lambda day: date_format(date.fromisoformat(day), "j E Y"),
            "without_code": lambda note: gettext("without the pickup code: %(note)s") % {"note": note},
            "by_hand": lambda _yes: gettext("by hand"),
            **dict.fromkeys(("carrier", "tracking_number", "note"), str),
        }

    def _where(self, event: OrderEvent, slug: str) -> str:
        """What is done at the pickup branch names it, and the branch whose pieces they are."""
        branch, pickup = self._branch_names.get(slug, ""), event.order.pickup_branch
        if event.kind not in AT_PICKUP or pickup is None or pickup.slug == slug:
            return branch
        return gettext("%(pickup)s, pieces from %(branch)s") % {"pickup": pickup.name, "branch": branch}

    @cached_property
    def _branch_names(self) -> dict[str, str]:
        return {branch.slug: branch.name for branch in Branch.objects.all()}


def _amount(amount: str, currency: str) -> str:
    return money.text(Decimal(amount)) if currency == money.CURRENCY else f"{amount} {currency}"
