"""What an accountant fills in: whom to pay and how, and the paper that says so."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from artisans.models import Payout
from artisans.payouts import Standing, ToPay
from dostshop import money
from dostshop.admin import SumField

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ShownSumsField(forms.MultipleChoiceField):
    """Ticked rows by their keys, each with the sum that stood beside it: that much is decided, whatever came since."""

    def valid_value(self, value: Any) -> bool:
        return re.fullmatch(r"[0-9]{1,18}-[0-9]{1,11}", value) is not None

    def clean(self, value: Any) -> dict[int, Decimal]:
        pairs = (one.split("-") for one in super().clean(value))
        return {int(key): money.from_minor_units(int(sum_shown)) for key, sum_shown in pairs}


def row_value(standing: Standing) -> str:
    return f"{standing.artisan.pk}-{money.to_minor_units(max(standing.due, money.ZERO))}"


class ApproveForm(forms.Form):
    chosen = ShownSumsField(
        error_messages={
            "required": _("Tick the makers who are to be paid."),
            "invalid_choice": _("Tick the makers who are to be paid."),
        }
    )
    amount = SumField(
        label=_("Another sum, AZN"),
        required=False,
        min_value=money.CENT,
        max_digits=11,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget({"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("For one maker who is to be paid a part of what is due. Leave it empty to pay all of it."),
        error_messages={"min_value": _("Type a sum above zero.")},
    )
    method = forms.ChoiceField(
        label=_("How"), choices=Payout.Method, initial=Payout.Method.CASH, widget=UnfoldAdminRadioSelectWidget
    )

    def clean(self) -> None:
        if self.cleaned_data.get("amount") and len(self.cleaned_data.get("chosen", ())) > 1:
            self.add_error("amount", _("Another sum is for one maker: tick that one alone."))

    def sums(self) -> dict[int, Decimal]:
        """What is to be paid to each, by the maker's key."""
        chosen: dict[int, Decimal] = self.cleaned_data["chosen"]
        amount = self.cleaned_data["amount"]
        return dict.fromkeys(chosen, amount) if amount else chosen


class PayForm(forms.Form):
    """What is to happen with the payouts that are ticked. Papers are made of none that could not be paid."""

    STEPS: ClassVar = ("sheet", "bank_file", "pay", "cancel")

    step = forms.ChoiceField(choices=[(step, step) for step in STEPS])
    chosen = forms.TypedMultipleChoiceField(
        coerce=int,
        error_messages={
            "required": _("Tick the payouts first."),
            "invalid_choice": _("Somebody has paid or cancelled one of them meanwhile. Look at the list again."),
        },
    )
    document_number = forms.CharField(
        label=_("Document number"),
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Of the cash order or of the bank's file. One document may be for many payouts."),
    )
    paid_on = forms.DateField(
        label=_("Day of payment"),
        required=False,
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )

    # What was asked about, once it was answered: see ``question``.
    confirmed = forms.CharField(required=False)

    def __init__(self, *args: Any, rows: Sequence[ToPay], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = {row.payout.pk: row for row in rows}
        chosen: Any = self.fields["chosen"]
        chosen.choices = [(pk, pk) for pk in self.rows]

    def clean(self) -> None:
        match self.cleaned_data.get("step"):
            case "pay":
                self._ask_for("document_number", _("Type the number of the document."))
                self._ask_for("paid_on", _("Say on which day it was paid."))
            case "sheet":
                self._refuse(Payout.Method.CASH)
            case "bank_file":
                self._refuse(Payout.Method.BANK)

    def chosen_payouts(self) -> list[Payout]:
        """In the order of the list."""
        chosen = set(self.cleaned_data.get("chosen", ()))
        return [row.payout for pk, row in self.rows.items() if pk in chosen]

    def total(self) -> Decimal:
        return sum((payout.amount for payout in self.chosen_payouts()), money.ZERO)

    def question(self) -> str:
        """Stands for the step, how many payouts and how much; empty where the step is taken at once."""
        step = self.cleaned_data["step"]
        if step not in {"pay", "cancel"}:
            return ""
        return f"{step}-{len(self.chosen_payouts())}-{money.to_minor_units(self.total())}"

    def is_to_be_confirmed(self) -> bool:
        question = self.question()
        return bool(question) and self.cleaned_data["confirmed"] != question

    def _ask_for(self, name: str, sentence: "StrOrPromise") -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, sentence)

    def _refuse(self, method: Payout.Method) -> None:
        for payout in self.chosen_payouts():
            obstacle = self.rows[payout.pk].obstacle
            if payout.method != method:
                obstacle = _("It is approved to be paid %(how)s.") % {"how": payout.get_method_display()}
            if obstacle:
                self.add_error(None, f"{payout}: {obstacle}")
