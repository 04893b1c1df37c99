"""Money back and pieces back, from the page of an order. What is decided here is done by ``orders/refunds.py``."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from dostshop import money
from dostshop.accounts.models import User
from dostshop.admin import Step, StepForm, SteppedAdmin, SumField, signed_in
from orders import cancelling, disputes, payments, refunds, stock, till
from orders.models import LineItem, Order, Refund
from orders.steps import NotPossible

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What a person decides; the others the shop decides by itself.
REASONS = [
    (reason.value, reason.label)
    for reason in (
        Refund.Reason.RETURNED,
        Refund.Reason.FAULTY,
        Refund.Reason.WRONG_PIECE,
        Refund.Reason.NOT_AVAILABLE,
        Refund.Reason.GOODWILL,
    )
]
REFUSALS: "dict[type[Exception], StrOrPromise | None]" = {
    NotPossible: None,
    refunds.NothingToRefund: _("The sum is zero, or no money of this order is left to give back."),
    refunds.NoWordToBuyer: _("Something is kept back: write to the buyer why."),
    refunds.MoreThanBought: _("More would go back than was bought, or somebody has refunded it meanwhile."),
    refunds.MoreThanPaid: _("More would go back than was paid."),
    refunds.Outdated: _("Something of this order was refunded since you opened the form. Look at it again."),
    refunds.NotWaiting: _("This refund is done, or the payment provider is at it."),
    refunds.LookFirst: _(
        "Nobody knows whether this money went. Look at the payment provider, then open the refund and say it."
    ),
    cancelling.NotHere: _(
        "Only a paid order of which nothing was handed over can be called off. Refund what comes back."
    ),
    stock.WasHandedOver: _("What was handed over goes on the shelf by its return: write one down."),
    stock.StillOwed: _("The buyer is still to get some of these pieces. Refund them, then they can go on the shelf."),
    stock.PutBackMeanwhile: _(
        "Something of this order was put back on the shelf since you opened the form. Look at it again."
    ),
    stock.MoreThanSold: _("More would go back on the shelf than was sold, or somebody has put it back meanwhile."),
}

# On the page of an order, and of a refund.
ASKED_AGAIN = _("The provider is asked again")
WENT = _("The money went")
GIVE_BACK_DIALOG = {
    "title": _("Has the buyer the money?"),
    "description": _(
        "It goes back where it came from: at the counter of the branch, or to the bank account. What the payment "
        "provider could not send, you give in another way. A mail tells the buyer so."
    ),
    "form_submit_text": _("Given back"),
}
TRY_AGAIN_DIALOG = {
    "title": _("Ask the payment provider again?"),
    "description": _("It could not send the money before."),
    "form_submit_text": _("Try again"),
}
WHETHER_IT_WENT_DIALOG = {
    "title": _("Have you looked at the payment provider?"),
    "description": _(
        "It gave no answer, and asked again it could send the money twice. Its own pages show what it did."
    ),
    "form_submit_text": _("That is so"),
}


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


def units_field(label: str, *, most: int, initial: int | None = 0) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=most, initial=initial, widget=UnfoldAdminIntegerFieldWidget
    )


def shown_sum(label: Any, amount: Decimal, *, help_text: Any = "") -> forms.CharField:
    """To be read beside what is typed."""
    return forms.CharField(
        label=label,
        initial=money.text(amount),
        help_text=help_text,
        disabled=True,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


def delivery_field(order: Order, *, left: Decimal, initial: Decimal | None = None) -> SumField:
    said = {"sum": money.text(order.delivery_total), "left": money.text(left)}
    field = sum_field(
        _("delivery, AZN"),
        most=left,
        help_text=gettext("The delivery cost %(sum)s; at most %(left)s goes back.") % said,
    )
    field.initial = initial
    return field


def reason_field(choices: Iterable[tuple[str, Any]], *, help_text: Any = "") -> forms.ChoiceField:
    """Nothing is chosen beforehand."""
    return forms.ChoiceField(
        label=_("reason"),
        choices=[("", _("Choose")), *choices],
        help_text=help_text,
        widget=UnfoldAdminSelectWidget,
    )


def warning_of_dispute(order: Order) -> Any:
    """For whoever is about to give money back; empty where no bank asks for it."""
    match disputes.state_of(order):
        case disputes.State.OPEN:
            return _("The buyer's bank asks for this money too. Look at the dispute first, or it may go back twice.")
        case disputes.State.LOST:
            return _(
                "The buyer's bank has taken money of this order back. Look at the refunds first: what is booked there "
                "as taken by the bank, the buyer has."
            )
    return ""


def whether_it_went_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Did the money go?"),
        choices=[("yes", _("Yes, it went to the buyer")), ("no", _("No, it did not go: ask for it again"))],
        coerce=lambda answer: answer == "yes",
        # Nothing is chosen beforehand.
        widget=UnfoldAdminRadioSelectWidget,
    )


def seen_field(count: int) -> forms.IntegerField:
    """What was counted when the form was opened, so that a second press does not do the same again."""
    return forms.IntegerField(initial=count, widget=forms.HiddenInput)


def note_field() -> forms.CharField:
    return forms.CharField(
        label=_("note"),
        help_text=_("For your colleagues; the buyer does not see it."),
        max_length=250,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )


def to_buyer_field(order: Order) -> forms.CharField:
    help_text = gettext(
        "Needed where something is kept back: why it is. The buyer reads it in the mail, in this language: "
        "%(language)s."
    )
    return forms.CharField(
        label=_("to the buyer"),
        help_text=help_text % {"language": order.get_language_display()},
        max_length=500,
        required=False,
        widget=UnfoldAdminTextareaWidget,
    )


class OrderDialog(StepForm):
    """About an order that this person sees; without a line of any other."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        order: Order | None = admin.site.get_model_admin(Order).get_object(self.request, str(self.object_id))
        if order is None:
            raise Http404
        self.lines = list(order.lines.select_related("fulfilment").order_by("pk"))
        self.add_fields(order)

    def add_fields(self, order: Order) -> None:
        raise NotImplementedError

    def add_units(self, name: str, line: LineItem, label: str, *, most: int, initial: int | None = 0) -> None:
        if most:
            words = label % {"name": line.name, "most": most, "price": money.text(line.unit_price)}
            self.fields[f"{name}_{line.pk}"] = units_field(words, most=most, initial=initial)

    def add_shelf(self, line: LineItem, *, most: int, initial: int | None = 0) -> None:
        label = gettext("%(name)s: back on the shelf, at most %(most)s")
        self.add_units("shelf", line, label, most=most, initial=initial)

    def units(self, name: str) -> dict[int, int]:
        """What was typed, by the line's primary key."""
        typed = ((line.pk, self.cleaned_data.get(f"{name}_{line.pk}")) for line in self.lines)
        return {pk: units for pk, units in typed if units is not None}

    def sum(self, name: str) -> Decimal:
        return self.cleaned_data.get(name) or money.ZERO


