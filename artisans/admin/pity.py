"""Words of pity: the list, and the warning where they are written."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from artisans import dignity
from artisans.models import PityWord
from dostshop.admin import ShopAdmin


class WarnsOfPity(ShopAdmin):
    """Saves what was written, and says which of its words are of pity."""

    texts: ClassVar[Iterable[str]]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        words = dignity.found_in(obj, fields=self.texts, by_language=dignity.patterns())
        if words:
            sentence = _("It is saved. These words speak of pity and not of the work; look for others: %(words)s.")
            messages.warning(request, sentence % {"words": ", ".join(words)})


@admin.register(PityWord)
class PityWordAdmin(ShopAdmin):
    list_display = ("word", "language")
    list_filter = (("language", ChoicesDropdownFilter),)
    search_fields = ("word",)
