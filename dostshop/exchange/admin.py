"""The page “Import and export”: tables to take, files to bring, and what their rows would do."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminRadioSelectWidget

from dostshop import spreadsheets
from dostshop.admin import FileChoice, Labelled, ReadOnly, download, signed_in
from dostshop.admin_site import Waiting
from dostshop.exchange import importing, kinds
from dostshop.exchange.kinds import Kind
from dostshop.exchange.models import Import
from dostshop.locks import Busy

ROWS_ON_A_PAGE = 50
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class BringForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
        },
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["file"].widget = FileChoice(accept=",".join(kind.suffixes))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if PurePath(file.name).suffix.lower() not in self.kind.suffixes:
            suffixes = ", ".join(suffix[1:].upper() for suffix in self.kind.suffixes)
            raise forms.ValidationError(_("Choose a file of this kind: %(suffixes)s."), params={"suffixes": suffixes})
        if file.size > self.kind.most_bytes:
            sentence = _("This file is larger than %(megabytes)s megabytes. Split it.")
            raise forms.ValidationError(sentence, params={"megabytes": self.kind.most_bytes // 1_000_000})
        return file


class TakeForm(forms.Form):
    choice = forms.ChoiceField(label=gettext_lazy("Columns"), widget=UnfoldAdminRadioSelectWidget)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminRadioSelectWidget
    )
    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[(name, name.upper()) for name in FORMATS],
        widget=UnfoldAdminRadioSelectWidget,
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = list(kind.choices.items())  # type: ignore[attr-defined]


@admin.register(Import)
class ImportAdmin(ReadOnly):
    """Each person's own."""

    list_display = ("filename", "kind_shown", "state_shown", "rows", "created_at")
    list_before_template = "admin/exchange/kinds.html"
    ordering = ("-pk",)

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "bring/<str:kind>/": (self.bring, "exchange_import_bring"),
            "take/<str:kind>/": (self.take, "exchange_import_take"),
            "<int:pk>/apply/": (require_POST(self.apply), "exchange_import_apply"),
            "<int:pk>/discard/": (require_POST(self.discard), "exchange_import_discard"),
        }
        own = [path(route, self.admin_site.admin_view(page), name=name) for route, (page, name) in pages.items()]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        imports: QuerySet[Any] = super().get_queryset(request)
        return imports.filter(user=signed_in(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = signed_in(request)
        return any(kind.may_import(user) or kind.may_export(user) for kind in kinds.all_kinds())

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        count = self.get_queryset(request).filter(state=Import.State.CHECKED).count()
        return [Waiting(_("Imports that wait for your yes"), count, reverse("admin:exchange_import_changelist"))]

    @display(description=gettext_lazy("what"))
    def kind_shown(self, one: Import) -> str:
        return str(kinds.named(one.kind).title)

    @display(
        description=gettext_lazy("state"),
        label={
            **dict.fromkeys(Import.State.values, "info"),
            Import.State.CHECKED.value: "warning",
            Import.State.APPLIED.value: "success",
            Import.State.UNREADABLE.value: "danger",
        },
    )
    def state_shown(self, one: Import) -> Labelled:
        return Labelled(one.state, one.get_state_display())

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        user = signed_in(request)
        offered = [(kind, kind.may_import(user), kind.may_export(user)) for kind in kinds.all_kinds()]
        context = {"title": _("Import and export"), "kinds": [one for one in offered if one[1] or one[2]]}
        return super().changelist_view(request, context | (extra_context or {}))

    def bring(self, request: HttpRequest, kind: str) -> HttpResponse:
        wanted = _kind(kind)
        if not wanted.may_import(signed_in(request)):
            raise PermissionDenied
        form = BringForm(request.POST or None, request.FILES or None, kind=wanted)
        if request.method == "POST" and form.is_valid():
            brought = importing.receive(
                form.cleaned_data["file"], kind=wanted, user=signed_in(request), language=translation.get_language()
            )
            return redirect("admin:exchange_import_change", brought.pk)
        title = _("Import: %(what)s") % {"what": wanted.title}
        return self._page(request, "bring", title=title, form=form, kind=wanted)

    def take(self, request: HttpRequest, kind: str) -> HttpResponse:
        wanted = _kind(kind)
        if wanted.export is None or not wanted.may_export(signed_in(request)):
            raise PermissionDenied
        form = TakeForm(request.GET, kind=wanted) if "choice" in request.GET else None
        if form and form.is_valid():
            return _file(wanted, signed_in(request), **form.cleaned_data)
        first = {"choice": next(iter(wanted.choices)), "language": translation.get_language(), "format": "xlsx"}
        title = _("Export: %(what)s") % {"what": wanted.title}
        return self._page(request, "take", title=title, form=form or TakeForm(initial=first, kind=wanted), kind=wanted)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        one = self._own(request, object_id)
        lines, wrong = one.lines.all(), one.lines.wrong().count()
        only_wrong = bool(wrong) and request.GET.get("show") != "all"
        page = Paginator(lines.wrong() if only_wrong else lines, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
        counts = {"wrong": wrong, "new": lines.filter(is_new=True).count(), "all": page.paginator.count}
        if only_wrong:
            counts["all"] = lines.count()
        counts["changed"] = counts["all"] - counts["new"]
        counts["same"] = max(one.rows - counts["all"], 0)
        title = f"{kinds.named(one.kind).title}: {one.filename}"
        return self._page(
            request, "import", title=title, one=one, page=page, counts=counts, only_wrong=only_wrong, State=Import.State
        )

    def apply(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self._own(request, str(pk))
        try:
            importing.apply(one.pk, digest=request.POST.get("digest", ""))
        except importing.NotNow:
            messages.error(request, _("This is not what was shown last. Look again."))
        return redirect("admin:exchange_import_change", one.pk)

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        one = self._own(request, str(pk))
        try:
            importing.discard(one.pk)
        except (importing.NotNow, Busy):
            messages.error(request, _("It is being carried out at this moment."))
            return redirect("admin:exchange_import_change", one.pk)
        messages.success(request, _("The file is deleted. Nothing was changed by it."))
        return redirect("admin:exchange_import_changelist")

    def _own(self, request: HttpRequest, object_id: str) -> Import:
        one = self.get_object(request, object_id)
        if one is None or not self.has_view_permission(request):
            raise Http404
        return one  # type: ignore[no-any-return]

    def _page(self, request: HttpRequest, name: str, **context: Any) -> HttpResponse:
        return render(request, f"admin/exchange/{name}.html", {**self.admin_site.each_context(request), **context})


def _kind(name: str) -> Kind:
    try:
        return kinds.named(name)
    except KeyError as error:
        raise Http404 from error


def _file(kind: Kind, user: Any, *, choice: str, language: str, format: str) -> HttpResponse:  # noqa: A002 — it is one
    if kind.export is None:
        raise Http404
    with translation.override(language):
        exported = kind.export(user, choice)
        if format == "csv":
            content = spreadsheets.csv(exported.rows, headers=exported.headings)
        else:
            content = spreadsheets.xlsx(exported.rows, headers=exported.headings, title=str(kind.title)[:30])
    name = f"DOST-{kind.name}-{choice}-{timezone.localdate():%Y-%m-%d}.{format}"
    return download(content, name=name, content_type=FORMATS[format])
