"""Stands in for a provider that the settings no longer name: old orders stay readable, and no new money is taken.

Nobody can ask it for anything, so what goes back goes by hand.
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.models import Order, Payment
from orders.providers import ProviderRefused, Purchase, Report, Started
from orders.providers.by_hand import ByHand


class Retired(ByHand):
    title = _("no longer offered")
    choice = pay_now = choice_note = ""

    def is_configured(self) -> bool:
        return False

    def why_not(self, purchase: Purchase) -> str:
        return gettext("This way of paying is no longer offered.")

    def instructions(self, payment: Payment) -> list[str]:
        return [gettext("The way of paying that you chose is no longer offered. Write to us and we will help.")]

    def pay_until(self, order: Order, now: datetime) -> datetime:
        return now

    def remind_at(self, payment: Payment) -> datetime | None:
        return None

    def start(self, payment: Payment) -> Started:
        raise ProviderRefused(f"{payment.provider} is no longer in the settings")

    def can_resume(self, payment: Payment, now: datetime) -> bool:
        return False

    def read(self, payload: dict[str, Any]) -> Report | None:
        raise ProviderRefused("its provider is no longer in the settings")
