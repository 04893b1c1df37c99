from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from dostshop.admin import OfOwnBranch, ReadOnly
from orders.models import ProviderEvent


class OutcomeFilter(DropdownFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("error", _("with an error")), ("waiting", _("not handled yet")), ("handled", _("handled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {
            "error": ~Q(error=""),
            "waiting": Q(error="", handled_at=None),
            "handled": Q(error="", handled_at__isnull=False),
        }
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ()
    list_display = ("type", "event_id", "received_at", "handled_at", "has_error")
    list_filter = (OutcomeFilter,)
    search_fields = ("event_id", "type")
    fields = ("event_id", "type", "received_at", "handled_at", "error", "payload")

    @display(description=_("error"), boolean=True)
    def has_error(self, event: ProviderEvent) -> bool:
        return bool(event.error)
