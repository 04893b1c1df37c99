"""Changing many products at once: what is to be changed, what that does to each of them, and then it is done."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from artisans.models import Branch
from catalog import bulk, publishing
from catalog.models import Collection, Product, ProductEvent
from dostshop.accounts.models import has_perm_everywhere
from dostshop.admin import OfOwnBranch, Step, SteppedAdmin, SumField, signed_in
from dostshop.locks import Busy

Kind = ProductEvent.Kind
APPROVE = Step(
    lambda product, actor: publishing.approve(product.pk, actor=actor), done=pgettext_lazy("of a piece", "Approved")
)
PUBLISH = Step(lambda product, actor: publishing.publish(product.pk, actor=actor), done=_("Published"))
TAKE_BACK = Step(lambda product, actor: publishing.take_back(product.pk, actor=actor), done=_("Taken back as a draft"))
ARCHIVE = Step(lambda product, actor: publishing.archive(product.pk, actor=actor), done=_("Archived"))
STEPS = {Kind.APPROVED: APPROVE, Kind.PUBLISHED: PUBLISH, Kind.TAKEN_BACK: TAKE_BACK, Kind.ARCHIVED: ARCHIVE}


TITLES = {
    Kind.APPROVED: pgettext_lazy("of a piece", "Approve"),
    Kind.PUBLISHED: _("Publish"),
    Kind.TAKEN_BACK: _("Take back as a draft"),
    Kind.ARCHIVED: _("Archive"),
}


class WishForm(forms.Form):
    title: ClassVar[Any]

    def wish(self) -> bulk.Wish:
        raise NotImplementedError


class PriceForm(WishForm):
    title = _("Change prices")

    how = forms.ChoiceField(
        label=_("How"),
        choices=[("amount", _("set one price, in manat")), ("percent", _("raise or lower by percent"))],
        widget=UnfoldAdminRadioSelectWidget,
    )
    value = SumField(
        label=_("Manat, or percent"),
        help_text=_("To lower prices, write a minus before the percent."),
        max_digits=9,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    step = forms.TypedChoiceField(
        label=_("Rounded to"),
        help_text=_("Where prices are changed by percent."),
        choices=[("0.01", _("1 qəpik")), ("0.50", _("50 qəpik")), ("1.00", _("1 manat"))],
        coerce=Decimal,
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any] | None:
        value = self.cleaned_data.get("value")
        low, high = (Decimal("0.01"), bulk.HIGHEST_PRICE)
        if self.cleaned_data.get("how") == "percent":
            low, high = Decimal(-90), Decimal(200)
        if value is not None and not low <= value <= high:
            limits = {"low": low, "high": high}
            self.add_error("value", gettext("Choose a number from %(low)s to %(high)s.") % limits)
        return self.cleaned_data

    def wish(self) -> bulk.Wish:
        if self.cleaned_data["how"] == "amount":
            return bulk.Price(amount=self.cleaned_data["value"])
        return bulk.Price(percent=self.cleaned_data["value"], step=self.cleaned_data["step"])


class CollectionForm(WishForm):
    title = _("Change a collection")

    collection = forms.ModelChoiceField(
        label=_("collection"), queryset=Collection.objects.all(), widget=UnfoldAdminSelectWidget
    )
    is_wanted = forms.TypedChoiceField(
        label=_("What is to be done"),
        choices=[("yes", _("add them")), ("no", _("take them out"))],
        coerce=lambda typed: typed == "yes",
        widget=UnfoldAdminRadioSelectWidget,
    )

    def wish(self) -> bulk.Wish:
        return bulk.InCollection(self.cleaned_data["collection"], is_wanted=self.cleaned_data["is_wanted"])


class BranchForm(WishForm):
    title = _("Change the branch")

    branch = forms.ModelChoiceField(
        label=_("branch"),
        help_text=_("Where the pieces are kept from now on. Bring them there first."),
        queryset=Branch.objects.all(),
        widget=UnfoldAdminSelectWidget,
    )

    def wish(self) -> bulk.Wish:
        return bulk.AtBranch(self.cleaned_data["branch"])


class ChangesManyAdmin(OfOwnBranch, SteppedAdmin):
    def has_publishing_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """The Centre decides what is in the shop; a branch looks."""
        return has_perm_everywhere(signed_in(request), "catalog.change_product")

    def has_collections_permission(self, request: HttpRequest) -> bool:
        return has_perm_everywhere(signed_in(request), "catalog.change_collection")

    @admin.action(description=TITLES[Kind.APPROVED], permissions=["publishing"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._step(request, chosen, Kind.APPROVED)

    @admin.action(description=TITLES[Kind.PUBLISHED], permissions=["publishing"])
    def publish_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._step(request, chosen, Kind.PUBLISHED)

    @admin.action(description=TITLES[Kind.TAKEN_BACK], permissions=["publishing"])
    def take_back_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._step(request, chosen, Kind.TAKEN_BACK)

    @admin.action(description=TITLES[Kind.ARCHIVED], permissions=["publishing"])
    def archive_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._step(request, chosen, Kind.ARCHIVED)

    @admin.action(description=_("Change prices"), permissions=["change"])
    def change_prices(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change(request, chosen, PriceForm)

    @admin.action(description=_("Change a collection"), permissions=["collections"])
    def change_collection(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change(request, chosen, CollectionForm)

    @admin.action(description=_("Change the branch"), permissions=["publishing"])
    def change_branch(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change(request, chosen, BranchForm)

    def _step(self, request: HttpRequest, chosen: QuerySet[Any], kind: Kind) -> HttpResponse | None:
        """Each product by itself: those that are refused stay, and are named."""
        if (keys := self._keys(request, chosen)) is None:
            return None
        found = bulk.changes(keys, bulk.Step(kind))
        if "seal" not in request.POST:
            return self._page(request, keys, title=TITLES[kind], found=found)
        self.run(request, chosen.filter(pk__in=[change.product_pk for change in found]), STEPS[kind])
        return None

    def _change(self, request: HttpRequest, chosen: QuerySet[Any], form_class: type[WishForm]) -> HttpResponse | None:
        """All of them, or none."""
        if (keys := self._keys(request, chosen)) is None:
            return None
        form = form_class(request.POST if "wish" in request.POST else None)
        if not form.is_valid():
            return self._page(request, keys, title=form.title, form=form)
        if "seal" in request.POST:
            try:
                done = bulk.apply(keys, form.wish(), shown=request.POST["seal"], actor_pk=signed_in(request).pk)
            except bulk.OtherThanShown:
                messages.error(request, gettext("Something was changed meanwhile. Nothing is done yet; look again."))
            except Busy:
                messages.error(request, gettext("Somebody else is at work on it at this moment. Try again."))
            else:
                self._tell_of(request, done, form)
                return None
        return self._page(request, keys, title=form.title, form=form, found=bulk.changes(keys, form.wish()))

    def _keys(self, request: HttpRequest, chosen: QuerySet[Any]) -> list[int] | None:
        keys = list(chosen.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])
        if len(keys) > bulk.MOST:
            messages.error(request, gettext("Choose at most %(most)s products.") % {"most": bulk.MOST})
            return None
        return keys

    def _tell_of(self, request: HttpRequest, done: Sequence[bulk.Change], form: WishForm) -> None:
        keys = {change.product_pk for change in done}
        changed = Product.objects.filter(pk__in=keys)
        LogEntry.objects.log_actions(signed_in(request).pk, changed, CHANGE, str(form.title))
        told = ngettext("%(count)s product is changed.", "%(count)s products are changed.", len(keys))
        messages.success(request, told % {"count": len(keys)})

    def _page(
        self,
        request: HttpRequest,
        keys: list[int],
        *,
        title: Any,
        form: WishForm | None = None,
        found: list[bulk.Change] | None = None,
    ) -> HttpResponse:
        changes = found or []
        refused = [change for change in changes if change.refusal]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "keys": keys,
            "key_name": ACTION_CHECKBOX_NAME,
            "action": request.POST["action"],
            "found": found,
            "refused": refused,
            # What is all or nothing waits until nothing is refused.
            "can_be_done": len(refused) < (len(changes) if form is None else min(len(changes), 1)),
            "seal": bulk.seal(found) if found is not None else "",
        }
        return TemplateResponse(request, "admin/catalog/bulk.html", context)