class RefundDialog(OrderDialog):
    refused_at: ClassVar = {
        refunds.NothingToRefund: "deduction",
        refunds.NoWordToBuyer: "deduction",
        refunds.MoreThanPaid: "goodwill",
        refunds.MoreThanBought: "units_",
        stock.MoreThanSold: "shelf_",
    }

    def add_fields(self, order: Order) -> None:
        self.fields["left"] = shown_sum(_("left to give back in all"), refunds.left(order))
        for line in self.lines:
            label = gettext("%(name)s, %(price)s each: refund, at most %(most)s")
            self.add_units("units", line, label, most=line.left_quantity)
            self.add_shelf(line, most=line.unshelved_quantity)
        left = order.delivery_left
        if left:
            self.fields["delivery"] = delivery_field(order, left=left)
        self.fields["goodwill"] = sum_field(_("for goodwill, AZN"), help_text=_("In addition to the pieces."))
        self.fields["deduction"] = sum_field(_("kept back, AZN"), help_text=_("For wear, or what was given before."))
        self.fields["reason"] = reason_field(REASONS, help_text=warning_of_dispute(order))
        self.fields["to_buyer"] = to_buyer_field(order)
        self.fields["note"] = note_field()
        self.fields["seen"] = forms.DecimalField(initial=refunds.refunded(order), widget=forms.HiddenInput)

    @property
    def what(self) -> refunds.Sum:
        return refunds.Sum(
            self.units("units"),
            self.sum("delivery"),
            self.sum("goodwill"),
            self.sum("deduction"),
            self.cleaned_data["to_buyer"],
            shelf=self.units("shelf"),
            seen=self.cleaned_data["seen"],
        )


class CallOffDialog(OrderDialog):
    refused_at: ClassVar = {stock.MoreThanSold: "shelf_"}

    def add_fields(self, order: Order) -> None:
        reasons = (Refund.Reason.CANCELLED, Refund.Reason.NOT_AVAILABLE)
        self.fields["left"] = shown_sum(_("goes back in all"), refunds.left(order))
        self.fields["reason"] = reason_field(
            ((reason.value, reason.label) for reason in reasons), help_text=warning_of_dispute(order)
        )
        here = cancelling.still_here(order)
        for line in self.lines:
            self.add_shelf(line, most=here[line.pk], initial=None)
        self.fields["to_buyer"] = to_buyer_field(order)
        self.fields["note"] = note_field()

    def shelf(self, order: Order) -> dict[int, int]:
        """What was left empty follows from the reason."""
        return cancelling.usual_shelf(order, self.cleaned_data["reason"]) | self.units("shelf")


class RestockDialog(OrderDialog):
    refused_at: ClassVar = {stock.MoreThanSold: "shelf_"}

    def add_fields(self, order: Order) -> None:
        most = stock.restockable(order, actor=signed_in(self.request))
        for line in self.lines:
            self.add_shelf(line, most=most.get(line.pk, 0))
        self.fields["seen"] = seen_field(stock.put_back(order))


