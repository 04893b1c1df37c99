"""What the comparison with the payment providers found, and what it did about it."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from dostshop.admin import OfOwnBranch, ReadOnly
from dostshop.admin_site import Waiting
from orders.models import Order, Reconciliation

_WORDS = dict(Reconciliation.Finding.choices)
# What the shop could not put right by itself.
FOR_A_PERSON = (
    Reconciliation.Finding.UNKNOWN_PAYMENT,
    Reconciliation.Finding.OTHER_CURRENCY,
    Reconciliation.Finding.DISPUTED,
    Reconciliation.Finding.NOT_REPAIRED,
    Reconciliation.Finding.STILL_NOT_REPAIRED,
)
# How long the first page of the admin points at a finding: nobody marks one as seen.
POINTED_AT_FOR = timedelta(days=3)


def for_a_person() -> Q:
    return Q.create([("findings__contains", [{"kind": kind}]) for kind in FOR_A_PERSON], connector=Q.OR)


class FoundFilter(DropdownFilter):
    title = _("what was found")
    parameter_name = "found"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("anything", _("anything")), ("person", _("to be looked at")), *Reconciliation.Finding.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "anything":
            return queryset.exclude(findings=[])
        if self.value() == "person":
            return queryset.filter(for_a_person())
        if self.value() in Reconciliation.Finding:
            return queryset.filter(findings__contains=[{"kind": self.value()}])
        return queryset


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ()
    list_display = ("started_at", "finished_at", "found")
    list_filter = (FoundFilter, "started_at")
    fields = ("started_at", "finished_at", "in_words")
    readonly_fields = ("in_words",)

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not self.has_view_permission(request):
            return []
        since = timezone.now().replace(microsecond=0) - POINTED_AT_FOR
        count = self.get_queryset(request).filter(for_a_person(), started_at__gte=since).count()
        sought = {"found": "person", "started_at__gte": since.isoformat()}
        link = reverse("admin:orders_reconciliation_changelist", query=sought)
        return [Waiting(_("Comparisons with providers: to be looked at"), count, link)]

    @display(description=_("findings"))
    def found(self, run: Reconciliation) -> int | str:
        return len(run.findings) or ""

    @display(description=_("findings"))
    def in_words(self, run: Reconciliation) -> SafeString:
        codes = {finding["order"] for finding in run.findings}
        orders = dict(Order.objects.filter(code__in=codes).values_list("code", "pk"))
        rows = ((_linked(finding, orders), _WORDS[finding["kind"]], finding["detail"]) for finding in run.findings)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}{}: {}</li>", rows))


def _linked(finding: dict[str, str], orders: dict[str, int]) -> SafeString | str:
    code = finding["order"]
    if code not in orders:
        return f"{code} " if code else ""
    page = reverse("admin:orders_order_change", args=[orders[code]])
    return format_html('<a href="{}">{}</a> ', page, code)
