"""Pictures on the pages of what they show: checked when uploaded, rendered by the worker once saved."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.core.files.storage import storages
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationStackedInline
from unfold.admin import StackedInline
from unfold.decorators import display

from catalog import photos, tasks
from catalog.admin.texts import PublicTextsForm
from catalog.models import Photo
from dostshop.admin import FileChoice, InlineFormSet, PartOfPage
from dostshop.pictures import Picture, Rendition

PREVIEW_WIDTH = 200
ACCEPTED = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif"


def thumbnail(renditions: Sequence[Rendition] | None, *, alt: str, width: int) -> SafeString | str:
    """The smallest rendition, in a box of the given width; nothing while the worker has not made it."""
    if not renditions:
        return ""
    smallest = min(renditions, key=lambda rendition: rendition["size"])
    return format_html(
        '<img src="{}" alt="{}" width="{}" height="{}" loading="lazy">',
        storages["renditions"].url(smallest["name"]),
        alt,
        width,
        round(smallest["height"] * width / smallest["width"]),
    )


class PictureForm(PublicTextsForm):
    def clean_original(self) -> Any:
        original = self.cleaned_data["original"]
        if "original" in self.changed_data:
            hints = photos.check_upload(original)
            if isinstance(self.instance, Photo):
                self.instance.hints = hints
        return original


class PictureFormSet(InlineFormSet):
    def save_new(self, form: Any, commit: bool = True) -> Picture:
        return self._rendered(super().save_new(form, commit), form)

    def save_existing(self, form: Any, obj: Picture, commit: bool = True) -> Picture:
        if "original" in form.changed_data:
            tasks.discard_later(obj, original=form.initial["original"].name)
        return self._rendered(super().save_existing(form, obj, commit), form)

    def delete_existing(self, obj: Picture, commit: bool = True) -> None:
        if commit:
            tasks.discard_later(obj)
        super().delete_existing(obj, commit)

    def _rendered(self, picture: Picture, form: Any) -> Picture:
        if picture.pk and set(picture.rendered_from) & set(form.changed_data):
            tasks.render_later(picture)
        return picture


class PictureInline(PartOfPage, StackedInline, TranslationStackedInline[Any, Any]):
    """Upload, alternative text in every language, focal point, and what the shop made of it."""

    form = PictureForm
    formset = PictureFormSet
    show_title = True
    extra = 0
    readonly_fields: ClassVar[tuple[str, ...]] = ("preview",)
    fields: ClassVar[tuple[str | tuple[str, ...], ...]] = ("preview", "original", "alt", ("focus_x", "focus_y"))

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        field: FormField | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name == "original":
            # No link to the file: originals are private, and what the shop shows is the preview.
            field.widget = FileChoice(accept=ACCEPTED)
        return field

    @display(description=_("preview"))
    def preview(self, picture: Picture) -> SafeString | str:
        if picture.pk and not picture.is_rendered:
            return gettext("The picture is being prepared. Look again in a minute.")
        return thumbnail(picture.renditions, alt=picture.alt, width=PREVIEW_WIDTH)


class PictureOfNobodyInline(PictureInline):
    fields = ("preview", "original", "shows_nobody", "alt", ("focus_x", "focus_y"))
