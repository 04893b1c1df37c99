"""What every page of the admin shares: who sees which rows, pages that are only read, language tabs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import quote
from django.contrib.auth import get_permission_codename
from django.db.models import Field, ForeignKey, Model, Q, QuerySet
from django.forms import BaseInlineFormSet, DecimalField, FileInput, ModelChoiceField
from django.forms import Field as FormField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TabbedTranslationAdmin
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.forms import BaseDialogForm
from unfold.widgets import FILE_CLASSES

from dostshop.accounts.models import User, branches_seen_by
from dostshop.accounts.search_pages import KeepsSearches
from dostshop.translated import lacking

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    InlineFormSet = BaseInlineFormSet


def signed_in(request: HttpRequest) -> User:
    """The admin lets nobody in who is not."""
    return cast("User", request.user)


def in_every_language(*fields: str) -> tuple[str, ...]:
    """The columns of translated fields, for searching: a piece is found by its name in any language."""
    return tuple(f"{field}_{language}" for field in fields for language in settings.MODELTRANSLATION_LANGUAGES)


class SumField(DecimalField):
    """Manat and qəpik, typed with a comma or a point whatever the language."""

    default_error_messages: ClassVar[dict[str, "StrOrPromise"]] = {
        "required": _("Type a sum in manat."),
        "invalid": _("Type the sum in digits, in manat, such as 25,50."),
        "min_value": _("Type a sum of at least %(limit_value)s manat."),
        "max_decimal_places": _("Type the sum with two digits at most after the comma."),
    }

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class Labelled(NamedTuple):
    """A state and its word: on a list the state gives the label its colour, on the page of a row the word stands."""

    state: str
    word: "StrOrPromise"

    def __str__(self) -> str:
        return str(self.word)


class FileChoice(FileInput):
    """To choose a file, with no link to the one that is kept.

    Unfold's script writes the name of the chosen file into the first text field that it finds three elements up: here
    it finds one of its own, which is neither seen nor sent.
    """

    def __init__(self, *, accept: str) -> None:
        super().__init__({"class": " ".join(FILE_CLASSES), "accept": accept})

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('<div><div><div>{}</div></div><input type="text" hidden disabled></div>', field)


def download(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Kept by the browser under this name."""
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def links_to_paper(address: str) -> SafeString:
    """To the paper at this address, in each language."""
    return format_html_join(
        " ",
        '<a class="inline-block mr-3 py-1 underline" href="{}?language={}" lang="{}">{} (PDF)</a>',
        ((address, code, code, name) for code, name in settings.LANGUAGES),
    )


def language_of_paper(request: HttpRequest) -> str:
    """The one that a link of ``links_to_paper`` asks for; no paper is found in another."""
    asked = request.GET.get("language", "")
    if asked not in dict(settings.LANGUAGES):
        raise Http404
    return asked


@dataclass(frozen=True)
class Step:
    """Something that the shop does with one row: the call, and how the message that it is done begins."""

    call: Callable[[Any, User], object]
    done: "StrOrPromise"


class StepForm(BaseDialogForm):
    """What is asked before a step is taken."""

    # How the names of the fields begin that a refusal is about.
    refused_at: ClassVar[Mapping[type[Exception], str]] = {}

    def refused(self, refusal: Exception, sentence: "StrOrPromise") -> Self | None:
        """What was typed, with what the page knows by now, and why it was refused.

        None where it was decided by what has changed since: that is to be looked at, and decided anew.
        """
        again = type(self)(data=self.data, request=self.request, object_id=self.object_id)
        if {hidden.name for hidden in again.hidden_fields()} & set(again.changed_data):
            return None
        beginnings = tuple(begins for kind, begins in self.refused_at.items() if isinstance(refusal, kind))
        filled = [name for name, typed in self.cleaned_data.items() if typed and name.startswith(beginnings)]
        again.add_error(filled[0] if len(filled) == 1 and filled[0] in again.fields else None, str(sentence))
        return again


