"""A branch with its picture. The pictures are this app's work, so the page is here and not with the makers."""

from django.contrib import admin
from unfold.contrib.filters.admin import BooleanRadioFilter

from artisans.models import Branch, BranchPhoto
from catalog.admin.pictures import PictureInline
from dostshop.admin import OfOwnBranch, TranslatedAdmin, UntranslatedFilter, in_every_language


class BranchPhotoInline(PictureInline):
    model = BranchPhoto


@admin.register(Branch)
class BranchAdmin(OfOwnBranch, TranslatedAdmin):
    branch_lookups = ("pk",)
    list_display = ("name", "city", "phone", "email", "offers_pickup", "position")
    list_filter = (("offers_pickup", BooleanRadioFilter), UntranslatedFilter)
    search_fields = ("slug", *in_every_language("name", "city"))
    inlines = (BranchPhotoInline,)
    fields = (
        "name",
        "city",
        "slug",
        "text",
        "address",
        "opening_hours",
        ("phone", "email"),
        ("latitude", "longitude"),
        "offers_pickup",
        "position",
    )
