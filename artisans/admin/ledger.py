"""The rules of sharing, and the ledger: to be read and exported by accountants."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from artisans import ledger_table
from artisans.forms import LedgerPeriodForm
from artisans.models import EarningsRule, LedgerEntry
from dostshop import money
from dostshop.accounts.models import has_perm_everywhere
from dostshop.admin import OfOwnBranch, ReadOnly, ShopAdmin, download, in_every_language, signed_in

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@admin.register(EarningsRule)
class EarningsRuleAdmin(ShopAdmin):
    """Added, never changed; taken back as long as it has not begun."""

    list_display = ("valid_from", "makers", "centre", "materials")
    fields = ("valid_from", ("makers", "centre", "materials"))

    def has_change_permission(self, request: HttpRequest, obj: EarningsRule | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: EarningsRule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.has_begun)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnly, OfOwnBranch):
    # Whoever works for one branch sees none of it.
    branch_lookups = ()
    list_display = ("day", "cause", "account", "amount_shown", "order", "artisan", "piece")
    list_filter = (("account", ChoicesDropdownFilter), ("booking__booked_on", RangeDateFilter))
    list_select_related = ("booking", "artisan")
    list_display_links = None
    search_fields = ("booking__order_code", "booking__cause", "sku", "artisan__code", *in_every_language("item"))
    ordering = ("-booking", "pk")
    fields = ("cause", "day", "account", "amount_shown", "order", "artisan", "branch", "piece", "quantity", "place")
    readonly_fields = ("cause", "day", "amount_shown", "order", "piece", "place")
    actions_list = ("export",)

    @display(description=gettext_lazy("day"), ordering="booking__booked_on")
    def day(self, entry: LedgerEntry) -> str:
        return f"{entry.booking.booked_on:%d.%m.%Y}"

    @display(description=gettext_lazy("booking"))
    def cause(self, entry: LedgerEntry) -> str:
        return f"{entry.booking.get_kind_display()} ({entry.booking.cause})"

    @display(description=gettext_lazy("amount"), ordering="amount")
    def amount_shown(self, entry: LedgerEntry) -> str:
        return money.text(entry.amount)

    @display(description=gettext_lazy("order"))
    def order(self, entry: LedgerEntry) -> str:
        return entry.booking.order_code

    @display(description=gettext_lazy("piece"))
    def piece(self, entry: LedgerEntry) -> str:
        return f"{entry.item} ({entry.sku})" if entry.item else entry.sku

    @display(description=gettext_lazy("where the money is"))
    def place(self, entry: LedgerEntry) -> str:
        return entry.place

    def has_export_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        may_export = has_perm_everywhere(signed_in(request), "artisans.export_booking")
        return may_export and self.has_view_permission(request)

    @action(description=gettext_lazy("Export a period"), permissions=["export"], url_path="export")
    def export(self, request: HttpRequest) -> HttpResponse:
        """Asks for the days, and answers with the file; it changes nothing."""
        form = LedgerPeriodForm(request.GET if "format" in request.GET else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": _("Export a period of the ledger"),
                "form": form,
            }
            return render(request, "admin/artisans/export_ledger.html", context)
        first, last, kind = (form.cleaned_data[name] for name in ("first", "last", "format"))
        table = ledger_table.of_period(first, last, format=ledger_table.Format(kind))
        return download(table, name=f"ledger-{first}-{last}.{kind}", content_type=CONTENT_TYPES[kind])
