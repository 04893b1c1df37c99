"""The form of a maker: refused where it was opened before the maker took something back."""

from typing import Any

from django import forms
from django.db.models import Max
from django.utils.translation import gettext as _

from artisans.models import Artisan, Withdrawal
from dostshop.locks import Busy, short_transaction


class MakerForm(forms.ModelForm):  # type: ignore[type-arg]
    # What the maker had taken back last when the page was opened.
    last_withdrawal = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "last_withdrawal" in self.fields:
            self.initial["last_withdrawal"] = _last_withdrawal(self.instance.pk)

    def clean_slug(self) -> str:
        """A code is the address of its maker, once the name is taken back."""
        slug: str = self.cleaned_data["slug"]
        if Artisan.objects.exclude(pk=self.instance.pk).filter(code=slug.upper()).exists():
            raise forms.ValidationError(_("This address is kept for another maker. Choose another one."))
        return slug

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk:
            self._hold()
        return cleaned

    def _hold(self) -> None:
        """Until the end of the transaction, in which the admin saves."""
        try:
            with short_transaction():
                Artisan.objects.select_for_update(of=("self",), no_key=True).get(pk=self.instance.pk)
        except Busy:
            self.add_error(None, _("Somebody else works on this maker. Please try again."))
        else:
            if _last_withdrawal(self.instance.pk) != self.cleaned_data.get("last_withdrawal"):
                self.add_error(
                    None,
                    _("The maker took something back after this page was opened. Nothing was saved: open it anew."),
                )


def _last_withdrawal(artisan_pk: int) -> int | None:
    last: int | None = Withdrawal.objects.filter(artisan=artisan_pk).aggregate(last=Max("pk"))["last"]
    return last