class ShopAdmin(KeepsSearches):
    # Facets count every choice of every filter, on every look at a list.
    show_facets = ShowFacets.NEVER
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    # Beside the list where there is room.
    list_filter_sheet = False
    warn_unsaved_form = True

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """A row that is found by two of its parts is one row; what a list reckons of each, it reckons once."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if may_repeat:
            everything = self.model._default_manager.order_by()
            matching, _same = super().get_search_results(request, everything, search_term)
            found = queryset.filter(pk__in=matching.values("pk"))
        return found, False


class SteppedAdmin(ShopAdmin):
    """Runs the shop's own functions on rows, and says which went through and why the others did not."""

    # What a step may raise, and the sentence for it; None where the exception brings one.
    refusals: ClassVar[Mapping[type[Exception], "StrOrPromise | None"]] = {}

    def run_on_one(
        self, request: HttpRequest, object_id: str, step: Step, *, form: StepForm | None = None
    ) -> HttpResponse:
        """For a dialog on the page of a row: leaves to that page, with a message.

        What was typed and refused is shown again, where the step can still be taken.
        """
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        refusal = self._take(request, row, step)
        if refusal and form and (dialog := self._dialog_again(request, form, refusal)):
            return dialog
        self._tell(request, step, [(row, refusal)])
        page = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        url = reverse(page, args=[quote(row.pk)])
        # htmx posts the dialog, and without scripts the browser does.
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": url})
        return redirect(url)

    def run(self, request: HttpRequest, rows: Iterable[Any], step: Step) -> None:
        self._tell(request, step, [(row, self._take(request, row, step)) for row in rows])

    def _take(self, request: HttpRequest, row: Any, step: Step) -> Exception | None:
        """What the step was refused with."""
        try:
            step.call(row, signed_in(request))
        except tuple(self.refusals) as refusal:
            return refusal
        self.log_change(request, row, str(step.done))
        return None

    def _tell(self, request: HttpRequest, step: Step, taken: list[tuple[Any, Exception | None]]) -> None:
        for row, refusal in taken:
            if refusal:
                messages.error(request, f"{row}: {self._sentence(refusal)}")
        if done := [str(row) for row, refusal in taken if refusal is None]:
            messages.success(request, f"{step.done}: {', '.join(done)}")

    def _dialog_again(self, request: HttpRequest, form: StepForm, refusal: Exception) -> HttpResponse | None:
        """None where the step can no longer be taken, or is to be decided anew."""
        here = request.resolver_match.url_name if request.resolver_match else ""
        possible = {one.action_name: one.dialog for one in self.get_actions_detail(request, str(form.object_id))}
        dialog = possible.get(here or "")
        again = form.refused(refusal, self._sentence(refusal)) if dialog else None
        if not (dialog and again):
            return None
        context = {"dialog": dialog, "form": again, "form_submit_text": dialog.get("form_submit_text", "")}
        return render(request, "unfold/helpers/dialog.html", context)

    def _sentence(self, refusal: Exception) -> "StrOrPromise":
        sentences = (text for kind, text in self.refusals.items() if isinstance(refusal, kind))
        return next(sentences) or str(refusal)


class TranslatedAdmin(ShopAdmin, TabbedTranslationAdmin[Any]):
    """With a tab for each language in place of three fields."""

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("admin/language-tabs.css",)}


class OfOwnBranch(ShopAdmin):
    """Whoever works for one branch sees its rows alone; those of another branch are not found."""

    # Lookups to the branches that a row belongs to; where there are none, only the centre sees the row.
    branch_lookups: ClassVar[tuple[str, ...]] = ("branch",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.seen_by(signed_in(request), super().get_queryset(request))

    def seen_by(self, user: User, rows: QuerySet[Any]) -> QuerySet[Any]:
        branches = branches_seen_by(user)
        if branches is None:
            return rows
        if not self.branch_lookups:
            return rows.none()
        own = Q.create([(f"{lookup}__in", branches) for lookup in self.branch_lookups], connector=Q.OR)
        # In a subquery, for a row that belongs to two branches is still one row.
        return rows.filter(pk__in=self.model.objects.filter(own).values("pk"))

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Offers, and accepts, what this person sees."""
        related = db_field.remote_field.model
        if self.admin_site.is_registered(related):
            admin = self.admin_site.get_model_admin(related)
            if isinstance(admin, OfOwnBranch):
                kwargs.setdefault("queryset", admin.get_queryset(request))
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return field


class ReadOnly(ShopAdmin):
    """A page to look at: what it shows comes about elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TableInline(TabularInline):
    """A row of fields for each object. What a column's heading says to the eye, each field says by itself."""

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        field: FormField | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = field.label
        return field


class PartOfPage:
    """An inline whose rows are part of the page's object: who may change that may change them."""

    parent_model: type[Model]
    show_title = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add" if obj is None else "change")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change")

    def _may(self, request: HttpRequest, action: str) -> bool:
        opts = self.parent_model._meta
        return signed_in(request).has_perm(f"{opts.app_label}.{get_permission_codename(action, opts)}")


class ShownOnPage(PartOfPage):
    """An inline that is only looked at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class UntranslatedFilter(DropdownFilter):
    """Rows with a text that is there in Azerbaijani and missing in another language."""

    title = _("translation missing")
    parameter_name = "untranslated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, name) for code, name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in dict(self.lookup_choices):
            return queryset.filter(lacking(queryset.model, self.value()))
        return queryset
