"""Information pages. Their texts are compared with names of makers, so the page is here and not with the pages."""

from django.contrib import admin

from catalog.admin.texts import PublicTextsForm
from dostshop.admin import TranslatedAdmin, UntranslatedFilter, in_every_language
from dostshop.pages.models import Page


@admin.register(Page)
class PageAdmin(TranslatedAdmin):
    form = PublicTextsForm
    list_display = ("title", "slug", "updated_at")
    list_filter = (UntranslatedFilter,)
    search_fields = ("slug", *in_every_language("title", "body"))
    fields = ("slug", "title", "body", "search_words")
