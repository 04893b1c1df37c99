"""What buyers would like to give back: staff of the branch answer and receive, the centre refunds."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from dostshop import money
from dostshop.accounts.models import User, branches_seen_by
from dostshop.admin import OfOwnBranch, ReadOnly, ShownOnPage, Step, StepForm, SteppedAdmin, TableInline, signed_in
from dostshop.admin_site import Waiting
from dostshop.locks import Busy
from orders import refunds, returns, stock
from orders.admin.refunding import (
    REFUSALS,
    OrderDialog,
    delivery_field,
    note_field,
    reason_field,
    seen_field,
    shown_sum,
    sum_field,
    to_buyer_field,
    units_field,
    warning_of_dispute,
)
from orders.models import Order, Return, ReturnLine

ACCEPT = Step(lambda returned, actor: returns.accept(returned.pk, actor=actor), done=_("Accepted"))
RECEIVE = Step(lambda returned, actor: returns.receive(returned.pk, actor=actor), done=_("Marked as received"))


def possible_steps(returned: Return, actor: User) -> set[str]:
    """The steps that this person can take with the return as it is now."""
    steps = returns.Steps(returned, branches=branches_seen_by(actor))
    why_not = {
        "accept": steps.why_not_accepted(),
        "refuse": steps.why_not_refused(),
        "receive": steps.why_not_received(),
        "refund": steps.why_not_refunded(),
        "close": steps.why_not_closed(),
    }
    possible = {step for step, sentence in why_not.items() if not sentence}
    can_be_shelved = any(not steps.why_not_shelved(row) for row in returned.lines.all())
    return possible | ({"restock"} if can_be_shelved else set())


def _is_whole(returned: Return) -> bool:
    """Whether every unit of the order comes back with it."""
    units = {row.line_id: row.quantity for row in returned.lines.all()}
    return all(units.get(line.pk) == line.quantity for line in returned.order.lines.all())


class ReturnDialog(StepForm):
    """About a return that this person sees."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        returned = admin.site.get_model_admin(Return).get_object(self.request, str(self.object_id))
        if returned is None:
            raise Http404
        self.rows: list[ReturnLine] = list(returned.lines.all())
        self.add_fields(returned)

    def add_fields(self, returned: Return) -> None:
        raise NotImplementedError


class AnswerDialog(ReturnDialog):
    is_required = False

    def add_fields(self, returned: Return) -> None:
        self.fields["answer"] = forms.CharField(
            label=_("answer to the buyer"),
            help_text=gettext("The buyer reads it in the mail, in this language: %(language)s.")
            % {"language": returned.order.get_language_display()},
            max_length=500,
            required=self.is_required,
            widget=UnfoldAdminTextareaWidget,
        )


class RefusalDialog(AnswerDialog):
    is_required = True


class RefundReturnDialog(ReturnDialog):
    refused_at: ClassVar = {refunds.NothingToRefund: "deduction", refunds.NoWordToBuyer: "deduction"}

    def add_fields(self, returned: Return) -> None:
        order = returned.order
        price = sum((row.line.unit_price * row.quantity for row in self.rows), money.ZERO)
        self.fields["price"] = shown_sum(_("price of its pieces"), price, help_text=warning_of_dispute(order))
        left = order.delivery_left
        if left:
            # Who is not to blame and keeps nothing does not pay for the way there.
            is_all_ours = returned.is_our_fault and _is_whole(returned)
            self.fields["delivery"] = delivery_field(order, left=left, initial=left if is_all_ours else None)
        if not returned.received_at:
            self.fields["before_it_came"] = forms.BooleanField(
                label=_("Nothing of this return has arrived yet: give the money back all the same"),
                widget=UnfoldBooleanWidget,
            )
        self.fields["deduction"] = sum_field(_("kept back, AZN"), help_text=_("For wear, or what was given before."))
        self.fields["to_buyer"] = to_buyer_field(order)
        self.fields["note"] = note_field()


class RestockReturnDialog(ReturnDialog):
    refused_at: ClassVar = {stock.MoreThanSold: "row_"}

    def add_fields(self, returned: Return) -> None:
        steps = returns.Steps(returned, branches=branches_seen_by(signed_in(self.request)))
        for row in self.rows:
            if not steps.why_not_shelved(row):
                most = row.unshelved_quantity
                label = gettext("%(name)s: back on the shelf, at most %(most)s") % {"name": row.line.name, "most": most}
                self.fields[f"row_{row.pk}"] = units_field(label, most=most)
        self.fields["seen"] = seen_field(returns.put_back(returned))

    @property
    def units(self) -> dict[int, int]:
        return {row.pk: self.cleaned_data.get(f"row_{row.pk}") or 0 for row in self.rows}


