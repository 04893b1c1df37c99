"""The makers. Branches have their page in ``catalog/admin/branches.py``, beside the pictures that it carries."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter

from artisans.models import Artisan, ArtisanPrivate, PublicArtisan
from dostshop.admin import OfOwnBranch, TranslatedAdmin, UntranslatedFilter, in_every_language


@admin.register(Artisan)
class ArtisanAdmin(OfOwnBranch, TranslatedAdmin):
    list_display = ("__str__", "code", "branch", "is_public")
    list_filter = (
        ("branch", RelatedDropdownFilter),
        ("is_public", BooleanRadioFilter),
        UntranslatedFilter,
    )
    list_select_related = ("branch",)
    search_fields = ("code", "slug", *in_every_language("display_name"))
    autocomplete_fields = ("branch",)
    prepopulated_fields = {"slug": ("display_name",)}
    fields = ("branch", "display_name", "slug", "story", "place", "affiliation", "is_public")

    def view_on_site(self, artisan: Artisan) -> str | None:
        """The maker's page in the shop, where the consents allow one."""
        shown = PublicArtisan.objects.on_site().filter(pk=artisan.pk).first()
        return shown.get_absolute_url() if shown else None


@admin.register(ArtisanPrivate)
class ArtisanPrivateAdmin(OfOwnBranch):
    """On a page of its own, for whoever may see it: nothing of it stands on a page that others open."""

    branch_lookups = ("artisan__branch",)
    list_display = ("legal_name", "artisan", "branch")
    list_filter = (("artisan__branch", RelatedDropdownFilter),)
    list_select_related = ("artisan__branch",)
    search_fields = ("legal_name", "artisan__code", *in_every_language("artisan__display_name"))
    autocomplete_fields = ("artisan",)

    @admin.display(ordering="artisan__branch")
    def branch(self, record: ArtisanPrivate) -> str:
        return str(record.artisan.branch)

    def get_readonly_fields(self, request: HttpRequest, obj: ArtisanPrivate | None = None) -> tuple[str, ...]:
        """The record is the maker's for good: its key is the maker."""
        return ("artisan",) if obj else ()
