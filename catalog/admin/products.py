"""Products with their texts, photos, makers and variants; publishing them and taking them back."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationStackedInline
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from artisans.admin.pity import WarnsOfPity
from catalog import availability, publishing, review
from catalog.admin.pictures import PictureFormSet, PictureInline, thumbnail
from catalog.admin.review import ReviewPage
from catalog.admin.texts import PublicTextsForm
from catalog.models import Photo, Product, ProductMaker, Variant
from dostshop import money
from dostshop.admin import (
    InlineFormSet,
    Labelled,
    OfOwnBranch,
    PartOfPage,
    Step,
    SteppedAdmin,
    TableInline,
    TranslatedAdmin,
    UntranslatedFilter,
    in_every_language,
)

THUMBNAIL_WIDTH = 48


PUBLISH = Step(lambda product, _actor: publishing.publish(product.pk), done=_("Published"))
TAKE_BACK = Step(lambda product, _actor: publishing.take_back(product.pk), done=_("Taken back as a draft"))
ARCHIVE = Step(lambda product, _actor: publishing.archive(product.pk), done=_("Archived"))


class StockFilter(DropdownFilter):
    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("available", _("available")), ("held", _("held now")), ("sold", _("none on hand"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "available":
                return queryset.filter(is_available=True)
            case "held":
                return queryset.filter(held__gt=0)
            case "sold":
                return queryset.filter(on_hand=0).exclude(kind=Product.Kind.MADE_TO_ORDER)
        return queryset


class GapFilter(DropdownFilter):
    title = _("what is missing")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return publishing.Gap.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in publishing.Gap:
            return publishing.lacking(queryset, self.value())
        return queryset


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
    fields = (("sku", "price"), "option", "position", ("on_hand", "held"))
    readonly_fields = ("on_hand", "held")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        return availability.with_stock(super().get_queryset(request))

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        """A variant takes its stock with it, and one that was ordered cannot go: archive the product instead."""
        return False

    @display(description=_("on hand"))
    def on_hand(self, variant: Variant) -> int:
        return getattr(variant, "on_hand", 0)

    @display(description=_("held"))
    def held(self, variant: Variant) -> int:
        return getattr(variant, "held", 0)


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


class PhotoInline(PictureInline):
    model = Photo
    formset = PhotoFormSet
    autocomplete_fields = ("people",)
    fields = ("preview", "original", "alt", "shows_person", "people", ("focus_x", "focus_y"), "position")


@admin.register(Product)
class ProductAdmin(ReviewPage, WarnsOfPity, OfOwnBranch, SteppedAdmin, TranslatedAdmin):
    form = PublicTextsForm
    texts = review.TEXTS
    refusals = {publishing.NotReady: None}
    list_display = ("picture", "name", "code", "kind", "state_shown", "craft", "branch", "price", "on_hand", "held")
    list_display_links = ("name",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
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
    readonly_fields = ("code", "state", "published_at")
    inlines = (PhotoInline, VariantInline, MakerInline)
    actions = ("publish_chosen", "take_back_chosen", "archive_chosen")
    actions_detail = ("publish", "take_back", "archive")
    fieldsets = (
        (_("In the shop"), {"fields": (("state", "published_at", "code"),)}),
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
        # What is not saved yet has no state, and its code is not the one that it will have.
        return fieldsets if obj else fieldsets[1:]

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
            **dict.fromkeys(Product.State, ""),
            Product.State.PUBLISHED: "success",
            Product.State.ARCHIVED: "warning",
        },
    )
    def state_shown(self, product: Product) -> Labelled:
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

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, PUBLISH)

    @admin.action(description=_("Take back as a draft"), permissions=["change"])
    def take_back_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, TAKE_BACK)

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive_chosen(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.run(request, chosen, ARCHIVE)

    @action(
        description=_("Publish"),
        permissions=["change"],
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": _("Publish this product?"),
            "description": _("It is shown in the shop from now on."),
            "form_submit_text": _("Publish"),
        },
    )
    def publish(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, PUBLISH)

    @action(
        description=_("Take back as a draft"),
        permissions=["change"],
        dialog={
            "title": _("Take this product back as a draft?"),
            "description": _("The shop stops showing it until it is published again."),
            "form_submit_text": _("Take back"),
        },
    )
    def take_back(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, TAKE_BACK)

    @action(
        description=_("Archive"),
        permissions=["change"],
        dialog={
            "title": _("Archive this product?"),
            "description": _("It leaves the shop for good, and its address says that the piece is gone."),
            "form_submit_text": _("Archive"),
        },
    )
    def archive(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self.run_on_one(request, object_id, ARCHIVE)
