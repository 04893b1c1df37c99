"""Statements: issued by the accountant, then to look at and to print."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from artisans import statement_documents, statements
from artisans.forms import IssueForm
from artisans.models import Artisan, Statement
from dostshop import money
from dostshop.accounts.models import has_perm_everywhere
from dostshop.admin import (
    OfOwnBranch,
    ReadOnly,
    in_every_language,
    language_of_paper,
    links_to_paper,
    signed_in,
)
from dostshop.locks import Busy


def may_see(request: HttpRequest) -> bool:
    return has_perm_everywhere(signed_in(request), "artisans.view_statement")


def statements_page(request: HttpRequest, site: Any, artisan: Artisan) -> HttpResponse:
    """What a maker was told, month by month, and what the next statement would say."""
    context = {
        **site.each_context(request),
        "title": _("Statements: %(maker)s") % {"maker": artisan},
        "statements": artisan.statements.select_related("month").defer("content"),
        "preview": reverse(f"{site.name}:artisans_statement_preview", args=[artisan.pk]),
        "languages": settings.LANGUAGES,
    }
    return render(request, "admin/artisans/statements_of_maker.html", context)


@admin.register(Statement)
class StatementAdmin(ReadOnly, OfOwnBranch):
    # Whoever works for one branch sees none of them.
    branch_lookups = ()
    list_display = ("month", "of", "branch", "opening_shown", "closing_shown")
    list_filter = (("month", RelatedDropdownFilter), ("branch", RelatedDropdownFilter))
    search_fields = ("artisan__code", *in_every_language("artisan__display_name", "branch__name"))
    fields = ("month", "of", "branch", "opening_shown", "closing_shown", "issued", "papers", "papers_of_makers")
    readonly_fields = ("of", "opening_shown", "closing_shown", "issued", "papers", "papers_of_makers")
    actions_list = ("issue",)

    @display(description=gettext_lazy("whose"))
    def of(self, statement: Statement) -> str:
        return str(statement.artisan or _("all makers of the branch"))

    @display(description=gettext_lazy("owed before"), ordering="opening")
    def opening_shown(self, statement: Statement) -> str:
        return money.text(statement.opening)

    @display(description=gettext_lazy("owed after"), ordering="closing")
    def closing_shown(self, statement: Statement) -> str:
        return money.text(statement.closing)

    @display(description=pgettext_lazy("statement", "issued"))
    def issued(self, statement: Statement) -> str:
        when = timezone.localtime(statement.month.issued_at)
        return f"{when:%d.%m.%Y %H:%M}, {statement.month.issued_by}"

    @display(description=gettext_lazy("to print"))
    def papers(self, statement: Statement) -> SafeString:
        return links_to_paper(reverse(f"{self.admin_site.name}:artisans_statement_paper", args=[statement.pk]))

    @display(description=gettext_lazy("all makers of the branch, to print"))
    def papers_of_makers(self, statement: Statement) -> SafeString:
        return links_to_paper(
            reverse(f"{self.admin_site.name}:artisans_statement_papers_of_makers", args=[statement.pk])
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Statement]:
        rows = super().get_queryset(request).defer("content")
        return rows.select_related("month__issued_by", "artisan", "branch")

    def get_fields(self, request: HttpRequest, obj: Statement | None = None) -> tuple[str, ...]:
        return self.fields[:-1] if obj and obj.artisan_id else self.fields

    def has_issue_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return signed_in(request).has_perm("artisans.add_statement")

    @action(description=gettext_lazy("Issue statements"), permissions=["issue"], url_path="issue")
    def issue(self, request: HttpRequest) -> HttpResponse:
        form = IssueForm(request.POST or None, months=statements.open_months())
        if request.method == "POST" and form.is_valid():
            try:
                count = statements.issue(form.cleaned_data["month"], actor=signed_in(request))
            except statements.NotIssued as refusal:
                form.add_error(None, str(refusal))
            except Busy:
                form.add_error(None, _("The ledger is being written to. Please try again."))
            else:
                done = ngettext(
                    "Statement issued for %(count)s maker.", "Statements issued for %(count)s makers.", count
                )
                messages.success(request, done % {"count": count})
                return redirect(f"{self.admin_site.name}:artisans_statement_changelist")
        context = {**self.admin_site.each_context(request), "title": _("Issue statements"), "form": form}
        return render(request, "admin/artisans/issue_statements.html", context)

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "<int:pk>/paper/": (self.paper, "paper"),
            "<int:pk>/makers/": (self.papers_of_makers_page, "papers_of_makers"),
            "of/<int:pk>/preview/": (self.preview, "preview"),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"artisans_statement_{name}")
            for route, (view, name) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def paper(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One statement, in ``?language=``."""
        statement, language = self._seen(request, pk), language_of_paper(request)
        return statement_documents.pdf_response(statement, language=language)

    def papers_of_makers_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The statements of all makers of a branch, one after the other."""
        of_branch, language = self._seen(request, pk), language_of_paper(request)
        if of_branch.artisan_id:
            raise Http404
        return statement_documents.makers_pdf_response(of_branch, language=language)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the next statement of a maker would say."""
        language = language_of_paper(request)
        if not may_see(request):
            raise Http404
        artisan = get_object_or_404(Artisan.objects.select_related("branch"), pk=pk)
        with translation.override(language):
            content = statements.preview(artisan)
        return statement_documents.preview_pdf_response(artisan, content, language=language)

    def _seen(self, request: HttpRequest, pk: int) -> Statement:
        statement: Statement | None = self.get_object(request, str(pk))
        if statement is None or not self.has_view_permission(request, statement):
            raise Http404
        return statement