class WhichRefundDialog(OrderDialog):
    """Of the order's refunds, one that waits for a person."""

    def choosable(self, waiting: QuerySet[Refund]) -> QuerySet[Refund]:
        return waiting.exclude(failure=Refund.Failure.UNKNOWN)

    def add_fields(self, order: Order) -> None:
        waiting = self.choosable(refunds.for_a_person().filter(payment__order=order).order_by("pk"))
        theirs = [
            refund
            for refund in waiting.select_related("payment__order")
            if not till.why_not_give_back(refund, actor=signed_in(self.request))
        ]
        choices = [(refund.pk, f"{money.text(refund.amount)}, {refund.get_reason_display()}") for refund in theirs]
        self.fields["refund"] = forms.TypedChoiceField(
            label=_("refund"), choices=choices, coerce=int, widget=UnfoldAdminSelectWidget
        )


class WhichFailedDialog(WhichRefundDialog):
    def choosable(self, waiting: QuerySet[Refund]) -> QuerySet[Refund]:
        return waiting.exclude(failure__in=["", Refund.Failure.UNKNOWN])


class WhetherItWentDialog(WhichRefundDialog):
    def choosable(self, waiting: QuerySet[Refund]) -> QuerySet[Refund]:
        return waiting.filter(failure=Refund.Failure.UNKNOWN)

    def add_fields(self, order: Order) -> None:
        super().add_fields(order)
        self.fields["has_gone"] = whether_it_went_field()


def possible_money_steps(order: Order, *, actor: User) -> dict[str, bool]:
    """What can be done about the money of the order as it is now."""
    waiting = refunds.for_a_person().filter(payment__order=order).select_related("payment__order")
    states = {refunds.state_of(refund) for refund in waiting}
    theirs = {refunds.state_of(refund) for refund in waiting if not till.why_not_give_back(refund, actor=actor)}
    return {
        "refund": payments.has_money(order),
        "call_off": cancelling.can_be_called_off(order),
        "restock": any(stock.restockable(order, actor=actor).values()),
        "give_back_by_hand": bool(theirs & {Refund.State.FAILED, Refund.State.BY_HAND}),
        "try_refund_again": Refund.State.FAILED in states,
        "say_whether_refund_went": Refund.State.UNKNOWN in states,
    }


def may_hold_money(user: User) -> bool:
    """Which money it is that this person gives back, the step itself asks."""
    return any(user.has_perm(f"orders.{right}") for right in ("add_refund", "confirm_transfer", "change_order"))


class RefundingAdmin(SteppedAdmin):
    """What is refunded the centre's staff decide; whoever holds the money says that it was given back."""

    def has_giving_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return may_hold_money(signed_in(request))

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
        typed = form.cleaned_data
        step = Step(
            lambda order, actor: refunds.decide(
                order.pk, what=form.what, reason=typed["reason"], note=typed["note"], actor=actor
            ),
            done=_("Refund decided"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Cancel and refund"),
        permissions=["refunds"],
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Cancel this paid order?"),
            "description": _(
                "All its money goes back, and the buyer gets a mail. Where you leave a number empty, the pieces are on "
                "the shelf again, but for an order that cannot be delivered."
            ),
            "form_class": CallOffDialog,
            "form_submit_text": _("Cancel and refund"),
        },
    )
    def call_off(self, request: HttpRequest, form: CallOffDialog, object_id: str) -> HttpResponse:
        wish = form.cleaned_data
        step = Step(
            lambda order, actor: cancelling.call_off(
                order.pk,
                actor=actor,
                why=cancelling.Why(wish["reason"], wish["note"], wish["to_buyer"]),
                shelf=form.shelf(order),
            ),
            done=_("Cancelled and refunded"),
        )
        return self.run_on_one(request, object_id, step, form=form)

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
            lambda order, actor: stock.restock(
                order.pk, units=form.units("shelf"), actor=actor, seen=form.cleaned_data["seen"]
            ),
            done=_("Put back on the shelf"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Money given back by hand"),
        permissions=["giving"],
        dialog={**GIVE_BACK_DIALOG, "form_class": WhichRefundDialog},
    )
    def give_back_by_hand(self, request: HttpRequest, form: WhichRefundDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda _order, actor: till.give_back(form.cleaned_data["refund"], actor=actor),
            done=_("Given back by hand"),
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Try the refund again"),
        permissions=["refunds"],
        dialog={**TRY_AGAIN_DIALOG, "form_class": WhichFailedDialog},
    )
    def try_refund_again(self, request: HttpRequest, form: WhichFailedDialog, object_id: str) -> HttpResponse:
        step = Step(
            lambda _order, actor: refunds.try_again(form.cleaned_data["refund"], actor=actor),
            done=ASKED_AGAIN,
        )
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Did the refund go?"),
        permissions=["refunds"],
        dialog={**WHETHER_IT_WENT_DIALOG, "form_class": WhetherItWentDialog},
    )
    def say_whether_refund_went(self, request: HttpRequest, form: WhetherItWentDialog, object_id: str) -> HttpResponse:
        typed = form.cleaned_data
        step = Step(
            lambda _order, actor: refunds.say_whether_it_went(typed["refund"], has_gone=typed["has_gone"], actor=actor),
            done=WENT if typed.get("has_gone") else ASKED_AGAIN,
        )
        return self.run_on_one(request, object_id, step, form=form)
