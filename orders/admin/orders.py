"""Orders, to be read and moved on. They are never edited by hand nor deleted: every step is one of the shop's own."""

import re
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from artisans.models import Branch
from dostshop import money
from dostshop.accounts.models import User, branches_seen_by
from dostshop.admin import (
    ReadOnly,
    ShownOnPage,
    Step,
    TableInline,
    signed_in,
)
from dostshop.locks import Busy
from orders import cancelling, code_tries, demand, fulfilment, payments, providers, refunds, returns, stock, till, work
from orders.admin.first_page import FirstPageAdmin
from orders.admin.refunding import REFUSALS, OrderDialog, RefundingAdmin, possible_money_steps
from orders.admin.returns import ReturnRecordingAdmin
from orders.admin.timeline import EventInline
from orders.admin.transfers import MarkPaidDialog, TransferAdmin
from orders.models import Fulfilment, LineItem, Order, OrderMail, Payment, Refund
from orders.models.order import WrongTransition
from orders.staff_forms import HandOverForm
from orders.steps import NotPossible

# Four digits or more, as at the end of a number.
_PHONE = re.compile(r"[\s+()./-]*(?:\d[\s()./-]*){4,}")


def possible_steps(order: Any, actor: User) -> set[str]:
    """The steps that this person can take with the order as it is now."""
    of_parts = fulfilment.Steps(order, branches=branches_seen_by(actor))
    parts = list(order.fulfilments.prefetch_related("lines"))
    is_money_theirs = payments.can_be_marked_paid(order) and not till.why_not(order, actor=actor)
    steps = {
        "mark_paid": is_money_theirs,
        "mark_ready": any(not of_parts.why_not_ready(part) for part in parts),
        "hand_over": any(not of_parts.why_not_given(part) for part in parts),
        "take_back_sum": is_money_theirs and payments.typed_sum(order) is not None,
        "take_further_transfer": till.may_take_further(order, actor=actor),
        "cancel": order.status == Order.Status.AWAITING_PAYMENT and not cancelling.why_not_theirs(order, actor=actor),
        "record_return": any(returns.recordable(order, actor=actor).values()),
        **possible_money_steps(order, actor=actor),
    }
    return {step for step, is_possible in steps.items() if is_possible}


def mark_paid_with(amount: Decimal | None) -> Step:
    return Step(lambda order, actor: till.take(order, actor=actor, amount=amount), done=_("Marked as paid"))


MARK_PAID = mark_paid_with(None)
MARK_READY = Step(lambda order, actor: fulfilment.mark_all_ready(order.pk, actor=actor), done=_("Marked as packed"))
CANCEL = Step(lambda order, actor: cancelling.cancel_for_buyer(order.pk, actor=actor), done=_("Cancelled"))


class HandOverDialog(OrderDialog):
    """Asks for the buyer's code, as the counter does."""

    refused_at: ClassVar = {NotPossible: "code"}

    def add_fields(self, order: Order) -> None:
        for name, field in HandOverForm().fields.items():
            field.widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
            self.fields[name] = field


