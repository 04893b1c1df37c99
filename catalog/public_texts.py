"""Every text that the shop shows: of what it is, and on whose page in the admin it is mended."""

from dataclasses import dataclass
from typing import Any, cast

from django.db.models import F, Func, Model, QuerySet, TextField, Value
from modeltranslation.translator import translator

from artisans.models import Artisan, ArtisanPhoto, Branch, BranchPhoto
from catalog.models import Collection, CollectionPhoto, Craft, Photo, Product, Variant
from catalog.review import Branches
from dostshop.pages.models import Page
from dostshop.translated import columns


@dataclass(frozen=True)
class Place:
    """Texts of one kind."""

    model: type[Model]
    # What staff know it by: a code, or an address.
    known_by: str
    # On whose page it is mended, where not on its own, and of which branch it is, if of one.
    owner: str = ""
    branch: str = ""
    # What is shown without being translated.
    plain: tuple[str, ...] = ()

    def texts(self) -> list[str]:
        translated = translator.get_options_for_model(self.model).all_fields
        return [*(column for field in translated for column in columns(field)), *self.plain]

    def rows(self, branches: Branches) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.order_by("pk")
        rows = rows.select_related(self.owner) if self.owner else rows
        return branches.of(rows, self.branch) if self.branch else rows if branches.keys is None else rows.none()

    @property
    def kind_of_page(self) -> type[Model]:
        kind = self.model._meta.get_field(self.owner).related_model if self.owner else self.model
        return cast("type[Model]", kind)

    def page_of(self, row: Any) -> Model:
        page: Model = getattr(row, self.owner) if self.owner else row
        return page


PLACES = (
    Place(Product, "code", branch="branch", plain=("slug",)),
    Place(Variant, "product__code", owner="product", branch="product__branch"),
    Place(Photo, "product__code", owner="product", branch="product__branch"),
    Place(Artisan, "code", branch="branch"),
    Place(ArtisanPhoto, "artisan__code", owner="artisan", branch="artisan__branch"),
    Place(Branch, "slug", branch="pk", plain=("slug",)),
    Place(BranchPhoto, "branch__slug", owner="branch", branch="branch"),
    Place(Collection, "slug", plain=("slug",)),
    Place(CollectionPhoto, "collection__slug", owner="collection"),
    Place(Craft, "slug", plain=("slug",)),
    Place(Page, "slug", plain=("slug", "search_words")),
)


def together(texts: list[str]) -> Func:
    """All of a row as one text."""
    return Func(Value(" "), *(F(text) for text in texts), function="concat_ws", output_field=TextField())
