"""Paying at the branch on pickup, in cash or by card at its till."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.models import Order, Payment
from orders.providers import Purchase
from orders.providers.by_hand import ByHand
from orders.working_days import calendar_of

# Working days of the branch, from the one on which the pieces are promised to be there.
DAYS_TO_COME = 3


class PayAtBranch(ByHand):
    title = _("at the branch, on pickup")
    choice = _("At the branch, when you pick it up")
    pay_now = ""
    choice_note = _("Only for pickup. Once the pieces are ready, we keep them for you for three working days.")
    is_paid_on_pickup = True

    def is_configured(self) -> bool:
        return True

    def why_not(self, purchase: Purchase) -> str:
        """What is made to order is begun once it is paid for, so the branch's till is too late for it."""
        if purchase.is_made_to_order:
            return gettext("What is made to order is begun once it is paid. Choose another way of paying.")
        if purchase.is_pickup is False:
            return gettext("At the branch you can pay for what you pick up there. Choose another way of paying.")
        return ""

    def instructions(self, payment: Payment) -> list[str]:
        until = date_format(timezone.localtime(payment.expires_at), "j E (l), H:i")
        kept = gettext("We keep the pieces for you until %(date)s. You pay when you pick them up.")
        return [kept % {"date": until}]

    def pay_until(self, order: Order, now: datetime) -> datetime:
        """Until the branch closes on the last of the days."""
        calendar = calendar_of(order.pickup_branch)
        ready_on = max(timezone.localdate(now), order.promised_on or timezone.localdate(now))
        last_day = calendar.add_working_days(ready_on, DAYS_TO_COME)
        return calendar.closing(last_day) or timezone.localtime(now) + timedelta(days=DAYS_TO_COME)
