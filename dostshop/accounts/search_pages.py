"""What every list of the admin has for the searches that its reader keeps."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from dostshop.accounts import searches
from dostshop.accounts.models import User


class KeepsSearches(ModelAdmin):
    list_before_template = "admin/saved_searches.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        keep, forget = (
            self.admin_site.admin_view(require_POST(view)) for view in (self.keep_search, self.forget_search)
        )
        mine = [
            path("searches/", keep, name=f"{name}_keep_search"),
            path("searches/<int:pk>/forget/", forget, name=f"{name}_forget_search"),
        ]
        return [*mine, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        address = self._list()
        kept = {
            "searches": [(f"{address}searches/{one.pk}/forget/", one) for one in self._kept(request)],
            "keeping": f"{address}searches/",
            "present": searches.query_of(request.GET.urlencode()),
        }
        answer: HttpResponse = super().changelist_view(request, {**kept, **(extra_context or {})})
        return answer

    def keep_search(self, request: HttpRequest) -> HttpResponse:
        """The filters of this list, under the name that was typed."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        query, user = searches.query_of(request.POST.get("query", "")), cast("User", request.user)
        try:
            searches.keep(user, page=self.opts.label_lower, name=request.POST.get("name", ""), query=query)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        return redirect(f"{self._list()}?{query}" if query else self._list())

    def forget_search(self, request: HttpRequest, pk: int) -> HttpResponse:
        get_object_or_404(self._kept(request), pk=pk).delete()
        return redirect(self._list())

    def _kept(self, request: HttpRequest) -> Any:
        return cast("User", request.user).searches.filter(page=self.opts.label_lower)

    def _list(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")
