from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from dostshop.admin import OfOwnBranch, ReadOnly, Step, SteppedAdmin, signed_in
from orders import webhooks
from orders.models import ProviderEvent

REPLAY = Step(lambda event, _actor: webhooks.replay(event.pk), done=_("Handled again"))


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
class ProviderEventAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    branch_lookups = ()
    # Whatever hinders it is noted in the event's row, which the page then shows.
    refusals = {Exception: _("It could not be handled. The page of the event says why.")}
    list_display = ("type", "event_id", "received_at", "handled_at", "has_error")
    list_filter = (OutcomeFilter,)
    search_fields = ("event_id", "type")
    actions = ("replay_chosen",)
    actions_detail = ("replay",)
    fields = ("provider", "event_id", "type", "received_at", "handled_at", "error", "payload")

    def has_replay_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_providerevent")

    @action(
        description=_("Handle it again"),
        permissions=["replay"],
        dialog={
            "title": _("Handle this event again?"),
            "description": _("It changes nothing where it was handled rightly before."),
            "form_submit_text": _("Handle it again"),
        },
    )
    def replay(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, REPLAY)

    @admin.action(description=_("Handle them again"), permissions=["replay"])
    def replay_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, REPLAY)

    @display(description=_("error"), boolean=True)
    def has_error(self, event: ProviderEvent) -> bool:
        return bool(event.error)