class RecordReturnDialog(OrderDialog):
    """A return that the buyer told of by phone, too late, or of food that came damaged."""

    def add_fields(self, order: Order) -> None:
        most = returns.recordable(order, actor=signed_in(self.request))
        for line in self.lines:
            label = gettext("%(name)s: comes back, at most %(most)s")
            self.add_units("units", line, label, most=most.get(line.pk, 0))
        self.fields["reason"] = reason_field(Return.Reason.choices)
        self.fields["seen"] = seen_field(order.returns.count())
        self.fields["note"] = forms.CharField(
            label=_("note"),
            help_text=_("How you know of it, and why it is taken back. The buyer does not see it."),
            max_length=250,
            widget=UnfoldAdminTextInputWidget,
        )


class ReturnRecordingAdmin(SteppedAdmin):
    """The step of an order's page that writes down a return."""

    def has_returns_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_return")

    @action(
        description=_("Write down a return"),
        permissions=["returns"],
        dialog={
            "title": _("What comes back?"),
            "description": _("The buyer gets a mail; the return is then accepted or refused like any other."),
            "form_class": RecordReturnDialog,
            "form_submit_text": _("Write down"),
        },
    )
    def record_return(self, request: HttpRequest, form: RecordReturnDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        told = returns.Told(form.units("units"), typed["reason"], typed["note"], seen=typed["seen"])
        step = Step(
            lambda order, actor: returns.record(order.pk, told=told, actor=actor),
            done=_("Return written down"),
        )
        return self.run_on_one(request, object_id, step, form=form)


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Return.State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.in_state(self.value()) if self.value() in Return.State else queryset


class ReturnLineInline(ShownOnPage, TableInline):
    model = ReturnLine
    fields = readonly_fields = ("name", "quantity", "price", "shelf", "restocked_quantity")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("line__variant__product__branch")

    @display(description=_("piece, in the order's language"))
    def name(self, row: ReturnLine) -> str:
        return row.line.name

    @display(description=_("price"))
    def price(self, row: ReturnLine) -> str:
        return money.text(row.line.unit_price)

    @display(description=_("sold by"))
    def shelf(self, row: ReturnLine) -> str:
        return str(row.line.variant.product.branch)


@admin.register(Return)
class ReturnAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    # A piece that came in elsewhere is put on the shelf where it is sold.
    branch_lookups = ("branch", "lines__line__variant__product__branch")
    refusals = {
        **REFUSALS,
        Busy: _("Somebody else is at this order at this moment. Try again."),
    }
    list_display = ("__str__", "asked_at", "name", "pieces", "branch", "reason", "state_shown")
    list_filter = (StateFilter, ("branch", RelatedDropdownFilter), ("reason", ChoicesDropdownFilter), "asked_at")
    list_select_related = ("order", "refund", "branch")
    search_fields = ("order__code", "order__email", "order__name")
    inlines = (ReturnLineInline,)
    actions = ("accept_chosen", "receive_chosen")
    actions_detail = ("accept", "refuse", "receive", "refund", "close", "restock")
    readonly_fields = ("state", "name")
    fieldsets = (
        (None, {"fields": (("order", "state", "asked_at"), ("name", "reason", "branch"), "text", "note")}),
        (
            _("Answer"),
            {
                "fields": (
                    ("accepted_at", "refused_at", "decided_by"),
                    "answer",
                    ("received_at", "refund", "closed_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        lines = ReturnLine.objects.select_related("line__variant__product__branch")
        return rows.prefetch_related(Prefetch("lines", lines))

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        waits_for = [
            (Return.State.ASKED, self.has_answers_permission, _("Returns to answer within two working days")),
            (Return.State.RECEIVED, self.has_refunds_permission, _("Returns that are here, to be refunded")),
        ]
        return [
            Waiting(title, self._in_state(request, state).count(), self._list_of(state))
            for state, may_do_it, title in waits_for
            if self.has_view_permission(request) and may_do_it(request)
        ]

    def _in_state(self, request: HttpRequest, state: str) -> QuerySet[Any]:
        rows: QuerySet[Any] = Return.objects.in_state(state)
        return self.seen_by(signed_in(request), rows)

    def _list_of(self, state: str) -> str:
        return reverse("admin:orders_return_changelist", query={"state": state})

    def has_answers_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_return")

    def has_refunds_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.add_refund")

    def has_shelf_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_stock")

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Offers what is possible. A step that somebody else has taken meanwhile is refused with its reason."""
        actions = super().get_actions_detail(request, object_id)
        returned = self.get_object(request, str(object_id)) if actions else None
        possible = possible_steps(returned, signed_in(request)) if returned else set()
        return [one for one in actions if one.method.__name__ in possible]

    @display(description=_("buyer"), ordering="order__name")
    def name(self, returned: Return) -> str:
        return returned.order.name

    @display(description=_("pieces"))
    def pieces(self, returned: Return) -> str:
        return ", ".join(f"{row.quantity} × {row.line.name}" for row in returned.lines.all())

    @display(
        description=_("state"),
        label={
            Return.State.ASKED: "warning",
            Return.State.ACCEPTED: "info",
            Return.State.RECEIVED: "warning",
            Return.State.REFUNDED: "success",
            Return.State.REFUSED: "danger",
            Return.State.CLOSED: "danger",
        },
    )
    def state_shown(self, returned: Return) -> tuple[str, Any]:
        return returned.state, returned.state.label

    @display(description=_("state"))
    def state(self, returned: Return) -> str:
        return str(returned.state.label)

    @admin.action(description=_("Accept the returns"), permissions=["answers"])
    def accept_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, ACCEPT)

    @admin.action(description=_("Mark as received"), permissions=["answers"])
    def receive_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, RECEIVE)

    @action(
        description=_("Accept the return"),
        permissions=["answers"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Accept this return?"),
            "description": _("The buyer gets a mail with the address of the branch."),
            "form_class": AnswerDialog,
            "form_submit_text": _("Accept"),
        },
    )
    def accept(self, request: HttpRequest, form: AnswerDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda returned, actor: returns.accept(returned.pk, actor=actor, answer=form.cleaned_data["answer"]),
            done=_("Accepted"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Refuse the return"),
        permissions=["answers"],
        dialog={
            "title": _("Refuse this return?"),
            "description": _("Say why, and what the buyer can do instead."),
            "form_class": RefusalDialog,
            "form_submit_text": _("Refuse"),
        },
    )
    def refuse(self, request: HttpRequest, form: RefusalDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda returned, actor: returns.refuse(returned.pk, actor=actor, answer=form.cleaned_data["answer"]),
            done=_("Refused"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Mark as received"),
        permissions=["answers"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Are all pieces of this return here?"),
            "description": _(
                "The buyer gets a mail. They are not on the shelf yet, and no money goes back by this. Send what "
                "another branch sells there: its staff put it on the shelf."
            ),
            "form_submit_text": _("Mark as received"),
        },
    )
    def receive(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, RECEIVE)

    @action(
        description=_("Refund the return"),
        permissions=["refunds"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Give back the money of this return?"),
            "description": _("The price of all its pieces goes back, less what you keep back."),
            "form_class": RefundReturnDialog,
            "form_submit_text": _("Refund"),
        },
    )
    def refund(self, request: HttpRequest, form: RefundReturnDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda returned, actor: returns.refund(
                returned.pk,
                actor=actor,
                besides=refunds.Sum(
                    delivery=typed.get("delivery") or money.ZERO,
                    deduction=typed["deduction"] or money.ZERO,
                    to_buyer=typed["to_buyer"],
                ),
                note=typed["note"],
            ),
            done=_("Refund decided"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Close without money"),
        permissions=["refunds"],
        dialog={
            "title": _("Close this return without giving money back?"),
            "description": _("For pieces that the buyer broke, or that were paid for in another way. Say why."),
            "form_class": RefusalDialog,
            "form_submit_text": _("Close"),
        },
    )
    def close(self, request: HttpRequest, form: RefusalDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda returned, actor: returns.close(returned.pk, actor=actor, answer=form.cleaned_data["answer"]),
            done=_("Closed without money"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Put back on the shelf"),
        permissions=["shelf"],
        dialog={
            "title": _("What goes back on the shelf?"),
            "description": _("Others can buy it at once. The money is decided apart."),
            "form_class": RestockReturnDialog,
            "form_submit_text": _("Put back"),
        },
    )
    def restock(self, request: HttpRequest, form: RestockReturnDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda returned, actor: returns.restock(
                returned.pk, units=form.units, actor=actor, seen=form.cleaned_data["seen"]
            ),
            done=_("Put back on the shelf"),
        )
        return self.run_on_one(request, object_id, step, form=form)
