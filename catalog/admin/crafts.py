from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import RelatedDropdownFilter

from catalog.admin.texts import PublicTextsForm
from catalog.models import Craft
from dostshop.admin import TranslatedAdmin, UntranslatedFilter, in_every_language


class MainCraftFilter(RelatedDropdownFilter):
    """Offers the crafts of the first level: only they have techniques."""

    def field_choices(self, field: object, request: HttpRequest, model_admin: object) -> list[tuple[int, str]]:
        return [(craft.pk, str(craft)) for craft in Craft.objects.filter(parent=None)]


@admin.register(Craft)
class CraftAdmin(TranslatedAdmin):
    form = PublicTextsForm
    list_display = ("name", "parent", "tax_class", "needs_export_permit", "hs_code", "position")
    list_filter = (("parent", MainCraftFilter), "needs_export_permit", UntranslatedFilter)
    list_select_related = ("parent",)
    search_fields = ("slug", *in_every_language("name"))
    autocomplete_fields = ("parent", "artisans")
    fields = (
        "parent",
        "name",
        "slug",
        "text",
        "tax_class",
        ("needs_export_permit", "hs_code"),
        "artisans",
        "position",
    )
