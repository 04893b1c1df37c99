"""Paying makers: what is due, what is approved and not paid yet, and all that was ever paid."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display

from artisans import payout_documents, payouts
from artisans.admin.payout_steps import SteppedPayoutAdmin
from artisans.models import Branch, Payout
from artisans.payout_forms import ApproveForm, PayForm, row_value
from artisans.payouts import Standing, Taken
from dostshop import money
from dostshop.admin import Labelled, OfOwnBranch, ReadOnly, download, in_every_language, signed_in
from dostshop.admin_site import Waiting
from dostshop.locks import Busy


class WatchedFilter(DropdownFilter):
    """For private records, and whoever watches over payouts."""

    title = gettext_lazy("payouts")
    parameter_name = "payouts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("above", gettext_lazy("above the watched sum this month")),
            ("above_before", gettext_lazy("above the watched sum last month")),
            ("paused", gettext_lazy("paused")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        this_month = timezone.localdate().replace(day=1)
        months = {"above": this_month, "above_before": this_month - timedelta(days=1)}
        if month := months.get(self.value() or ""):
            return queryset.filter(pk__in=[record.pk for record in payouts.above_threshold(month=month)])
        return queryset.filter(payouts_paused=True) if self.value() == "paused" else queryset


@admin.register(Payout)
class PayoutAdmin(ReadOnly, OfOwnBranch, SteppedPayoutAdmin):
    # Whoever works for one branch sees none of it.
    branch_lookups = ()
    list_display = ("artisan", "amount_shown", "method", "state_shown", "approved_at", "paid_on", "document_number")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("method", ChoicesDropdownFilter),
        ("artisan__branch", RelatedDropdownFilter),
        ("paid_on", RangeDateFilter),
    )
    list_select_related = ("artisan",)
    search_fields = ("artisan__code", "document_number", *in_every_language("artisan__display_name"))
    fields = (
        ("artisan", "amount_shown", "method"),
        ("state_shown", "approved_by", "approved_at"),
        ("document_number", "paid_on", "paid_by"),
        ("reversed_on", "reversed_by", "reversal_reason"),
    )
    readonly_fields = ("amount_shown", "state_shown", "approved_at")
    actions_list = ("due", "to_pay")

    def get_fields(self, request: HttpRequest, obj: Payout | None = None) -> tuple[tuple[str, ...], ...]:
        return self.fields if obj and obj.state == Payout.State.REVERSED else self.fields[:-1]

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        if not self.has_pay_permission(request):
            return []
        link = reverse(f"{self.admin_site.name}:artisans_payout_to_pay")
        return [Waiting(_("Payouts that are approved, to be handed out"), Payout.objects.open().count(), link)]

    @display(description=gettext_lazy("amount"), ordering="amount")
    def amount_shown(self, payout: Payout) -> str:
        return money.text(payout.amount)

    @display(
        description=gettext_lazy("state"),
        ordering="state",
        label={
            Payout.State.APPROVED: "warning",
            Payout.State.PAID: "success",
            Payout.State.CANCELLED: "info",
            Payout.State.REVERSED: "danger",
        },
    )
    def state_shown(self, payout: Payout) -> Labelled:
        return Labelled(payout.state, payout.get_state_display())

    @action(description=gettext_lazy("What is due"), permissions=["pay"], url_path="due")
    def due(self, request: HttpRequest) -> HttpResponse:
        """Each maker's balance; those who are ticked are approved."""
        form = ApproveForm(request.POST) if request.method == "POST" else ApproveForm()
        if form.is_valid() and self._approve(request, form):
            return _back(request)
        rows = payouts.standings()
        branch, branches = _branch_filter(request, (row.artisan.branch for row in rows))
        shown = [row for row in rows if branch in {None, row.artisan.branch}]
        context = {
            "title": _("Due to makers"),
            "form": form,
            "lines": _ticked(request, form, [(row, row_value(row)) for row in shown]),
            "sums": _summed(shown),
            "can_approve": any(row.can_be_approved for row in shown),
            "branch": branch,
            "branches": branches,
        }
        return self._page(request, "admin/artisans/payouts_due.html", context)

    def _approve(self, request: HttpRequest, form: ApproveForm) -> bool:
        """Whether all went through."""
        method = Payout.Method(form.cleaned_data["method"])
        approve = partial(payouts.approve, form.sums(), method=method, actor=signed_in(request))
        said = _("Payouts approved: %(count)s, %(sum)s together.")
        return self._take_together(request, approve, said=said, noted=(ADDITION, [{"added": {}}]))

    def _take_together(
        self, request: HttpRequest, step: Callable[[], Taken], *, said: str, noted: tuple[int, str | list[Any]]
    ) -> bool:
        """Whether all went through. Says what did, and why the others did not."""
        try:
            taken = step()
        except Busy:
            messages.error(request, payouts.BUSY)
            return False
        for sentence in taken.refused:
            messages.error(request, sentence)
        if taken.done:
            flag, change = noted
            LogEntry.objects.log_actions(signed_in(request).pk, taken.done, flag, change)
            together = money.text(sum((payout.amount for payout in taken.done), money.ZERO))
            messages.success(request, said % {"count": len(taken.done), "sum": together})
        return not taken.refused

    @action(description=gettext_lazy("Payouts to hand out"), permissions=["pay"], url_path="to-pay")
    def to_pay(self, request: HttpRequest) -> HttpResponse:
        """What is approved: the papers for it, and the word that it is paid."""
        rows = payouts.to_pay()
        form = PayForm(request.POST, rows=rows) if request.method == "POST" else PayForm(rows=rows)
        if form.is_valid() and "again" not in request.POST:
            if form.is_to_be_confirmed():
                return self._confirmation(request, form)
            take = self._steps()[form.cleaned_data["step"]]
            if answer := take(request, form):
                return answer
            rows = payouts.to_pay()
        branch, branches = _branch_filter(request, (row.payout.artisan.branch for row in rows))
        shown = [row for row in rows if branch in {None, row.payout.artisan.branch}]
        context = {
            "title": _("Payouts to hand out"),
            "form": form,
            "lines": _ticked(request, form, [(row, str(row.payout.pk)) for row in shown]),
            "total": sum((row.payout.amount for row in shown), money.ZERO),
            "branch": branch,
            "branches": branches,
            "columns": payout_documents.bank_columns(),
        }
        return self._page(request, "admin/artisans/payouts_to_pay.html", context)

    def _confirmation(self, request: HttpRequest, form: PayForm) -> HttpResponse:
        """How many and how much, before it is written."""
        context = {"title": _("Payouts to hand out"), "form": form, "count": len(form.chosen_payouts())}
        return self._page(request, "admin/artisans/payouts_confirm.html", context)

    def _steps(self) -> dict[str, Callable[[HttpRequest, PayForm], HttpResponse | None]]:
        return {
            "sheet": self._signature_sheet,
            "bank_file": self._bank_file,
            "pay": self._pay,
            "cancel": self._cancel,
        }

    def _signature_sheet(self, request: HttpRequest, form: PayForm) -> HttpResponse:
        today, language = timezone.localdate(), translation.get_language()
        sheet = payout_documents.signature_sheet(form.chosen_payouts(), on=today, language=language)
        return download(sheet, content_type="application/pdf", name=f"payouts-{today}-{language}.pdf")

    def _bank_file(self, request: HttpRequest, form: PayForm) -> HttpResponse:
        table = payout_documents.bank_file(form.chosen_payouts())
        return download(table, content_type="text/csv; charset=utf-8", name=f"payouts-{timezone.localdate()}.csv")

    def _pay(self, request: HttpRequest, form: PayForm) -> HttpResponse | None:
        number, day = form.cleaned_data["document_number"], form.cleaned_data["paid_on"]
        pay = partial(payouts.pay, document_number=number, paid_on=day, actor=signed_in(request))
        return self._take_with_chosen(
            request, form, pay, said=_("Paid out: %(count)s, %(sum)s together."), noted=_("Paid out")
        )

    def _cancel(self, request: HttpRequest, form: PayForm) -> HttpResponse | None:
        return self._take_with_chosen(
            request,
            form,
            payouts.cancel,
            said=_("Payouts cancelled: %(count)s, %(sum)s together."),
            noted=_("Payouts cancelled"),
        )

    def _take_with_chosen(
        self, request: HttpRequest, form: PayForm, step: Callable[[list[int]], Taken], *, said: str, noted: str
    ) -> HttpResponse | None:
        """None where some were refused: they stay ticked, and what was typed stays."""
        chosen = [payout.pk for payout in form.chosen_payouts()]
        is_done = self._take_together(request, partial(step, chosen), said=said, noted=(CHANGE, noted))
        return _back(request) if is_done else None

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return render(request, template, {**self.admin_site.each_context(request), **context})


