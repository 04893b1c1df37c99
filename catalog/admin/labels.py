"""Printing price tags and shelf labels for the products that are ticked on their list."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminRadioSelectWidget

from catalog import labels
from catalog.models import Product, ProductQuerySet, Variant
from dostshop.admin import OfOwnBranch, signed_in

HOW_MANY = _("Type a number from 1 to 50.")


class LabelsForm(forms.Form):
    pieces = forms.CharField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("What to print"), choices=labels.Kind, widget=UnfoldAdminRadioSelectWidget)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminRadioSelectWidget)
    copies = forms.IntegerField(
        label=_("Copies of each"),
        min_value=1,
        max_value=labels.MOST_COPIES,
        widget=UnfoldAdminIntegerFieldWidget,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), HOW_MANY),
    )

    def __init__(self, *args: Any, variants: list[Variant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variants = variants

    def clean_copies(self) -> int:
        copies: int = self.cleaned_data["copies"]
        if (count := copies * len(self.variants)) > labels.MOST:
            raise forms.ValidationError(
                gettext("That would be %(count)s labels. One document has at most %(most)s."),
                params={"count": count, "most": labels.MOST},
            )
        return copies


class PrintsLabels(OfOwnBranch):
    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.labels_page)
        return [path("labels/", page, name="catalog_product_labels"), *super().get_urls()]

    @admin.action(description=_("Print labels"), permissions=["view"])
    def print_labels(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        codes = list(chosen.order_by("code").values_list("code", flat=True)[: labels.MOST + 1])
        if len(codes) > labels.MOST:
            messages.error(request, gettext("Choose at most %(most)s products.") % {"most": labels.MOST})
            return None
        address = reverse(f"{self.admin_site.name}:catalog_product_labels")
        return redirect(f"{address}?{urlencode({'pieces': ' '.join(codes)})}")

    def labels_page(self, request: HttpRequest) -> HttpResponse:
        """Asks what to print; with the answers, the sheets."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context: dict[str, Any] = {**self.admin_site.each_context(request), "title": gettext("Print labels")}
        try:
            variants = labels.variants_of(self._asked_for(request))
        except labels.NotInShop as refusal:
            context["refusal"] = str(refusal)
        else:
            form = _form(request, variants)
            if form.is_valid():
                chosen = {name: form.cleaned_data[name] for name in ("kind", "language", "copies")}
                return labels.pdf_response(variants, **chosen)
            context |= {"form": form, "variants": variants}
        return render(request, "admin/catalog/labels.html", context)

    def _asked_for(self, request: HttpRequest) -> ProductQuerySet:
        """Codes that lead to no product of one's own branches are not found."""
        codes = set(request.GET.get("pieces", "").split())
        if not codes or len(codes) > labels.MOST or not all(code.isalnum() for code in codes):
            raise Http404
        found: ProductQuerySet = self.seen_by(signed_in(request), Product.objects.filter(code__in=codes))  # type: ignore[assignment]
        if found.count() < len(codes):
            raise Http404
        return found


def _form(request: HttpRequest, variants: list[Variant]) -> LabelsForm:
    if "copies" in request.GET:
        return LabelsForm(request.GET, variants=variants)
    asked = {"pieces": request.GET["pieces"], "kind": labels.Kind.TAG, "language": get_language(), "copies": 1}
    return LabelsForm(initial=asked, variants=variants)
