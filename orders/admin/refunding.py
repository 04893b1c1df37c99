"""Money back and pieces back, from the page of an order. What is decided here is done by ``orders/refunds.py``."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from dostshop import money
from dostshop.accounts.models import User
from dostshop.admin import Step, SteppedAdmin, signed_in
from dostshop.locks import short_transaction
from orders import cancelling, payments, refunds, stock
from orders.models import LineItem, Order, Refund

# What a person decides; the others the shop decides by itself.
REASONS = [
    (reason.value, reason.label)
    for reason in (
        Refund.Reason.RETURNED,
        Refund.Reason.FAULTY,
        Refund.Reason.NOT_AVAILABLE,
        Refund.Reason.GOODWILL,
    )
]
REFUSALS = {
    refunds.NothingToRefund: _("The sum is zero, or no money of this order is left to give back."),
    refunds.MoreThanBought: _("More would go back than was bought, or somebody has refunded it meanwhile."),
    refunds.MoreThanPaid: _("More would go back than was paid."),
    refunds.NotWaiting: _("This refund is done, or the payment provider is at it."),
    cancelling.NotHere: _(
        "Only a paid order of which nothing was handed over can be called off. Refund what comes back."
    ),
    stock.MoreThanSold: _("More would go back on the shelf than was sold, or somebody has put it back meanwhile."),
}


class SumField(forms.DecimalField):
    """Manat and qəpik, typed with a comma or a point whatever the language."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


def sum_field(label: Any, *, most: Decimal | None = None, help_text: Any = "") -> SumField:
    return SumField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=0,
        max_value=most,
        max_digits=10,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
    )


def units_field(label: str, *, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, initial=0, widget=UnfoldAdminIntegerFieldWidget
    )


