"""The history of a product: who changed what and when; two versions beside each other."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from catalog import versions
from catalog.models import Product, ProductVersion
from dostshop.admin import OfOwnBranch, signed_in

PER_PAGE = 25


@dataclass(frozen=True)
class Line:
    version: ProductVersion
    # Against the one before; None for the first.
    differences: list[versions.Difference] | None


class HistoryAdmin(OfOwnBranch):
    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        versions.by(signed_in(request).pk)
        super().save_model(request, obj, form, change)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        product = self.get_object(request, object_id)
        if product is None:
            raise Http404
        if not self.has_view_or_change_permission(request, product):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(product)s") % {"product": product},
            "product": product,
            **self._compared(request, product),
        }
        return TemplateResponse(request, "admin/catalog/history.html", context)

    def _compared(self, request: HttpRequest, product: Product) -> dict[str, Any]:
        kept = product.versions.select_related("actor")
        page = Paginator(kept, PER_PAGE).get_page(request.GET.get("page"))
        # With the one before the last of them.
        rows = list(kept[page.start_index() - 1 : page.end_index() + 1]) if page.object_list else []
        names = versions.names()
        lines = [
            Line(version, versions.differences(before.data, version.data, names=names) if before else None)
            for version, before in zip(rows, [*rows[1:], None], strict=True)
        ][:PER_PAGE]
        chosen = {name: _key(request.GET.get(name)) for name in ("from", "to")}
        found = {version.pk: version for version in kept.filter(pk__in=[key for key in chosen.values() if key])}
        old, new = (found.get(key or 0) for key in chosen.values())
        compared = versions.differences(old.data, new.data, names=names) if old and new else None
        return {"page": page, "lines": lines, "old": old, "new": new, "compared": compared}


def _key(typed: str | None) -> int | None:
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 19 else None
