"""The form of a maker: refused where it was opened before the maker took something back."""

from typing import Any

from django import forms
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from artisans import pseudonyms
from artisans.models import Artisan, ArtisanPrivate, Consent, Scope, Withdrawal
from catalog.admin.texts import PublicTextsForm
from dostshop.locks import Busy, short_transaction
from dostshop.translated import columns


class MakerForm(PublicTextsForm):
    compared_elsewhere = ("display_name", "slug")
    # What the maker had taken back last when the page was opened.
    last_withdrawal = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "last_withdrawal" in self.fields:
            self.initial["last_withdrawal"] = _last_withdrawal(self.instance.pk)
            self._say_when_the_story_was_agreed_to()

    def _say_when_the_story_was_agreed_to(self) -> None:
        agreed = Consent.objects.live().filter(artisan=self.instance.pk, scope=Scope.STORY)
        if signed_on := agreed.aggregate(last=Max("form__signed_on"))["last"]:
            sentence = _("The maker agreed on %(date)s to the text as it was then. Ask again before it is rewritten.")
            for name in self.fields.keys() & set(columns("story")):
                self.fields[name].help_text = sentence % {"date": date_format(signed_on, "j E Y")}

    def clean_slug(self) -> str:
        """A code is the address of its maker, once the name is taken back."""
        slug: str = self.cleaned_data["slug"]
        if Artisan.objects.exclude(pk=self.instance.pk).filter(code=slug.upper()).exists():
            raise forms.ValidationError(_("This address is kept for another maker. Choose another one."))
        return slug

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk:
            self._keep_the_surname_of_a_minor()
            self._hold()
        return cleaned

    def _keep_the_surname_of_a_minor(self) -> None:
        typed = [name for name in self.changed_data if name.startswith(("story_", "place_", "affiliation_"))]
        private = ArtisanPrivate.objects.filter(pk=self.instance.pk).first() if typed else None
        if private is None or not private.is_minor:
            return
        for name in typed:
            if pseudonyms.Text(self.cleaned_data.get(name) or "").tells_surname(private.legal_name):
                self.add_error(name, _("This tells the surname of a minor. Leave it out."))

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
