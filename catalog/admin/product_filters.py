"""What the list of products is narrowed by."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from catalog import publishing
from catalog.models import Product


class StateFilter(DropdownFilter):
    """By state, with what is to be published later apart from what is in the shop."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        words = {Product.State.SUBMITTED: _("waits for review"), Product.State.PUBLISHED: _("in the shop")}
        states = [(state.value, words.get(state, state.label)) for state in Product.State]
        return [*states, ("to_come", _("to be published")), ("current", _("all but the archived"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "to_come":
                return queryset.to_come()
            case "current":
                return queryset.exclude(state=Product.State.ARCHIVED)
            case Product.State.PUBLISHED:
                return queryset.published()
            case value if value in Product.State:
                return queryset.filter(state=value)
        return queryset


class StockFilter(DropdownFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("available", _("available")), ("held", _("held now")), ("sold", _("none on hand"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "available":
                return queryset.filter(is_available=True)
            case "held":
                return queryset.filter(held__gt=0)
            case "sold":
                return queryset.filter(on_hand=0).exclude(kind=Product.Kind.MADE_TO_ORDER)
        return queryset


class GapFilter(DropdownFilter):
    title = _("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return publishing.Gap.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in publishing.Gap:
            return publishing.lacking(queryset, self.value())
        return queryset
