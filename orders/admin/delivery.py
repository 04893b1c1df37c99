from django.contrib import admin
from unfold.contrib.filters.admin import BooleanRadioFilter

from dostshop.admin import PartOfPage, TableInline, TranslatedAdmin, UntranslatedFilter, in_every_language
from orders.models import DeliveryMethod, DeliveryRate


class RateInline(PartOfPage, TableInline):
    model = DeliveryRate
    extra = 0
    min_num = 1


@admin.register(DeliveryMethod)
class DeliveryMethodAdmin(TranslatedAdmin):
    list_display = ("name", "countries", "days_min", "days_max", "is_active", "position")
    list_filter = (("is_active", BooleanRadioFilter), UntranslatedFilter)
    search_fields = in_every_language("name")
    inlines = (RateInline,)
    fields = ("name", "note", "countries", ("days_min", "days_max"), "is_active", "position")
