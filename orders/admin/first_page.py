"""What the first page of the admin says of the branches' work, and of what was sold."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dostshop import dates, money
from dostshop.accounts.models import branches_seen_by
from dostshop.admin import OfOwnBranch, signed_in
from dostshop.admin_site import Bar, Chart, Waiting
from orders import sales, work

WEEKS = 12


class FirstPageAdmin(OfOwnBranch):
    def waiting(self, request: HttpRequest) -> list[Waiting]:
        user = signed_in(request)
        if not user.has_perm("orders.change_order"):
            return []
        unpaid = self.seen_by(user, work.unpaid_pickups())
        return [
            Waiting(_("Overdue, in the work list"), work.overdue(branches_seen_by(user)).count(), reverse("work:list")),
            Waiting(
                _("Pickups that are not paid yet"),
                unpaid.count(),
                reverse("admin:orders_order_changelist", query={"work": "unpaid_pickup"}),
            ),
        ]

    def charts(self, request: HttpRequest) -> list[Chart]:
        """Of the branches that this person sees."""
        if not self.has_view_permission(request):
            return []
        found = sales.of_last_weeks(branches_seen_by(signed_in(request)), weeks=WEEKS)
        if not any(found.by_week.values()):
            return []
        weeks = ((dates.span(week, week + timedelta(days=6)), amount) for week, amount in found.by_week.items())
        title = ngettext("Sales of the last %(count)s week", "Sales of the last %(count)s weeks", WEEKS)
        charts = [_chart(title % {"count": WEEKS}, _("week"), weeks), _chart(_("By craft"), _("craft"), found.by_craft)]
        return [*charts, _chart(_("By branch"), _("branch"), found.by_branch)]


def _chart(title: str, heading: str, sums: Iterable[tuple[str, Decimal]]) -> Chart:
    bars = list(sums)
    most = max([amount for _name, amount in bars] + [money.ZERO])
    lengths = [round(100 * max(amount, money.ZERO) / most) if most else 0 for _name, amount in bars]
    shown = [Bar(name, money.text(amount), length) for (name, amount), length in zip(bars, lengths, strict=True)]
    return Chart(title, heading, shown)
