"""Every refund: which are done, which are under way, and which wait for a person."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from dostshop import money
from dostshop.admin import OfOwnBranch, ReadOnly, ShownOnPage, Step, StepForm, SteppedAdmin, TableInline, signed_in
from dostshop.admin_site import Waiting
from dostshop.locks import Busy
from orders import providers, refunds, till
from orders.admin.refunding import (
    ASKED_AGAIN,
    GIVE_BACK_DIALOG,
    REFUSALS,
    TRY_AGAIN_DIALOG,
    WENT,
    WHETHER_IT_WENT_DIALOG,
    may_hold_money,
    whether_it_went_field,
)
from orders.models import Refund, RefundLine

GIVE_BACK = Step(lambda refund, actor: till.give_back(refund.pk, actor=actor), done=_("Given back by hand"))
TRY_AGAIN = Step(lambda refund, actor: refunds.try_again(refund.pk, actor=actor), done=ASKED_AGAIN)


class WhetherItWentDialog(StepForm):
    has_gone = whether_it_went_field()


class OutcomeFilter(DropdownFilter):
    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("person", _("waits for a person")),
            ("failed", Refund.State.FAILED.label),
            ("unknown", Refund.State.UNKNOWN.label),
            ("under_way", Refund.State.UNDER_WAY.label),
            ("done", Refund.State.DONE.label),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "person":
                return queryset.filter(pk__in=refunds.for_a_person().values("pk"))
            case "failed":
                return queryset.exclude(failure__in=["", Refund.Failure.UNKNOWN])
            case "unknown":
                return queryset.filter(failure=Refund.Failure.UNKNOWN)
            case "under_way":
                return queryset.filter(done_at=None, failure="")
            case "done":
                return queryset.filter(done_at__isnull=False)
        return queryset


class RefundLineInline(ShownOnPage, TableInline):
    model = RefundLine
    fields = readonly_fields = ("name", "quantity", "amount_shown")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("line")

    @display(description=_("piece, in the order's language"))
    def name(self, row: RefundLine) -> str:
        return row.line.name

    @display(description=_("amount"))
    def amount_shown(self, row: RefundLine) -> str:
        return money.text(row.amount)


@admin.register(Refund)
class RefundAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    branch_lookups = ("payment__order__fulfilments__branch", "payment__order__pickup_branch")
    refusals = {**REFUSALS, till.NotTheirs: None, Busy: _("Somebody else is at this order at this moment. Try again.")}
    list_display = ("order", "created_at", "amount_shown", "reason", "provider_shown", "outcome", "decided_by")
    list_filter = (OutcomeFilter, ("reason", ChoicesDropdownFilter), "created_at")
    list_select_related = ("payment__order", "decided_by")
    ordering = ("-pk",)
    search_fields = ("payment__order__code", "payment__order__email", "provider_reference")
    inlines = (RefundLineInline,)
    actions = ("give_back_chosen", "try_again_chosen")
    actions_detail = ("give_back", "try_again", "say_whether_it_went")
    readonly_fields = ("order", "amount_shown", "delivery_shown", "provider_shown", "outcome_in_words")
    fieldsets = (
        (None, {"fields": (("order", "amount_shown", "delivery_shown"), ("reason", "note", "decided_by"), "to_buyer")}),
        (
            _("Payment provider"),
            {
                "fields": (
                    ("provider_shown", "outcome_in_words"),
                    ("created_at", "done_at"),
                    "provider_reference",
                    ("failure", "failure_detail"),
                )
            },
        ),
    )

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not (self.has_view_permission(request) and may_hold_money(signed_in(request))):
            return []
        count = self.get_queryset(request).filter(pk__in=refunds.for_a_person().values("pk")).count()
        link = reverse("admin:orders_refund_changelist", query={"outcome": "person"})
        return [Waiting(_("Refunds to be given by hand, or that failed"), count, link)]

    def has_refunds_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.add_refund")

    def has_giving_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return may_hold_money(signed_in(request))

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Offers what is possible. A step that somebody else has taken meanwhile is refused with its reason."""
        actions = super().get_actions_detail(request, object_id)
        refund = self.get_object(request, str(object_id)) if actions else None
        state = refunds.state_of(refund) if refund else None
        is_theirs = refund is not None and not till.why_not_give_back(refund, actor=signed_in(request))
        possible = {
            "give_back": is_theirs and state in {Refund.State.FAILED, Refund.State.BY_HAND},
            "try_again": state == Refund.State.FAILED,
            "say_whether_it_went": state == Refund.State.UNKNOWN,
        }
        return [one for one in actions if possible[one.method.__name__]]

    @display(description=_("order"), ordering="payment__order__code")
    def order(self, refund: Refund) -> str:
        return refund.payment.order.code

    @display(description=_("amount"), ordering="amount")
    def amount_shown(self, refund: Refund) -> str:
        return money.text(refund.amount)

    @display(description=_("of it delivery"))
    def delivery_shown(self, refund: Refund) -> str:
        return money.text(refund.delivery_amount)

    @display(description=_("outcome"))
    def outcome_in_words(self, refund: Refund) -> str:
        return str(refunds.state_of(refund).label)

    @display(description=_("provider"), ordering="payment__provider")
    def provider_shown(self, refund: Refund) -> str:
        return providers.title(refund.payment.provider)

    @display(
        description=_("outcome"),
        label={
            Refund.State.FAILED: "danger",
            Refund.State.UNKNOWN: "danger",
            Refund.State.BY_HAND: "warning",
            Refund.State.UNDER_WAY: "info",
            Refund.State.DONE: "success",
        },
    )
    def outcome(self, refund: Refund) -> tuple[str, Any]:
        state = refunds.state_of(refund)
        return state, state.label

    @action(
        description=_("Money given back by hand"),
        permissions=["giving"],
        dialog=GIVE_BACK_DIALOG,
    )
    def give_back(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, GIVE_BACK)

    @action(
        description=_("Try the refund again"),
        permissions=["refunds"],
        dialog=TRY_AGAIN_DIALOG,
    )
    def try_again(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, TRY_AGAIN)

    @action(
        description=_("Did the refund go?"),
        permissions=["refunds"],
        dialog={**WHETHER_IT_WENT_DIALOG, "form_class": WhetherItWentDialog},
    )
    def say_whether_it_went(self, request: HttpRequest, form: WhetherItWentDialog, object_id: str) -> HttpResponse:
        has_gone = form.cleaned_data["has_gone"]
        step = Step(
            lambda refund, actor: refunds.say_whether_it_went(refund.pk, has_gone=has_gone, actor=actor),
            done=WENT if has_gone else ASKED_AGAIN,
        )
        return self.run_on_one(request, object_id, step, form=form)

    @admin.action(description=_("Money given back by hand"), permissions=["giving"])
    def give_back_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, GIVE_BACK)

    @admin.action(description=_("Try the refund again"), permissions=["refunds"])
    def try_again_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, TRY_AGAIN)
