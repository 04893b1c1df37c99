"""Correcting what was written down wrong of a payout, from its page."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import INPUT_CLASSES, UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from artisans import payout_corrections, payouts
from artisans.models import Payout, PayoutCorrection
from artisans.payout_corrections import NotPossible
from dostshop import money
from dostshop.accounts.models import has_perm_everywhere
from dostshop.admin import ShownOnPage, Step, StepForm, SteppedAdmin, TableInline, signed_in
from dostshop.locks import Busy


class PayoutDialog(StepForm):
    """About a payout that this person sees: whose it is and how much stands above what is asked."""

    payout_shown = forms.CharField(label=_("Payout"), disabled=True, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found: Payout | None = admin.site.get_model_admin(Payout).get_object(self.request, str(self.object_id))
        if found is None or found.paid_on is None:
            raise Http404
        self.payout = found
        day = date_format(found.paid_on, "d.m.Y")
        words = (found.artisan.code, money.text(found.amount), found.document_number, day)
        self.fields["payout_shown"].initial = " · ".join(words)


class CorrectNumberDialog(PayoutDialog):
    refused_at: ClassVar = {NotPossible: "document_number"}

    document_number = forms.CharField(
        label=_("The number as it stands on the paper"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.ChoiceField(label=_("reason"), choices=PayoutCorrection.Reason, widget=UnfoldAdminRadioSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Payout.objects.with_document_of(self.payout).count() - 1
        if others > 0:
            label = ngettext(
                "Correct it on %(count)s other payout of this document too",
                "Correct it on %(count)s other payouts of this document too",
                others,
            )
            self.fields["with_others"] = forms.BooleanField(
                label=label % {"count": others}, required=False, initial=True, widget=UnfoldBooleanWidget
            )


class ReverseDialog(PayoutDialog):
    refused_at: ClassVar = {NotPossible: "reversed_on"}

    reversed_on = forms.DateField(
        label=_("Since which day the Centre has the money again"),
        initial=timezone.localdate,
        widget=forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )
    reason = forms.ChoiceField(label=_("reason"), choices=Payout.ReversalReason, widget=UnfoldAdminRadioSelectWidget)


class CorrectionInline(ShownOnPage, TableInline):
    """The numbers that a document had before."""

    model = PayoutCorrection
    fields = readonly_fields = ("old_number", "new_number", "reason", "made_by", "made_at")


class SteppedPayoutAdmin(SteppedAdmin):
    refusals: ClassVar = {NotPossible: None, Busy: payouts.BUSY}
    actions_detail = ("correct_number", "reverse")

    def has_pay_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return has_perm_everywhere(signed_in(request), "artisans.pay_payout")

    def get_inlines(self, request: HttpRequest, obj: Payout | None) -> list[type[CorrectionInline]]:
        return [CorrectionInline] if obj and obj.corrections.exists() else []

    def get_actions_detail(self, request: HttpRequest, object_id: int | str) -> list[Any]:
        """Of what is paid; of what did not arrive the number alone, and of the others nothing can be corrected."""
        actions: list[Any] = super().get_actions_detail(request, object_id)
        found = self.get_object(request, str(object_id)) if actions else None
        match found and found.state:
            case Payout.State.PAID:
                return actions
            case Payout.State.REVERSED:
                return [one for one in actions if one.path.endswith("correct_number")]
            case _:
                return []

    @action(
        description=_("Correct the document number"),
        permissions=["pay"],
        dialog={
            "title": _("Correct the number of the document?"),
            "description": _(
                "The number before stays on this page, with your name. Statements that are issued stay as they are."
            ),
            "form_class": CorrectNumberDialog,
            "form_submit_text": _("Correct the number"),
        },
    )
    def correct_number(self, request: HttpRequest, form: CorrectNumberDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda payout, actor: payout_corrections.correct_number(
                payout.pk,
                number=typed["document_number"],
                reason=PayoutCorrection.Reason(typed["reason"]),
                with_others=typed.get("with_others", False),
                actor=actor,
            ),
            done=_("The number is corrected"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("The maker does not have the money"),
        permissions=["pay"],
        dialog={
            "title": _("Reverse this payout?"),
            "description": _(
                "The opposite is booked, and the sum is due to the maker again: it can be paid by a new payout. What "
                "is booked and printed stays as it is; the next statement says that this payment did not arrive."
            ),
            "form_class": ReverseDialog,
            "form_submit_text": _("Reverse the payout"),
        },
    )
    def reverse(self, request: HttpRequest, form: ReverseDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda payout, actor: payout_corrections.reverse(
                payout.pk, on=typed["reversed_on"], reason=Payout.ReversalReason(typed["reason"]), actor=actor
            ),
            done=_("Reversed, and due again"),
        )
        return self.run_on_one(request, object_id, step, form=form)
