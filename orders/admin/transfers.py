"""Money on the bank account for an order that waits for none."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from dostshop.admin import Step, SteppedAdmin, signed_in
from orders import payments, till
from orders.admin.refunding import OrderDialog, SumField
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


class FurtherTransferDialog(OrderDialog):
    def add_fields(self, order: Order) -> None:
        self.fields["amount"] = typed_sum(_("As the bank statement has it."))
        # So that one transfer is not booked by two.
        self.fields["booked_before"] = forms.DecimalField(initial=payments.booked(order), widget=forms.HiddenInput)


class TransferAdmin(SteppedAdmin):
    """The step of an order's page that books a transfer beyond those that paid it."""

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
