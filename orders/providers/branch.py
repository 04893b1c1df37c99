"""Paying at the branch on pickup, in cash or by card at its till."""

from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.models import Payment
from orders.providers import Purchase
from orders.providers.by_hand import ByHand

BRANCH_TIME = timedelta(days=3)
# Those days end when a branch is still open, not at the hour at which the order happened to come in.
BRANCH_CLOSES = time(18, 0)


class PayAtBranch(ByHand):
    title = _("at the branch, on pickup")
    choice = _("At the branch, when you pick it up")
    pay_now = ""
    choice_note = _("Only for pickup. We keep the pieces for you for three days.")
    is_paid_on_pickup = True

    def is_configured(self) -> bool:
        return True

    def why_not(self, purchase: Purchase) -> str:
        """What is made to order is begun once it is paid for, so the branch's till is too late for it."""
        if purchase.is_made_to_order:
            return gettext("What is made to order is begun once it is paid. Choose the card.")
        if purchase.is_pickup is False:
            return gettext("At the branch you can pay for what you pick up there. Choose the card.")
        return ""

    def instructions(self, payment: Payment) -> list[str]:
        branch = payment.order.pickup_branch
        kept = gettext("We keep the pieces for you until %(date)s at %(branch)s. You pay when you pick them up.") % {
            "date": date_format(timezone.localtime(payment.expires_at), "j E, H:i"),
            "branch": branch.name if branch else "",
        }
        return [kept, gettext("We write to you when everything is ready.")]

    def pay_until(self, now: datetime) -> datetime:
        earliest = timezone.localtime(now) + BRANCH_TIME
        end = timezone.make_aware(datetime.combine(earliest.date(), BRANCH_CLOSES))
        return end if end >= earliest else end + timedelta(days=1)