class WorkFilter(DropdownFilter):
    """What is to be done today."""

    title = _("what is to be done")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("unpaid", _("waits for its payment")),
            ("unpaid_pickup", _("to be paid at the branch")),
            ("prepare", _("to prepare")),
            ("ready", _("ready, to hand over")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        parts = Fulfilment.objects.wanted().filter(order=OuterRef("pk"))
        wanted = demand.is_wanted()
        match self.value():
            case "unpaid":
                return queryset.filter(status=Order.Status.AWAITING_PAYMENT)
            case "unpaid_pickup":
                return queryset.filter(pk__in=work.unpaid_pickups().values("pk"))
            case "prepare":
                return queryset.filter(wanted, Exists(parts.filter(ready_at=None)))
            case "ready":
                return queryset.filter(wanted, Exists(parts.filter(ready_at__isnull=False, handed_over_at=None)))
        return queryset


class BranchFilter(DropdownFilter):
    """Orders that the branch prepares or hands over."""

    title = _("branch")
    parameter_name = "branch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(branch.pk), branch.name) for branch in Branch.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        prepared = Exists(Fulfilment.objects.filter(order=OuterRef("pk"), branch=self.value()))
        return queryset.filter(Q(prepared) | Q(pickup_branch=self.value()))


class ProviderFilter(DropdownFilter):
    title = _("way of paying")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(code, provider.title) for code, provider in providers.every().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in providers.every():
            return queryset.filter(last_provider=self.value())
        return queryset


class LineInline(ShownOnPage, TableInline):
    model = LineItem
    fields = readonly_fields = (
        "name_sold",
        "sku",
        "quantity",
        "unit_price",
        "total",
        "refunded_quantity",
        "asked_back_quantity",
        "restocked_quantity",
        "branch",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        lines: QuerySet[Any] = super().get_queryset(request)
        return lines.select_related("fulfilment__branch")

    @display(description=_("piece, in the order's language"))
    def name_sold(self, line: LineItem) -> str:
        return line.name

    @display(description=_("branch"))
    def branch(self, line: LineItem) -> str:
        return str(line.fulfilment.branch)


class FulfilmentInline(ShownOnPage, TableInline):
    model = Fulfilment
    readonly_fields = (
        "branch",
        "due_on",
        "ready_at",
        "arrived_at",
        "handed_over_at",
        "carrier",
        "tracking_number",
        "received_on",
        "returnable_until",
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the pages of the work list for whoever may open them; the customs declaration of what goes abroad."""
        if obj is None or not signed_in(request).has_perm("orders.change_order"):
            return self.readonly_fields
        declaration = ("customs_declaration",) if obj.goes_abroad else ()
        return (*self.readonly_fields, "page", *declaration)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        seen = work.seen(branches_seen_by(signed_in(request))).filter(pk=OuterRef("pk"))
        rows = super().get_queryset(request)
        parts: QuerySet[Any] = rows.select_related("branch", "order").annotate(is_in_work_list=Exists(seen))
        return parts

    @display(description=_("customs declaration"))
    def customs_declaration(self, part: Any) -> SafeString | str:
        if not part.is_in_work_list:
            return ""
        address = reverse("work:customs_declaration", args=[part.pk])
        return format_html('<a class="underline" href="{}">{}</a>', address, gettext("To print (PDF)"))

    @display(description=_("in the work list"))
    def page(self, part: Any) -> SafeString | str:
        if not part.is_in_work_list:
            return ""
        return format_html(
            '<a class="underline" href="{}">{}</a>', reverse("work:part", args=[part.pk]), pgettext("a page", "Open")
        )


class PaymentInline(ShownOnPage, TableInline):
    model = Payment
    fields = readonly_fields = (
        "provider_shown",
        "status",
        "amount",
        "captured_amount",
        "refunded_amount",
        "created_at",
        "expires_at",
        "paid_at",
        "refunds",
        "provider_reference",
        "failure",
        "failure_detail",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        attempts: QuerySet[Any] = super().get_queryset(request)
        return attempts.prefetch_related("refunds")

    @display(description=_("provider"))
    def provider_shown(self, payment: Payment) -> str:
        return providers.title(payment.provider)

    @display(description=_("refunds"))
    def refunds(self, payment: Payment) -> str:
        return "; ".join(_refund(refund) for refund in payment.refunds.all())


class MailInline(ShownOnPage, TableInline):
    model = OrderMail
    fields = readonly_fields = ("kind", "created_at", "sent_at")


@admin.register(Order)
class OrderAdmin(ReadOnly, FirstPageAdmin, TransferAdmin, RefundingAdmin, ReturnRecordingAdmin):
    branch_lookups = ("fulfilments__branch", "pickup_branch")
    # The buyer's own page has the code that is asked for when the pieces are handed over.
    view_on_site = False
    refusals = {
        **REFUSALS,
        till.NotTheirs: None,
        payments.WrongAmount: None,
        payments.BookedMeanwhile: None,
        payments.GoesBack: None,
        payments.NotPayable: _("The order does not wait for money that staff take."),
        WrongTransition: _("Only an order that waits for its payment can be cancelled."),
        stock.OutOfStock: _("A piece of the order was sold meanwhile. Take no money for it, and tell the buyer."),
        Busy: _("Somebody is buying the same piece at this moment. Try again."),
    }
    list_display = (
        # What a phone shows without scrolling comes first.
        "code",
        "status_shown",
        "next_step",
        "name",
        "placed_at",
        "paid_by",
        "delivery_sold",
        "total_shown",
    )
    list_filter = (
        WorkFilter,
        ("status", ChoicesDropdownFilter),
        BranchFilter,
        ProviderFilter,
        ("delivery", ChoicesDropdownFilter),
        "placed_at",
    )
    search_fields = ("code", "email", "name", "phone")
    inlines = (LineInline, FulfilmentInline, PaymentInline, EventInline, MailInline)
    actions = ("mark_paid_chosen", "mark_ready_chosen", "cancel_chosen")
    actions_detail = (
        "mark_paid",
        "take_back_sum",
        "take_further_transfer",
        "mark_ready",
        "hand_over",
        "cancel",
        "refund",
        "call_off",
        "restock",
        "record_return",
        "give_back_by_hand",
        "try_refund_again",
        "say_whether_refund_went",
    )
    readonly_fields = ("delivery_sold", "country_shown", "items_total_shown", "delivery_total_shown", "total_shown")
    fieldsets = (
        (
            None,
            {"fields": (("code", "status", "placed_at"), ("items_total_shown", "delivery_total_shown", "total_shown"))},
        ),
        (_("Buyer"), {"fields": (("name", "email", "phone"), ("language", "user"), "gift_note")}),
        (
            _("Delivery"),
            {
                "fields": (
                    ("delivery_sold", "pickup_branch", "promised_on"),
                    "address",
                    ("city", "postcode", "country_shown"),
                    "directions",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        attempts = Payment.objects.filter(order=OuterRef("pk")).order_by("-pk")
        left = Fulfilment.objects.wanted().filter(order=OuterRef("pk"), handed_over_at=None)
        orders: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                last_provider=Subquery(attempts.values("provider")[:1]),
                is_wanted=ExpressionWrapper(demand.is_wanted() & Q(Exists(left)), BooleanField()),
                is_unprepared=Exists(left.filter(ready_at=None)),
            )
        )
        return orders

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By phone too, as people say a number: with spaces, and with 0 or 00 before it."""
        rows = queryset.alias(phone_text=Cast("phone", TextField()))
        found, may_repeat = super().get_search_results(request, rows, search_term)
        if _PHONE.fullmatch(search_term):
            digits = re.sub(r"\D", "", search_term).lstrip("0")
            found |= rows.filter(phone_text__contains=digits)
        return found, may_repeat

    def has_steps_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_order")

    def has_money_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Which money it is that this person takes, the step itself asks."""
        user = signed_in(request)
        return user.has_perm("orders.change_order") or user.has_perm("orders.confirm_transfer")

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Offers what is possible. A step that somebody else has taken meanwhile is refused with its reason."""
        actions = super().get_actions_detail(request, object_id)
        order = self.get_object(request, str(object_id)) if actions else None
        possible = possible_steps(order, signed_in(request)) if order else set()
        return [one for one in actions if one.method.__name__ in possible]

    @display(
        description=_("status"),
        ordering="status",
        label={
            Order.Status.AWAITING_PAYMENT: "warning",
            Order.Status.PAID: "info",
            Order.Status.COMPLETED: "success",
            # Without a colour; but a state that is not named here is shown as its value.
            Order.Status.CANCELLED: "",
            Order.Status.EXPIRED: "",
        },
    )
    def status_shown(self, order: Order) -> tuple[str, str]:
        return order.status, order.get_status_display()

    @display(description=_("way of paying"), ordering="last_provider")
    def paid_by(self, order: Any) -> str:
        return providers.title(order.last_provider) if order.last_provider else ""

    @display(description=_("next step"), label={"prepare": "warning", "hand_over": "info", "ready": "success"})
    def next_step(self, order: Any) -> tuple[str, Any] | None:
        if not order.is_wanted:
            return None
        if order.is_unprepared:
            return "prepare", _("prepare")
        if order.status == Order.Status.PAID:
            return "hand_over", _("hand over") if order.delivery == Order.Delivery.PICKUP else _("send")
        return "ready", _("ready, not paid")

    @display(description=_("delivery, in the order's language"), ordering="delivery_name")
    def delivery_sold(self, order: Order) -> str:
        return order.delivery_name

    @display(description=_("country"), ordering="country")
    def country_shown(self, order: Order) -> str:
        return order.country_name

    @display(description=_("pieces"))
    def items_total_shown(self, order: Order) -> str:
        return money.text(order.items_total)

    @display(description=_("delivery"))
    def delivery_total_shown(self, order: Order) -> str:
        return money.text(order.delivery_total)

    @display(description=_("total"), ordering="total")
    def total_shown(self, order: Order) -> str:
        return money.text(order.total)

    @admin.action(description=_("Mark as paid"), permissions=["money"])
    def mark_paid_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, MARK_PAID)

    @admin.action(description=_("Mark as packed"), permissions=["steps"])
    def mark_ready_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, MARK_READY)

    @admin.action(description=_("Cancel the orders"), permissions=["steps"])
    def cancel_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, CANCEL)

    @action(
        description=_("Mark as paid"),
        permissions=["money"],
        dialog={
            "title": _("Is the money there?"),
            "description": _("The buyer gets a mail that the money has arrived."),
            "form_class": MarkPaidDialog,
            "form_submit_text": _("Mark as paid"),
        },
    )
    def mark_paid(self, request: HttpRequest, form: MarkPaidDialog, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, mark_paid_with(form.cleaned_data.get("amount")), form=form)

    @action(
        description=_("Mark as packed"),
        permissions=["steps"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Is everything of your branch packed?"),
            "description": _("Once all branches are ready, the buyer who picks up gets a mail."),
            "form_submit_text": _("Mark as packed"),
        },
    )
    def mark_ready(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, MARK_READY)

    @action(
        description=_("Mark as handed over"),
        permissions=["steps"],
        dialog={
            "title": _("Has the buyer the pieces?"),
            "description": _("All that lies at the pickup branch. Parcels are marked as sent in the work list."),
            "form_class": HandOverDialog,
            "form_submit_text": _("Mark as handed over"),
        },
    )
    def hand_over(self, request: HttpRequest, form: HandOverDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda order, actor: code_tries.counted(
                request,
                partial(fulfilment.hand_over, order.pk, code=typed["code"], note=typed["note"], actor=actor),
                code=typed["code"],
            ),
            done=_("Handed over"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Cancel the order"),
        permissions=["steps"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel this order?"),
            "description": _("Its pieces are free at once, and the buyer gets a mail."),
            "form_submit_text": _("Cancel the order"),
        },
    )
    def cancel(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, CANCEL)


def _refund(refund: Refund) -> str:
    return f"{money.text(refund.amount)}, {refund.get_reason_display()}, {refunds.state_of(refund).label}"
