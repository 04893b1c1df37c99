from django.contrib import admin
from unfold.contrib.filters.admin import BooleanRadioFilter

from catalog.admin.pictures import PictureOfNobodyInline
from catalog.admin.texts import PublicTextsForm
from catalog.models import Collection, CollectionItem, CollectionPhoto
from dostshop.admin import PartOfPage, TableInline, TranslatedAdmin, UntranslatedFilter, in_every_language


class CollectionPhotoInline(PictureOfNobodyInline):
    model = CollectionPhoto


class CollectionItemInline(PartOfPage, TableInline):
    model = CollectionItem
    extra = 0
    autocomplete_fields = ("product",)
    ordering_field = "position"


@admin.register(Collection)
class CollectionAdmin(TranslatedAdmin):
    form = PublicTextsForm
    list_display = ("name", "starts_on", "ends_on", "is_featured", "position")
    list_filter = (("is_featured", BooleanRadioFilter), UntranslatedFilter)
    search_fields = ("slug", *in_every_language("name"))
    inlines = (CollectionPhotoInline, CollectionItemInline)
    fields = ("name", "slug", "text", ("starts_on", "ends_on"), "is_featured", "position")
