from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter

from dostshop.accounts.models import branches_seen_by
from dostshop.admin import OfOwnBranch, TranslatedAdmin, in_every_language, signed_in
from orders.models import Holiday

if TYPE_CHECKING:
    from django.db.models import ForeignKey
    from django.forms import ModelChoiceField


class WhenFilter(DropdownFilter):
    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("coming", _("now and to come")), ("past", _("past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today: date = timezone.localdate()
        match self.value():
            case "coming":
                return queryset.filter(last_day__gte=today)
            case "past":
                return queryset.filter(last_day__lt=today)
        return queryset


@admin.register(Holiday)
class HolidayAdmin(OfOwnBranch, TranslatedAdmin):
    """Days that count for every branch are the centre's to set."""

    list_display = ("name", "first_day", "last_day", "branch")
    list_filter = (WhenFilter, ("branch", RelatedDropdownFilter))
    list_select_related = ("branch",)
    search_fields = in_every_language("name")
    ordering = ("-first_day",)
    fields = ("name", ("first_day", "last_day"), "branch")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> "ModelChoiceField[Any] | None":
        """Whoever works for one branch closes that branch, and never all of them."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and branches_seen_by(signed_in(request)) is not None:
            field.required = True
            field.help_text = ""
        return field
