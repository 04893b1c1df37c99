"""Money on the bank account: of an order that waits for none, and a sum that was typed by mistake."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from dostshop import money
from dostshop.admin import Step, SteppedAdmin, SumField, signed_in
from orders import payments, till
from orders.admin.refunding import OrderDialog, shown_sum
from orders.models import Order


def typed_sum(help_text: Any) -> SumField:
    return SumField(
        label=_("The sum that came, in manat"),
        help_text=help_text,
        max_digits=10,
        decimal_places=2,
        min_value=payments.SMALLEST_SUM,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class MarkPaidDialog(OrderDialog):
    """Asks for the sum where a bank statement says it."""

    refused_at: ClassVar = {payments.WrongAmount: "amount"}

    def add_fields(self, order: Order) -> None:
        self.due = order.total
        if payments.is_amount_typed(order):
            self.fields["amount"] = typed_sum(
                _("As the bank statement has it; several transfers for one order are added up.")
            )
            self.fields["is_more"] = forms.BooleanField(
                label=_("More came than the order costs"),
                help_text=_("What is too much is booked as well, to be sent back by hand."),
                required=False,
                widget=UnfoldBooleanWidget,
            )

    def clean(self) -> dict[str, Any]:
        """A slip of the hand is not booked: who types more than the price says that it is so."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        came = typed.get("amount")
        if came and came > self.due and not typed["is_more"]:
            sums = {"due": money.text(self.due), "difference": money.text(came - self.due)}
            sentence = gettext(
                "The order costs %(due)s. If %(difference)s too much came, say so below; else correct it."
            )
            self.add_error("amount", sentence % sums)
        return typed


class FurtherTransferDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        self.fields["amount"] = typed_sum(_("As the bank statement has it."))
        # So that one transfer is not booked by two.
        self.fields["booked_before"] = forms.DecimalField(initial=payments.booked(order), widget=forms.HiddenInput)


class TakeBackSumDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        typed = payments.typed_sum(order) or money.ZERO
        self.fields["typed"] = shown_sum(_("The sum that was typed"), typed)
        # So that a sum which somebody typed meanwhile is not taken back unseen.
        self.fields["amount"] = forms.DecimalField(initial=typed, widget=forms.HiddenInput)


class TransferAdmin(SteppedAdmin):
    """The steps of an order's page that book a transfer beyond those that paid it, and take back a typed sum."""

    def has_transfers_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.confirm_transfer")

    @action(
        description=_("Enter a further transfer"),
        permissions=["transfers"],
        dialog={
            "title": _("Did another transfer come for this order?"),
            "description": _(
                "The order does not wait for it: it is booked, and to be sent back by hand. The buyer gets a mail."
            ),
            "form_class": FurtherTransferDialog,
            "form_submit_text": _("Book it"),
        },
    )
    def take_further_transfer(self, request: HttpRequest, form: FurtherTransferDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda order, actor: till.take_further(
                order, amount=typed["amount"], booked_before=typed["booked_before"], actor=actor
            ),
            done=_("Booked, to be sent back by hand"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("This sum did not come"),
        permissions=["transfers"],
        dialog={
            "title": _("Was this sum typed by mistake?"),
            "description": _(
                "The order waits for its whole price again. Where a mail has asked the buyer for the rest, another "
                "says that it was a mistake."
            ),
            "form_class": TakeBackSumDialog,
            "form_submit_text": _("It did not come"),
        },
    )
    def take_back_sum(self, request: HttpRequest, form: TakeBackSumDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda order, actor: till.take_back(order, amount=form.cleaned_data["amount"], actor=actor),
            done=_("Taken back"),
        )
        return self.run_on_one(request, object_id, step, form=form)
