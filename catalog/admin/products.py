"""Products with their texts, photos, makers and variants; publishing them and taking them back."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationStackedInline
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from artisans.admin.pity import WarnsOfPity
from catalog import availability, review
from catalog.admin.labels import PrintsLabels
from catalog.admin.pictures import PictureFormSet, PictureInline, thumbnail
from catalog.admin.product_filters import GapFilter, StateFilter, StockFilter
from catalog.admin.product_steps import SteppedProductAdmin
from catalog.admin.review import ReviewPage
from catalog.admin.texts import PublicTextsForm
from catalog.admin.versions import HistoryAdmin
from catalog.models import Hint, Photo, Product, ProductMaker, Variant
from dostshop import money
from dostshop.admin import (
    InlineFormSet,
    Labelled,
    PartOfPage,
    TableInline,
    TranslatedAdmin,
    UntranslatedFilter,
    in_every_language,
    signed_in,
)
from dostshop.dates import day_and_time

THUMBNAIL_WIDTH = 48


class MakerFormSet(InlineFormSet):
    def clean(self) -> None:
        """The message; that the shares sum to 100 the database itself sees to."""
        super().clean()
        if any(self.errors):
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        total = sum((maker["share"] for maker in kept), Decimal(0))
        if kept and total != 100:
            raise ValidationError(gettext("The makers' shares sum to %(total)s, not to 100."), params={"total": total})


class MakerInline(PartOfPage, TableInline):
    model = ProductMaker
    formset = MakerFormSet
    extra = 0
    autocomplete_fields = ("artisan",)


class VariantInline(PartOfPage, StackedInline, TranslationStackedInline[Any, Any]):
    model = Variant
    form = PublicTextsForm
    show_title = True
    extra = 0
    min_num = 1
    fields = (("sku", "price"), "option", "position", ("on_hand", "held"), "receive")
    readonly_fields = ("on_hand", "held", "receive")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        return availability.with_stock(super().get_queryset(request).select_related("product__proposal"))

    def get_fields(self, request: HttpRequest, obj: Product | None = None) -> Any:
        may_receive = obj and obj.is_counted and signed_in(request).has_perm("orders.change_stock")
        return self.fields if may_receive else self.fields[:-1]

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """A variant takes its stock with it, and one that was ordered cannot go: archive the product instead."""
        return False

    @display(description=_("on hand"))
    def on_hand(self, variant: Variant) -> int:
        return getattr(variant, "on_hand", 0)

    @display(description=_("held"))
    def held(self, variant: Variant) -> int:
        return getattr(variant, "held", 0)

    @display(description=_("the shelf"))
    def receive(self, variant: Variant) -> SafeString | str:
        """To put pieces on it: as many as the instructor said, where there are none yet."""
        if not variant.pk:
            return ""
        product, is_bare = variant.product, not getattr(variant, "on_hand", 0)
        count = product.proposal.pieces if is_bare and hasattr(product, "proposal") else 1
        address = reverse("admin:catalog_variant_receive", args=[variant.pk], query={"quantity": count})
        # Opens in place, as the steps of the page do.
        return format_html(
            '<a class="underline" href="{0}" hx-get="{0}" hx-target="#modal-content" hx-select="#dialog" '
            'x-on:htmx:after-on-load="openModal = true">{1}</a>',
            address,
            gettext("Receive pieces"),
        )


class PhotoFormSet(PictureFormSet):
    def clean(self) -> None:
        """Whoever is named is visible; and a product in the shop keeps what it needed to get there."""
        super().clean()
        if any(self.errors):
            return
        for form in self.forms:
            if form.cleaned_data.get("people") and not form.cleaned_data["shows_person"]:
                form.add_error("shows_person", gettext("Somebody is named as visible: tick this too."))
        if self.instance.state != Product.State.PUBLISHED:
            return
        kept = [
            form for form in self.forms if form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]
        if not kept:
            raise ValidationError(gettext("This product is in the shop and needs a photo."))
        for form in kept:
            if not form.cleaned_data["alt_az"]:
                form.add_error("alt_az", gettext("This product is in the shop and needs the text."))
            if form.cleaned_data["shows_person"] is None:
                form.add_error("shows_person", gettext("This product is in the shop: say whether a person is visible."))


class PhotoInline(PictureInline):
    model = Photo
    formset = PhotoFormSet
    autocomplete_fields = ("people",)
    readonly_fields = ("preview", "noticed")
    fields = (
        "preview",
        "noticed",
        "original",
        "alt",
        "shows_person",
        "people",
        ("turn", "cut_left", "cut_right", "cut_top", "cut_bottom"),
        ("focus_x", "focus_y"),
        "position",
    )

    @display(description=_("noticed"))
    def noticed(self, photo: Photo) -> str:
        return ", ".join(str(Hint(hint).label) for hint in photo.hints)


@admin.register(Product)
class ProductAdmin(ReviewPage, PrintsLabels, HistoryAdmin, WarnsOfPity, SteppedProductAdmin, TranslatedAdmin):
    form = PublicTextsForm
    texts = review.TEXTS
    list_display = ("picture", "name", "code", "kind", "state_shown", "craft", "branch", "price", "on_hand", "held")
    list_display_links = ("name",)
    list_filter = (
        StateFilter,
        StockFilter,
        GapFilter,
        UntranslatedFilter,
        ("kind", ChoicesDropdownFilter),
        ("craft", RelatedDropdownFilter),
        ("branch", RelatedDropdownFilter),
    )
    list_select_related = ("craft", "branch")
    search_fields = ("code", "variants__sku", *in_every_language("name", "artisans__display_name"))
    autocomplete_fields = ("craft", "branch")
    readonly_fields = (
        *("code", "state", "shown_from", "what_is_missing", "preview", "history"),
        *("words", "voice_note", "suggested_price", "pieces", "instructor"),
    )
    inlines = (PhotoInline, VariantInline, MakerInline)
    actions = (
        *("approve_chosen", "publish_chosen", "take_back_chosen", "archive_chosen"),
        *("change_prices", "change_collection", "change_branch", "print_labels"),
    )
    actions_detail = ("approve", "ask_changes", "publish", "publish_at", "take_back", "archive")
    fieldsets = (
        (_("In the shop"), {"fields": (("state", "shown_from", "code"), "what_is_missing", "preview", "history")}),
        (None, {"fields": ("name", "description", "kind", ("craft", "branch"))}),
        (_("Making"), {"fields": ("materials", "technique", "care", ("year", "lead_time_days"), "is_personalised")}),
        (
            _("Size and post"),
            {
                "fields": (
                    "size_note",
                    ("width_mm", "height_mm", "depth_mm"),
                    ("weight_g", "is_fragile"),
                    "export_permit",
                )
            },
        ),
        (_("Food"), {"fields": ("shelf_life", "energy_kcal"), "classes": ("collapse",)}),
        (_("Address"), {"fields": ("slug",), "classes": ("collapse",)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Product | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            # What is not saved yet has no state, and its code is not the one that it will have.
            return fieldsets[1:]
        said = (self.from_the_studio,) if hasattr(obj, "proposal") else ()
        return (fieldsets[0], *said, *fieldsets[1:])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        first_photo = Photo.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
        products: Any = super().get_queryset(request)
        return availability.with_availability(products).annotate(
            first_renditions=Subquery(first_photo.values("renditions")[:1])
        )

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """Its variants cannot go, so neither can it: it is archived instead."""
        return False

    @display(description=_("photo"))
    def picture(self, product: Any) -> SafeString | str:
        return thumbnail(product.first_renditions, alt="", width=THUMBNAIL_WIDTH)

    @display(
        description=_("state"),
        ordering="state",
        # Those without a colour too: a state that is not named here is shown as its value.
        label={
            **dict.fromkeys(Product.State.values, ""),
            Product.State.SUBMITTED.value: "info",
            Product.State.PUBLISHED.value: "success",
            Product.State.ARCHIVED.value: "warning",
            "to_come": "info",
        },
    )
    def state_shown(self, product: Product) -> Labelled:
        if product.is_to_come and product.published_at:
            day = gettext("to be published on %(day)s") % {"day": day_and_time(product.published_at)}
            return Labelled("to_come", day)
        return Labelled(product.state, product.get_state_display())

    @display(description=_("price"), ordering="lowest_price")
    def price(self, product: Any) -> str:
        if product.lowest_price is None:
            return ""
        if product.lowest_price == product.highest_price:
            return money.text(product.lowest_price)
        return f"{money.number(product.lowest_price)} – {money.text(product.highest_price)}"

    @display(description=_("on hand"), ordering="on_hand")
    def on_hand(self, product: Any) -> int | str:
        return product.on_hand if product.is_counted else ""

    @display(description=_("held"), ordering="held")
    def held(self, product: Any) -> int | str:
        return product.held or ""
