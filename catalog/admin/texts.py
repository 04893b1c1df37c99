"""The form of whatever has texts that the shop shows: it takes none that tells the legal name of a maker."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from catalog import legal_names

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm


class PublicTextsForm(ModelForm):
    # Beginnings of names of fields that are compared with the legal name elsewhere.
    compared_elsewhere: ClassVar[tuple[str, ...]] = ()

    def clean(self) -> dict[str, Any] | None:
        """What was there before is listed for review, and stands in nobody's way here."""
        cleaned = super().clean()
        typed = {name: self.cleaned_data.get(name) for name in self.changed_data}
        texts = {
            name: text
            for name, text in typed.items()
            if text and isinstance(text, str) and not name.startswith(self.compared_elsewhere or "\0")
        }
        for name in legal_names.told_in(texts) if texts else ():
            self.add_error(
                name, _("This tells the legal name of a maker. Makers are named as they chose, and not otherwise.")
            )
        return cleaned
