from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action

from dostshop.admin import PartOfPage, TableInline, TranslatedAdmin, UntranslatedFilter, in_every_language, signed_in
from orders.models import DeliveryMethod, DeliveryRate


class RateInline(PartOfPage, TableInline):
    model = DeliveryRate
    extra = 0
    min_num = 1


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(TranslatedAdmin):
    list_display = ("name", "countries", "fragile_surcharge", "days_min", "days_max", "is_active", "position")
    list_filter = (("is_active", BooleanRadioFilter), UntranslatedFilter)
    search_fields = in_every_language("name")
    inlines = (RateInline,)
    actions_list = ("preview",)
    fields = (
        "name",
        "note",
        "countries",
        "towns",
        "fragile_surcharge",
        ("days_min", "days_max"),
        "has_tracking",
        "is_active",
        "position",
    )

    @action(description=_("What delivery costs"), permissions=["preview"])
    def preview(self, request: HttpRequest) -> HttpResponse:
        return redirect("work:delivery")

    def has_preview_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).has_perm("orders.change_order")
