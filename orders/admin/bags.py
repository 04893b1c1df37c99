"""Bags, as they are. They have no branch, so only who works for the whole centre sees them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from dostshop.admin import OfOwnBranch, ReadOnly, ShownOnPage, TableInline
from orders.models import Bag, BagLine


class OrderedFilter(DropdownFilter):
    title = _("ordered")
    parameter_name = "ordered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("still open")), ("yes", _("ordered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in {"no", "yes"}:
            return queryset.filter(ordered_at__isnull=self.value() == "no")
        return queryset


class BagLineInline(ShownOnPage, TableInline):
    model = BagLine
    fields = readonly_fields = ("variant", "quantity", "price_seen", "added_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines: QuerySet[Any] = super().get_queryset(request)
        return lines.select_related("variant__product")


@admin.register(Bag)
class BagAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ()
    list_display = ("__str__", "user", "pieces", "created_at", "ordered_at")
    list_filter = (OrderedFilter,)
    list_select_related = ("user",)
    ordering = ("-pk",)
    search_fields = ("user__email",)
    inlines = (BagLineInline,)
    fields = ("user", "created_at", "ordered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        bags: QuerySet[Any] = super().get_queryset(request).annotate(line_count=Count("lines"))
        return bags

    @display(description=_("lines"), ordering="line_count")
    def pieces(self, bag: Any) -> int:
        return int(bag.line_count)
