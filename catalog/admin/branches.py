"""A branch with its picture. The pictures are this app's work, so the page is here and not with the makers."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from artisans.models import Branch, BranchPhoto, OpeningHours
from catalog.admin.pictures import PictureOfNobodyInline
from catalog.admin.texts import PublicTextsForm
from dostshop.admin import (
    Labelled,
    OfOwnBranch,
    PartOfPage,
    TableInline,
    TranslatedAdmin,
    UntranslatedFilter,
    in_every_language,
)


class BranchPhotoInline(PictureOfNobodyInline):
    model = BranchPhoto


class OpeningHoursInline(PartOfPage, TableInline):
    model = OpeningHours
    extra = 0
    show_title = True


@admin.register(Branch)
class BranchAdmin(OfOwnBranch, TranslatedAdmin):
    form = PublicTextsForm
    branch_lookups = ("pk",)
    list_display = ("name", "city", "phone", "email", "pickup", "position")
    list_filter = (("offers_pickup", BooleanRadioFilter), UntranslatedFilter)
    search_fields = ("slug", *in_every_language("name", "city"))
    inlines = (OpeningHoursInline, BranchPhotoInline)
    fields = (
        "name",
        "city",
        "slug",
        "text",
        "address",
        ("phone", "email"),
        ("latitude", "longitude"),
        ("offers_pickup", "preparation_days"),
        "position",
    )

    @display(
        description=_("pickup"),
        ordering="offers_pickup",
        label={"offered": "success", "possible": "info", "impossible": "warning"},
    )
    def pickup(self, branch: Branch) -> Labelled:
        if branch.offers_pickup:
            return Labelled("offered", gettext("offered"))
        if branch.lacks_for_pickup:
            return Labelled("impossible", gettext("address or phone missing"))
        return Labelled("possible", gettext("not offered"))
