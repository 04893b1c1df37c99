"""Invoices and credit notes: to look at, to print, to export. Only the fiscal number is ever typed in."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from dostshop import money, spreadsheets
from dostshop.admin import OfOwnBranch, ReadOnly, Step, StepForm, SteppedAdmin, signed_in
from dostshop.locks import Busy
from orders import invoice_documents, invoice_table, invoices
from orders.models import Invoice, InvoiceSeries
from orders.models.invoice import is_fiscal_id


class FiscalForm(StepForm):
    refused_at: ClassVar = {ValidationError: "fiscal_id"}

    fiscal_id = forms.CharField(
        label=_("Fiscal number"),
        help_text=_("12 letters and digits, as the receipt of the till has them. Capital and small letters differ."),
        validators=[is_fiscal_id],
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class YearFilter(DropdownFilter):
    title = _("year")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(series.year), str(series.year)) for series in InvoiceSeries.objects.all()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(year=self.value()) if self.value() in dict(self.lookup_choices) else queryset


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    branch_lookups = ("order__fulfilments__branch", "order__pickup_branch")
    refusals = {
        ValidationError: None,
        Busy: _("Something else is happening to this order at this moment. Please try again."),
    }
    list_display = ("number_shown", "kind", "issued_at", "order", "buyer", "total_shown", "tax_shown", "fiscal_id")
    list_filter = (("kind", ChoicesDropdownFilter), YearFilter, "issued_at")
    list_select_related = ("order",)
    search_fields = ("order__code", "order__name", "order__email", "fiscal_id")
    fields = (
        ("number_shown", "kind", "issued_at"),
        ("order", "buyer", "language"),
        ("total_shown", "tax_shown", "fiscal_id"),
        "document",
    )
    readonly_fields = ("number_shown", "buyer", "total_shown", "tax_shown", "document")
    # The document has a link of its own.
    view_on_site = False
    actions = ("export",)
    actions_detail = ("enter_fiscal_id",)

    def get_urls(self) -> list[URLPattern]:
        pdf = self.admin_site.admin_view(self.pdf)
        return [path("<int:pk>/pdf/", pdf, name="orders_invoice_pdf"), *super().get_urls()]

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        invoice = self.get_object(request, str(pk))
        if invoice is None or not self.has_view_permission(request, invoice):
            raise Http404
        return invoice_documents.pdf_response(invoice)

    def has_fiscal_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_invoice")

    @display(description=_("number"), ordering="-pk")
    def number_shown(self, invoice: Invoice) -> str:
        return invoice.number

    @display(description=_("Buyer"))
    def buyer(self, invoice: Invoice) -> str:
        return invoice.order.name

    @display(description=_("total"), ordering="total")
    def total_shown(self, invoice: Invoice) -> str:
        return money.text(invoice.total)

    @display(description=_("VAT"), ordering="tax")
    def tax_shown(self, invoice: Invoice) -> str:
        return money.text(invoice.tax)

    @display(description=_("document"))
    def document(self, invoice: Invoice) -> SafeString:
        address = reverse(f"{self.admin_site.name}:orders_invoice_pdf", args=[invoice.pk])
        return format_html('<a class="underline" href="{}">{} (PDF)</a>', address, invoice.title)

    @admin.action(description=_("Export as a table (CSV)"), permissions=["view"])
    def export(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        """With a byte order mark, by which a spreadsheet knows the letters."""
        response = HttpResponse(spreadsheets.BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="invoices.csv"'
        invoice_table.write(chosen, into=response)
        return response

    @action(
        description=_("Enter the fiscal number"),
        permissions=["fiscal"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Enter the fiscal number"),
            "description": _("It is printed on the document and shown to the buyer, who gets a mail about it."),
            "form_class": FiscalForm,
            "form_submit_text": _("Save"),
        },
    )
    def enter_fiscal_id(self, request: HttpRequest, form: FiscalForm, object_id: str) -> HttpResponse:
        fiscal_id = form.cleaned_data["fiscal_id"]
        step = Step(
            lambda invoice, _actor: invoices.set_fiscal_id(invoice.pk, fiscal_id=fiscal_id),
            done=_("The fiscal number is entered"),
        )
        return self.run_on_one(request, object_id, step, form=form)
