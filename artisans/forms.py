"""What staff fill in of a maker: the private record, a signed consent; and which days of the ledger they want."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.base import File
from django.forms.boundfield import BoundField, BoundWidget
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    CHECKBOX_CLASSES,
    INPUT_CLASSES,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from artisans import consent, consent_wording, scans
from artisans.consent import Contents, Explanation, Sheet, Signers, Term
from artisans.ledger_table import Format
from artisans.models import NOT_OF_MINORS, Artisan, ArtisanPrivate, Channel, Consent, ConsentForm, Scope
from dostshop import iban
from dostshop.accounts.models import User
from dostshop.admin import FileChoice
from dostshop.locks import Busy, short_transaction

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    ModelForm = forms.ModelForm[ConsentForm]
    PrivateForm = forms.ModelForm[ArtisanPrivate]
else:
    ModelForm = PrivateForm = forms.ModelForm

EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True)
class MatrixRow:
    """One thing of a maker, and a box for each place where it may be shown."""

    scope: Scope
    boxes: list[BoundWidget]


@dataclass(frozen=True)
class Part:
    """Fields that stand together under a heading."""

    name: str
    heading: "StrOrPromise"
    fields: list[BoundField]


def _names(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _day(**attrs: Any) -> forms.DateInput:
    return forms.DateInput({"type": "date", "class": " ".join(INPUT_CLASSES), **attrs}, format="%Y-%m-%d")


class RecordForm(ModelForm):
    """A signed form. What it says as a whole is judged by ``artisans/consent.py`` when it is recorded."""

    agreed = forms.MultipleChoiceField(
        label=_("What may be shown, and where"),
        choices=[(f"{scope}-{channel}", channel.label) for scope in Scope for channel in Channel],
        widget=forms.CheckboxSelectMultiple({"class": " ".join(CHECKBOX_CLASSES)}),
        error_messages={"required": _("Tick what the maker agreed to.")},
    )
    valid_from = forms.DateField(label=_("First day"), widget=_day())
    valid_until = forms.DateField(label=_("Last day"), widget=_day())
    document = forms.FileField(
        label=_("scanned form"),
        required=False,
        help_text=_("A PDF, JPEG or PNG file of at most 10 MB. Only those who may see signed forms can open it."),
        widget=FileChoice(accept=scans.ACCEPTED),
    )

    class Meta:
        model = ConsentForm
        fields = ("signed_on", *_names(Contents), *_names(Explanation), *_names(Signers))
        help_texts = {
            "second_signer": _("Where an institution represents the maker: such as a psychologist of the Centre."),
        }
        widgets = {
            "signed_on": _day(),
            **dict.fromkeys(("subject", "operator"), UnfoldAdminTextInputWidget),
            **{name: UnfoldAdminTextareaWidget({"rows": 4}) for name in ("purpose", "data", "validity", "deletion")},
            **dict.fromkeys(
                ("explained_by", "witness", "representative", "second_signer"),
                UnfoldAdminTextInputWidget({"autocomplete": "off"}),
            ),
            **dict.fromkeys(("allows_abroad", "is_institution"), UnfoldBooleanWidget),
            "language": UnfoldAdminSelectWidget,
            "explained": UnfoldAdminRadioSelectWidget,
            "given_by": UnfoldAdminRadioSelectWidget,
        }

    def __init__(self, *args: Any, of_minor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_minor = of_minor
        self.fields["allows_abroad"].help_text = consent_wording.abroad()
        # Without a line that chooses none of them.
        self["explained"].field.widget.choices = ConsentForm.Explained.choices

    @property
    def channels(self) -> type[Channel]:
        return Channel

    def parts(self) -> list[Part]:
        """The page in its order."""
        days = ("signed_on", "valid_from", "valid_until")
        explained = ("explained", *(name for name in _names(Explanation) if name != "explained"))
        return [
            self._part("agreed", _("What may be shown, and where"), "agreed"),
            self._part("days", _("When"), *days),
            self._part("signers", _("Who signed"), *_names(Signers)),
            self._part("explanation", _("How it was explained"), *explained),
            self._part("contents", _("What was signed"), *_names(Contents)),
            self._part("document", _("The signed form itself"), "document"),
        ]

    def _part(self, name: str, heading: "StrOrPromise", *names: str) -> Part:
        return Part(name, heading, [self[one] for one in names])

    def matrix(self) -> Iterator[MatrixRow]:
        """Of a minor without what is never shown; ticked all the same, it is refused with a sentence."""
        boxes = list(self["agreed"])
        for place, scope in enumerate(Scope):
            if self.of_minor and scope in NOT_OF_MINORS:
                continue
            yield MatrixRow(scope, boxes[place * len(Channel) : (place + 1) * len(Channel)])

    def clean_document(self) -> "File[Any] | None":
        document = self.cleaned_data["document"]
        return scans.accepted(document) if document else None

    def record(self, artisan_pk: int, *, by: User) -> None:
        """Raises NotAllowed."""
        agreed = (value.split("-") for value in self.cleaned_data["agreed"])
        consent.record(
            artisan_pk,
            sheet=Sheet(
                signed_on=self.cleaned_data["signed_on"],
                contents=Contents(**self._picked(Contents)),
                explanation=Explanation(**self._picked(Explanation)),
                signers=Signers(**self._picked(Signers)),
                document=self.cleaned_data["document"],
            ),
            agreed=[(Scope(scope), Channel(channel)) for scope, channel in agreed],
            term=Term(**self._picked(Term)),
            recorded_by_pk=by.pk,
        )

    def _picked(self, kind: type) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in _names(kind)}


class PrivateRecordForm(PrivateForm):
    """The messages; that no consent and no name shown is against the record the database itself sees to."""

    saw_document = forms.BooleanField(
        label=_("I saw the document that tells the age"),
        required=False,
        help_text=_("Tick it where the new birth date makes a minor a maker of age. The history keeps who did."),
        widget=UnfoldBooleanWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where the page shows the field at all.
        if "phone" in self.fields:
            self.fields["phone"].error_messages["invalid"] = _(
                "Check the number: for example 050 123 45 67, or with the code of its country, such as +49 30 123456."
            )

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and born > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        if born and born < EARLIEST_BIRTH:
            raise forms.ValidationError(_("Nobody was born so long ago. Look at the year again."))
        return born

    def clean_payout_details(self) -> str:
        """What was wrong before this was asked does not keep anything else from being saved."""
        details: str = self.cleaned_data["payout_details"]
        if "payout_details" in self.changed_data and details.strip() and not iban.is_told_in(details):
            sentence = _(
                "No account number (IBAN) that can be right stands here. It begins with AZ and has 28 letters and "
                "digits; one of them is wrong or missing."
            )
            raise forms.ValidationError(sentence)
        return details

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self._ends_minority() and not self.cleaned_data.get("saw_document"):
            sentence = _(
                "By the birth date so far this maker is a minor. Look at the document, and tick that you saw it."
            )
            self.add_error("saw_document", sentence)
        chosen = self.cleaned_data.get("artisan")
        artisan_pk = chosen.pk if chosen else self.instance.pk
        if artisan_pk and {"legal_name", "birth_date"} & set(self.changed_data):
            try:
                self._compare(self._held(artisan_pk))
            except Busy:
                self.add_error(None, _("Somebody else works on this maker. Please try again."))
        return cleaned

    def _ends_minority(self) -> bool:
        if not self.instance.is_known_minor or "birth_date" not in self.cleaned_data:
            return False
        return not ArtisanPrivate(birth_date=self.cleaned_data["birth_date"]).is_known_minor

    def _held(self, artisan_pk: int) -> Artisan:
        """Until the end of the transaction, in which the admin saves. Raises Busy."""
        with short_transaction():
            artisan = Artisan.objects.select_for_update(of=("self",), no_key=True).get(pk=artisan_pk)
            # As whoever gives a consent does.
            ArtisanPrivate.objects.select_for_update(of=("self",), no_key=True).filter(pk=artisan_pk).first()
        return artisan

    def _compare(self, artisan: Artisan) -> None:
        typed = self.cleaned_data
        is_told_anew = self.instance.pk and "birth_date" in self.changed_data and "birth_date" in typed
        given = Consent.objects.filter(artisan=artisan)
        if is_told_anew and given.contradicting(typed["birth_date"]).exists():
            sentence = _("A maker of this age cannot have given the consents as recorded. Take them back first.")
            self.add_error("birth_date", sentence)
        if "legal_name" in typed:
            told = ArtisanPrivate(legal_name=typed["legal_name"], birth_date=typed.get("birth_date"))
            if artisan.tells(told):
                self.add_error(None, _("The shop shows this maker by this name. Change the name shown first."))


class LedgerPeriodForm(forms.Form):
    """Which days of the ledger, and as what file."""

    first = forms.DateField(label=_("First day"), widget=_day())
    last = forms.DateField(label=_("Last day"), widget=_day(), help_text=_("This day too."))
    format = forms.ChoiceField(label=_("File"), choices=Format, widget=UnfoldAdminSelectWidget)

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        if last < self.cleaned_data.get("first", last):
            raise forms.ValidationError(_("It ends before it begins."))
        return last


class IssueForm(forms.Form):
    """Of which month statements are issued."""

    month = forms.TypedChoiceField(
        label=_("Month"),
        coerce=date.fromisoformat,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Months before it that were left out are told with it."),
    )

    def __init__(self, data: Any = None, *, months: Sequence[date]) -> None:
        super().__init__(data)
        self.months = months
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — as above
        field.choices = [(month.isoformat(), date_format(month, "F Y")) for month in months]
