"""Taking back consents: what will happen, the one action, and what was done."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from unfold.decorators import display

from artisans.models import Artisan, Channel, Scope, Withdrawal
from catalog import mentions, withdrawal_documents, withdrawals
from dostshop.admin import OfOwnBranch, ReadOnly, language_of_paper, links_to_paper, signed_in
from dostshop.locks import Busy


class WithdrawForm(forms.Form):
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What is taken back"),
        choices=Scope,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose what is taken back.")},
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Where it is taken back"),
        choices=Channel,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose where it is taken back.")},
    )


def withdraw_page(request: HttpRequest, site: Any, artisan: Artisan) -> HttpResponse:
    """First the choice, then what will happen and the button that does it: a choice is changed on the first page."""
    is_chosen = request.method == "POST" or "step" in request.GET
    form = WithdrawForm(request.POST or request.GET) if is_chosen else WithdrawForm(initial=_proposed(request))
    if request.method == "POST" and form.is_valid() and (done := _withdrawn(request, artisan, form)):
        return redirect(f"{site.name}:artisans_withdrawal_change", done.pk)
    context = {
        **site.each_context(request),
        "title": _("Take back consents: %(maker)s") % {"maker": artisan},
        "maker": str(artisan) if artisan.code in str(artisan) else f"{artisan} · {artisan.code}",
        "form": form,
        "back": reverse(f"{site.name}:artisans_artisan_change", args=[artisan.pk]),
    }
    if is_chosen and form.is_valid():
        context |= _preview(artisan, form)
    return render(request, "admin/catalog/withdraw.html", context)


def _proposed(request: HttpRequest) -> dict[str, list[str]]:
    """Everything, or the choice that is to be changed."""
    if not WithdrawForm.base_fields.keys() & request.GET.keys():
        return {"scopes": Scope.values, "channels": Channel.values}
    return {name: request.GET.getlist(name) for name in WithdrawForm.base_fields}


def _preview(artisan: Artisan, form: WithdrawForm) -> dict[str, Any]:
    choice = form.cleaned_data
    found = withdrawals.effects(artisan, **choice)
    return {
        "effects": found,
        "seal": withdrawals.seal(artisan, found, **choice),
        "what": _labels(Scope, choice["scopes"]),
        "where": _labels(Channel, choice["channels"]),
        "choose_again": f"?{urlencode(choice, doseq=True)}",
    }


def _labels(choices: type[Scope] | type[Channel], values: list[str]) -> str:
    return ", ".join(str(choice.label) for choice in choices if choice in values)


def _withdrawn(request: HttpRequest, artisan: Artisan, form: WithdrawForm) -> Withdrawal | None:
    """What was done; a message says so, or why nothing was."""
    shown, actor_pk = request.POST.get("seal", ""), signed_in(request).pk
    try:
        done = withdrawals.withdraw(artisan.pk, **form.cleaned_data, actor_pk=actor_pk, shown=shown)
    except withdrawals.NothingToWithdraw:
        messages.error(request, _("Nothing of this is agreed to, and nothing of it is kept."))
    except withdrawals.OtherThanShown:
        messages.error(request, _("Nothing was taken back: read first what will happen, then decide."))
    except Busy:
        messages.error(request, _("Somebody else works on this maker. Please try again."))
    except withdrawals.StorageAway as away:
        messages.success(request, _("Taken back. Pages show nothing of it from now on."))
        messages.warning(request, _("The storage does not answer. The files are deleted as soon as it does."))
        return away.withdrawal
    else:
        messages.success(request, _("Taken back. Pages show nothing of it from now on."))
        return done
    return None


@admin.register(Withdrawal)
class WithdrawalAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ("artisan__branch",)
    list_display = ("__str__", "what", "withdrawn_at", "files_gone_at")
    list_select_related = ("artisan",)
    search_fields = ("artisan__code",)
    fields = (
        "artisan",
        "withdrawn_at",
        "recorded_by",
        "what",
        "where",
        "removed",
        "look_at",
        "stays",
        "files_gone_at",
        "slip",
    )
    readonly_fields = ("what", "where", "removed", "look_at", "stays", "slip")

    @display(description=gettext_lazy("what"))
    def what(self, withdrawal: Withdrawal) -> str:
        return _labels(Scope, withdrawal.scopes)

    @display(description=gettext_lazy("where"))
    def where(self, withdrawal: Withdrawal) -> str:
        return _labels(Channel, withdrawal.channels)

    @display(description=gettext_lazy("what was removed"))
    def removed(self, withdrawal: Withdrawal) -> SafeString:
        return _as_list(withdrawal_documents.removed(withdrawal))

    @display(description=gettext_lazy("to be looked at"))
    def look_at(self, withdrawal: Any) -> SafeString | str:
        """With what stands there now: a text that was changed is gone from here."""
        context = {"errands": withdrawal_documents.to_look_at(withdrawal), "texts": withdrawal.texts}
        return render_to_string("admin/catalog/mentions.html", context) if any(context.values()) else "–"

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        withdrawal: Any = super().get_object(request, object_id, from_field)
        if withdrawal:
            withdrawal.texts = SimpleLazyObject(lambda: _texts(request, self.admin_site, withdrawal))
        return withdrawal

    @display(description=gettext_lazy("what stays, and why"))
    def stays(self, withdrawal: Withdrawal) -> SafeString:
        return _as_list(withdrawal_documents.stays())

    @display(description=gettext_lazy("slip for the maker"))
    def slip(self, withdrawal: Withdrawal) -> SafeString:
        return links_to_paper(reverse(f"{self.admin_site.name}:artisans_withdrawal_slip", args=[withdrawal.pk]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.slip_page)
        return [path("<int:pk>/slip/", view, name="artisans_withdrawal_slip"), *super().get_urls()]

    def slip_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        withdrawal = self.get_object(request, str(pk))
        if withdrawal is None or not self.has_view_permission(request, withdrawal):
            raise Http404
        language = language_of_paper(request)
        with override(language):
            return withdrawal_documents.pdf_response(withdrawal, language=language)


@dataclass(frozen=True)
class _Text:
    """In which the name still stands; without a way there, and without its words, for whoever may not open it."""

    standing: mentions.Standing
    address: str

    @property
    def words(self) -> list[tuple[str, str, str]]:
        return self.standing.words if self.address else []


def _texts(request: HttpRequest, site: Any, withdrawal: Withdrawal) -> list[_Text]:
    found = mentions.standing(withdrawal)
    pages: dict[type[Model], set[Any]] = defaultdict(set)
    for one in found:
        pages[type(one.page)].add(one.page.pk)
    may_open = {kind: _that_open(request, site, kind, keys) for kind, keys in pages.items()}
    return [_Text(one, _address_of(site, one.page) if one.page.pk in may_open[type(one.page)] else "") for one in found]


def _that_open(request: HttpRequest, site: Any, kind: type[Model], keys: set[Any]) -> set[Any]:
    """Those of the keys whose pages this person may open."""
    if not (site.is_registered(kind) and (page := site.get_model_admin(kind)).has_view_or_change_permission(request)):
        return set()
    return set(page.get_queryset(request).filter(pk__in=keys).order_by().values_list("pk", flat=True))


def _address_of(site: Any, row: Model) -> str:
    return reverse(f"{site.name}:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _as_list(lines: list[str]) -> SafeString:
    if not lines:
        return SafeString("")
    return format_html("<ul>{}</ul>", SafeString("".join(format_html("<li>{}</li>", line) for line in lines)))