def note_field() -> forms.CharField:
    return forms.CharField(
        label=_("note"),
        help_text=_("For your colleagues; the buyer does not see it."),
        max_length=250,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


class OrderDialog(BaseDialogForm):
    """About an order that this person sees; without a line of any other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order: Order | None = admin.site.get_model_admin(Order).get_object(self.request, str(self.object_id))
        self.lines: list[LineItem] = []
        if self.order:
            self.lines = list(self.order.lines.select_related("variant__product").order_by("pk"))
            self.add_fields(self.order)

    def add_fields(self, order: Order) -> None:
        raise NotImplementedError

    def add_units(self, name: str, line: LineItem, label: str, *, most: int) -> None:
        if most:
            self.fields[f"{name}_{line.pk}"] = units_field(label % {"name": line.name, "most": most}, most=most)

    def units(self, name: str) -> dict[int, int]:
        """What was typed, by the line's primary key."""
        typed = ((line.pk, self.cleaned_data.get(f"{name}_{line.pk}")) for line in self.lines)
        return {pk: units for pk, units in typed if units}

    def sum(self, name: str) -> Decimal:
        return self.cleaned_data.get(name) or money.ZERO


class RefundDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        for line in self.lines:
            self.add_units("units", line, gettext("%(name)s: refund, at most %(most)s"), most=line.left_quantity)
            self.add_units(
                "shelf", line, gettext("%(name)s: back on the shelf, at most %(most)s"), most=_unshelved(line)
            )
        left = order.delivery_total - order.delivery_refunded
        if left:
            self.fields["delivery"] = sum_field(
                _("delivery, AZN"), most=left, help_text=gettext("At most %(sum)s.") % {"sum": money.text(left)}
            )
        self.fields["goodwill"] = sum_field(_("for goodwill, AZN"), help_text=_("In addition to the pieces."))
        self.fields["deduction"] = sum_field(_("kept back, AZN"), help_text=_("For wear, or what was given before."))
        self.fields["reason"] = forms.ChoiceField(label=_("reason"), choices=REASONS, widget=UnfoldAdminSelectWidget)
        self.fields["note"] = note_field()

    @property
    def what(self) -> refunds.Sum:
        return refunds.Sum(self.units("units"), self.sum("delivery"), self.sum("goodwill"), self.sum("deduction"))


class CallOffDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        reasons = [(reason.value, reason.label) for reason in (Refund.Reason.CANCELLED, Refund.Reason.NOT_AVAILABLE)]
        self.fields["reason"] = forms.ChoiceField(label=_("reason"), choices=reasons, widget=UnfoldAdminSelectWidget)
        self.fields["note"] = note_field()


class RestockDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        for line in self.lines:
            self.add_units(
                "shelf", line, gettext("%(name)s: back on the shelf, at most %(most)s"), most=_unshelved(line)
            )


class WhichRefundDialog(OrderDialog):
    """Of the order's refunds, one that waits for a person."""

    def add_fields(self, order: Order) -> None:
        waiting = refunds.for_a_person().filter(payment__order=order).order_by("pk")
        choices = [(refund.pk, f"{money.text(refund.amount)}, {refund.get_reason_display()}") for refund in waiting]
        self.fields["refund"] = forms.TypedChoiceField(
            label=_("refund"), choices=choices, coerce=int, widget=UnfoldAdminSelectWidget
        )


def _unshelved(line: LineItem) -> int:
    """What is made to order has no shelf."""
    return line.quantity - line.restocked_quantity if line.variant.product.is_counted else 0


@short_transaction()
def _refund(order: Order, actor: User, form: RefundDialog) -> None:
    typed = form.cleaned_data
    stock.restock(order.pk, units=form.units("shelf"), actor=actor)
    # Last, for the series of invoices is locked last.
    refunds.decide(order.pk, what=form.what, reason=typed["reason"], note=typed["note"], actor=actor)


def possible_money_steps(order: Order) -> dict[str, bool]:
    """What can be done about the money of the order as it is now."""
    waiting = refunds.for_a_person().filter(payment__order=order).select_related("payment")
    failed = [refund for refund in waiting if refund.failure]
    return {
        "refund": payments.has_money(order),
        "call_off": cancelling.can_be_called_off(order),
        "restock": order.status in {Order.Status.PAID, Order.Status.COMPLETED},
        "give_back_by_hand": bool(waiting),
        "try_refund_again": bool(failed),
    }


class RefundingAdmin(SteppedAdmin):
    """The steps of the centre's staff; whoever works for a branch has not the right to refund."""

    def has_refunds_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.add_refund")

    def has_shelf_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_stock")

    @action(
        description=_("Refund"),
        permissions=["refunds"],
        dialog={
            "title": _("What goes back to the buyer?"),
            "description": _("The money goes the way it came, and the buyer gets a mail when it has gone."),
            "form_class": RefundDialog,
            "form_submit_text": _("Refund"),
        },
    )
    def refund(self, request: HttpRequest, form: RefundDialog, object_id: str) -> HttpResponse:
        step = Step(lambda order, actor: _refund(order, actor, form), done=_("Refund decided"))
        return self.run_on_one(request, object_id, step)

    @action(
        description=_("Cancel and refund"),
        permissions=["refunds"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel this paid order?"),
            "description": _("All its money goes back, its pieces are on the shelf again, and the buyer gets a mail."),
            "form_class": CallOffDialog,
            "form_submit_text": _("Cancel and refund"),
        },
    )
    def call_off(self, request: HttpRequest, form: CallOffDialog, object_id: str) -> HttpResponse:
        wish = form.cleaned_data
        step = Step(
            lambda order, actor: cancelling.call_off(order.pk, actor=actor, reason=wish["reason"], note=wish["note"]),
            done=_("Cancelled and refunded"),
        )
        return self.run_on_one(request, object_id, step)

    @action(
        description=_("Put back on the shelf"),
        permissions=["shelf"],
        dialog={
            "title": _("What goes back on the shelf?"),
            "description": _("Others can buy it at once. The money is decided apart."),
            "form_class": RestockDialog,
            "form_submit_text": _("Put back"),
        },
    )
    def restock(self, request: HttpRequest, form: RestockDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda order, actor: stock.restock(order.pk, units=form.units("shelf"), actor=actor),
            done=_("Put back on the shelf"),
        )
        return self.run_on_one(request, object_id, step)

    @action(
        description=_("Money given back by hand"),
        permissions=["refunds"],
        dialog={
            "title": _("Has the buyer the money?"),
            "description": _("Over the counter, or by a transfer. The buyer gets a mail."),
            "form_class": WhichRefundDialog,
            "form_submit_text": _("Given back"),
        },
    )
    def give_back_by_hand(self, request: HttpRequest, form: WhichRefundDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda _order, actor: refunds.mark_given_back(form.cleaned_data["refund"], actor=actor),
            done=_("Given back by hand"),
        )
        return self.run_on_one(request, object_id, step)

    @action(
        description=_("Try the refund again"),
        permissions=["refunds"],
        dialog={
            "title": _("Ask the payment provider again?"),
            "description": _("It could not send the money before."),
            "form_class": WhichRefundDialog,
            "form_submit_text": _("Try again"),
        },
    )
    def try_refund_again(self, request: HttpRequest, form: WhichRefundDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda _order, actor: refunds.try_again(form.cleaned_data["refund"], actor=actor),
            done=_("The provider is asked again"),
        )
        return self.run_on_one(request, object_id, step)