def _ticked[Row](request: HttpRequest, form: Form, rows: list[tuple[Row, str]]) -> list[tuple[Row, str, bool]]:
    """With whether each has its tick: as it was sent, or all where ``?all=`` asks for it."""
    sent = set(request.POST.getlist("chosen"))
    is_asked = not form.is_bound and "all" in request.GET
    return [(row, value, is_asked or value in sent) for row, value in rows]


def _back(request: HttpRequest) -> HttpResponse:
    """To the page with the same branch, and no tick."""
    branch = request.GET.get("branch", "")
    return redirect(f"{request.path}?{urlencode({'branch': branch})}" if branch else request.path)


def _summed(rows: list[Standing]) -> dict[str, Decimal]:
    """What is due to be paid, what of it can be, and what makers are ahead by: nothing is set off against it."""
    due = [row.due for row in rows]
    return {
        "due": sum((one for one in due if one > 0), money.ZERO),
        "later": sum((row.due for row in rows if row.due > 0 and not row.can_be_approved), money.ZERO),
        "ahead": -sum((one for one in due if one < 0), money.ZERO),
    }


def _branch_filter(request: HttpRequest, branches: Iterable[Branch]) -> tuple[Branch | None, list[Branch]]:
    """The one that ``?branch=`` asks for, and all that there is something of."""
    found = {str(branch.pk): branch for branch in branches}
    return found.get(request.GET.get("branch", "")), list(found.values())
