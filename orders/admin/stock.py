"""How many pieces there are and for whom they are kept. Changed only through ``orders/stock.py``."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from catalog import availability
from catalog.models import Product, Variant
from dostshop import money
from dostshop.admin import OfOwnBranch, ReadOnly, Step, StepForm, SteppedAdmin, in_every_language, signed_in
from dostshop.locks import Busy
from orders import stock
from orders.models import Hold

LIVE = Q(released_at__isnull=True, expires_at__gt=Now())


class QuantityForm(StepForm):
    refused_at: ClassVar = {stock.OutOfStock: "quantity"}

    quantity = forms.IntegerField(
        label=_("How many pieces"),
        initial=1,
        validators=[MinValueValidator(1)],
        max_value=1000,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the number that a link suggests."""
        super().__init__(*args, **kwargs)
        suggested = self.request.GET.get("quantity", "")
        if suggested.isdecimal():
            self.fields["quantity"].initial = int(suggested)


class LeftFilter(DropdownFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("available", _("available")), ("held", _("held now")), ("sold", _("none on hand"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"available": Q(available__gt=0), "held": Q(held__gt=0), "sold": Q(on_hand=0)}
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(Variant)
class StockAdmin(ReadOnly, OfOwnBranch, SteppedAdmin):
    """Every variant that is counted. Its texts and its price are on the page of its product."""

    branch_lookups = ("product__branch",)
    refusals = {
        stock.OutOfStock: _("Not so many are there and free."),
        Busy: _("Somebody is buying it at this moment. Try again."),
    }
    list_display = ("__str__", "sku", "branch", "price_shown", "on_hand", "held", "available")
    list_filter = (
        LeftFilter,
        ("product__branch", RelatedDropdownFilter),
        ("product__craft", RelatedDropdownFilter),
    )
    list_select_related = ("product__branch",)
    search_fields = ("sku", "code", "product__code", *in_every_language("product__name"))
    ordering = ("product", "position", "pk")
    actions = ("preview_delivery",)
    actions_detail = ("receive", "write_off")
    fields = ("product", "option", "sku", "code", "price", "on_hand", "held", "available")
    readonly_fields = ("on_hand", "held", "available")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted = super().get_queryset(request).exclude(product__kind=Product.Kind.MADE_TO_ORDER)
        return availability.with_stock(counted)

    def has_stock_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return signed_in(request).has_perm("orders.change_stock")

    def has_delivery_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).has_perm("orders.change_order")

    @admin.action(description=_("What delivery costs"), permissions=["delivery"])
    def preview_delivery(self, request: HttpRequest, chosen: QuerySet[Variant]) -> HttpResponse:
        codes = " ".join(chosen.values_list("code", flat=True))
        return redirect(f"{reverse('work:delivery')}?{urlencode({'pieces': codes})}")

    @display(description=_("branch"), ordering="product__branch")
    def branch(self, variant: Variant) -> str:
        return str(variant.product.branch)

    @display(description=_("price"), ordering="price")
    def price_shown(self, variant: Variant) -> str:
        return money.text(variant.price)

    @display(description=_("on hand"), ordering="on_hand")
    def on_hand(self, variant: Any) -> int:
        return int(variant.on_hand)

    @display(description=_("held"), ordering="held")
    def held(self, variant: Any) -> int | str:
        return int(variant.held) or ""

    @display(description=_("available"), ordering="available")
    def available(self, variant: Any) -> int:
        return int(variant.available)

    @action(
        description=_("Receive pieces"),
        permissions=["stock"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Receive pieces"),
            "description": _("They are added to what is on hand."),
            "form_class": QuantityForm,
            "form_submit_text": _("Receive"),
        },
    )
    def receive(self, request: HttpRequest, form: QuantityForm, object_id: str) -> HttpResponse:
        count = form.cleaned_data["quantity"]
        done = ngettext("%(count)s piece received", "%(count)s pieces received", count) % {"count": count}
        step = Step(lambda variant, _actor: stock.receive(variant.pk, quantity=count), done=done)
        return self.run_on_one(request, object_id, step, form=form)

    @action(
        description=_("Write off pieces"),
        permissions=["stock"],
        dialog={
            "title": _("Write off pieces"),
            "description": _("Broken, lost or sold elsewhere. Pieces that somebody holds cannot go."),
            "form_class": QuantityForm,
            "form_submit_text": _("Write off"),
        },
    )
    def write_off(self, request: HttpRequest, form: QuantityForm, object_id: str) -> HttpResponse:
        count = form.cleaned_data["quantity"]
        done = ngettext("%(count)s piece written off", "%(count)s pieces written off", count) % {"count": count}
        step = Step(lambda variant, _actor: stock.write_off(variant.pk, quantity=count), done=done)
        return self.run_on_one(request, object_id, step, form=form)


class HeldFilter(DropdownFilter):
    """The list opens with what is held now."""

    all_option = None
    title = _("hold")
    parameter_name = "hold"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("held now")), ("over", _("over")), ("all", _("all"))]

    def value(self) -> str:
        return super().value() or "now"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"now": LIVE, "over": ~LIVE}
        return queryset.filter(conditions.get(self.value(), Q()))


@admin.register(Hold)
class HoldAdmin(ReadOnly, OfOwnBranch):
    branch_lookups = ("variant__product__branch",)
    list_display = ("variant", "quantity", "order", "began_at", "expires_at", "released_at")
    list_filter = (HeldFilter, ("variant__product__branch", RelatedDropdownFilter))
    list_select_related = ("variant__product", "order")
    ordering = ("-pk",)
    search_fields = ("variant__sku", "order__code", *in_every_language("variant__product__name"))
    fields = ("variant", "quantity", "order", "began_at", "expires_at", "released_at")
