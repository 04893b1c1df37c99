"""What an instructor fills in at the bench.

A page sends all of its forms with every button, and each writes what is valid of it; see ``Sheet``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from artisans.models import Artisan, Branch
from catalog import studio
from catalog.makers import known_by
from catalog.models import Craft, Photo, Product, Proposal
from catalog.models.photo import MAX_CUT

type Choices = list[tuple[int, str]]

SIDES = ("left", "right", "top", "bottom")
CUTS = range(0, 50, 5)
# Millimetres in what people measure in, in either alphabet; centimetres where they do not say.
_UNITS = {"mm": 1, "мм": 1, "sm": 10, "cm": 10, "см": 10, "m": 1000, "м": 1000, "": 10}
_NUMBER = r"\d{1,5}(?:[.,]\d{1,2})?"
_SIZE = re.compile(
    rf"\s*({_NUMBER})\s*(?:[x×х*]\s*({_NUMBER})\s*)?(?:[x×х*]\s*({_NUMBER})\s*)?"
    rf"({'|'.join(filter(None, _UNITS))})?\.?\s*",
    re.IGNORECASE,
)
MEASURES = ("width_mm", "height_mm", "depth_mm")


def measured(text: str) -> list[int | None]:
    """“24 × 12,5 cm” as millimetres of width, height and depth; empty for what is no measure."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return []
    *sides, unit = match.groups(default="")
    per_unit = _UNITS[unit.lower()]
    return [round(Decimal(side.replace(",", ".")) * per_unit) or None if side else None for side in sides]


class PriceField(forms.DecimalField):
    """With a comma or a point, and with the sign of the manat or without."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(r"\s|₼|azn|manat", "", value, flags=re.IGNORECASE).replace(",", ".")
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            return f"{value:.2f}".removesuffix(".00").replace(".", ",")
        return value


class WordsField(forms.CharField):
    """Lines end as they are counted in the browser."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class Part(forms.Form):
    """A form that says that it was on the page, so that what a page did not show is not taken for emptied."""

    use_required_attribute = False
    here = forms.CharField(widget=forms.HiddenInput, initial="1", required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, prefix: str, initial: dict[str, Any]) -> None:
        was_there = data is not None and f"{prefix}-here" in data
        super().__init__(data if was_there else None, prefix=prefix, initial={"here": "1", **initial})

    def changed(self) -> dict[str, Any]:
        """What is valid and not as it was."""
        if not self.is_bound:
            return {}
        wrong = set(self.errors)
        return {name: self.cleaned_data[name] for name in self.changed_data if name not in {"here", *wrong}}

    def offer(self, name: str, choices: Any) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = choices


class BeginForm(forms.Form):
    """A craft for the piece, and the branch where there is a choice."""

    use_required_attribute = False
    craft = forms.ModelChoiceField(
        Craft.objects.all(),
        error_messages={"required": _("Choose a craft."), "invalid_choice": _("Choose a craft from the list.")},
    )
    branch = forms.ModelChoiceField(
        Branch.objects.none(),
        label=_("Branch"),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say at which branch the piece is kept."),
            "invalid_choice": _("Choose one of your branches."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None, *, branches: list[int] | None) -> None:
        """None for all branches."""
        super().__init__(data)
        self._only = branches[0] if branches and len(branches) == 1 else None
        if self._only:
            del self.fields["branch"]
        else:
            field = cast("forms.ModelChoiceField[Branch]", self.fields["branch"])
            field.queryset = Branch.objects.all() if branches is None else Branch.objects.filter(pk__in=branches)

    @property
    def branch_pk(self) -> int:
        """Only of a valid form."""
        return self._only or int(self.cleaned_data["branch"].pk)


class PieceForm(Part):
    craft = forms.TypedChoiceField(
        label=_("Craft"),
        coerce=int,
        error_messages={"required": _("Choose a craft."), "invalid_choice": _("Choose a craft from the list.")},
    )
    makers = forms.TypedMultipleChoiceField(
        label=_("Who made it?"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody who had a hand in it. They share equally; the Centre can change that."),
        error_messages={"invalid_choice": _("Choose makers of your own branch.")},
    )
    size = forms.CharField(
        label=_("Size"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Such as 24 × 12,5 cm, or in words."),
        error_messages={"max_length": _("That is too long. Give the size in 120 characters at the most.")},
    )
    price = PriceField(
        label=_("Suggested price, ₼"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=9,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=_("For one piece. The Centre decides."),
        error_messages={
            "invalid": _("Give the price as a number, such as 25 or 12,50."),
            "min_value": _("A price is more than nothing."),
            "max_digits": _("That is more than anybody pays. Check the price."),
            "max_whole_digits": _("That is more than anybody pays. Check the price."),
            "max_decimal_places": _("Give the price to the qəpik: two digits after the comma."),
        },
    )
    pieces = forms.IntegerField(
        label=_("How many pieces"),
        min_value=1,
        max_value=9999,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Say how many pieces there are."),
            "invalid": _("Give the number of pieces in digits."),
            "min_value": _("There is one piece at least."),
            "max_value": _("Give a number up to 9999."),
        },
    )
    words = WordsField(
        label=_("A few words"),
        required=False,
        max_length=Proposal._meta.get_field("words").max_length,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What it is, what it is made of, how it was made. Whoever writes the text for the shop reads it."),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, product: Product, proposal: Proposal, crafts: Any, makers: Choices
    ) -> None:
        self.note_column = f"size_note_{get_language()}"
        note = getattr(product, self.note_column) or ""
        initial = {
            "craft": product.craft_id,
            "makers": [maker.artisan_id for maker in product.makers.all()],
            "size": note or product.size_text,
            "price": proposal.price,
            "pieces": proposal.pieces,
            "words": proposal.words,
        }
        super().__init__(data, prefix="piece", initial=initial)
        self.offer("craft", crafts)
        self.offer("makers", makers)

    def changes_of_product(self) -> dict[str, Any]:
        changed = self.changed()
        columns = {"craft_id": changed["craft"]} if "craft" in changed else {}
        if "size" in changed:
            sides = measured(changed["size"])
            columns |= dict(zip(MEASURES, sides or [None] * 3, strict=True))
            columns[self.note_column] = "" if sides else changed["size"]
        return columns

    def changes_of_proposal(self) -> dict[str, Any]:
        return {name: value for name, value in self.changed().items() if name in {"price", "pieces", "words"}}


class PhotoForm(Part):
    alt = forms.CharField(
        label=_("What is to be seen?"),
        required=False,
        max_length=Photo._meta.get_field("alt").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("For who cannot see the photo, such as “A blue bowl with white tulips, from above”."),
    )
    person = forms.TypedChoiceField(
        label=_("Is a person visible?"),
        required=False,
        choices=[
            ("no", pgettext_lazy("nobody is visible", "No")),
            ("yes", pgettext_lazy("somebody is visible", "Yes")),
        ],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        help_text=_("A face, or anything else by which somebody can be recognised."),
        error_messages={"invalid_choice": _("Answer yes or no.")},
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Who is it?"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody. The photo is shown only while each of them agrees to it."),
        error_messages={"invalid_choice": _("Choose makers of your own branch.")},
    )
    cut_left = forms.TypedChoiceField(label=_("From the left"), coerce=int)
    cut_right = forms.TypedChoiceField(label=_("From the right"), coerce=int)
    cut_top = forms.TypedChoiceField(label=_("From the top"), coerce=int)
    cut_bottom = forms.TypedChoiceField(label=_("From the bottom"), coerce=int)

    def __init__(self, data: Mapping[str, Any] | None, *, photo: Photo, makers: Choices) -> None:
        self.photo = photo
        self.alt_column = f"alt_{get_language()}"
        cuts = {f"cut_{side}": getattr(photo, f"cut_{side}") for side in SIDES}
        initial = {
            "alt": getattr(photo, self.alt_column) or "",
            "person": {True: "yes", False: "no", None: None}[photo.shows_person],
            "people": [person.pk for person in photo.people.all()],
            **cuts,
        }
        super().__init__(data, prefix=f"photo-{photo.pk}", initial=initial)
        self.offer("people", makers)
        for name, cut in cuts.items():
            self.offer(name, [(each, f"{each} %") for each in sorted({*CUTS, cut})])
            self.fields[name].error_messages["invalid_choice"] = _("Choose how much from the list.")

    @property
    def cuts(self) -> list[forms.BoundField]:
        return [self[f"cut_{side}"] for side in SIDES]

    def clean(self) -> None:
        for one, other in (("cut_left", "cut_right"), ("cut_top", "cut_bottom")):
            both = self.cleaned_data.get(one, 0), self.cleaned_data.get(other, 0)
            if sum(both) > MAX_CUT:
                for name in (one, other):
                    self.add_error(name, ValidationError(_("Leave at least a tenth of the picture.")))

    def changes(self) -> dict[str, Any]:
        names = {"alt": self.alt_column, "person": "shows_person"}
        return {names.get(name, name): value for name, value in self.changed().items()}


@dataclass(frozen=True)
class Problem:
    """A sentence, and the field that it is about; of a photo, which one."""

    field: forms.BoundField
    sentence: str = ""
    number: int = 0

    @property
    def label(self) -> str:
        label = str(self.field.label)
        return f"{_('Photo %(number)s') % {'number': self.number}}: {label}" if self.number else label


class Sheet:
    """The page of a piece: what it is, and each of its photos."""

    def __init__(self, product: Product, *, data: Mapping[str, Any] | None = None) -> None:
        self.product = product
        self.proposal = Proposal.objects.filter(product=product).first() or Proposal(product=product)
        self._makers = makers = makers_of(product)
        self.piece = PieceForm(
            data, product=product, proposal=self.proposal, crafts=list(crafts_by_group()), makers=makers
        )
        photos = product.photos.prefetch_related("people")
        self.photos = [PhotoForm(data, photo=photo, makers=makers) for photo in photos]

    @property
    def changes(self) -> studio.Changes:
        """What is valid of it, and not as it was."""
        return studio.Changes(
            product=self.piece.changes_of_product(),
            proposal=self.piece.changes_of_proposal(),
            makers=self.piece.changed().get("makers"),
            photos={form.photo.pk: changes for form in self.photos if (changes := form.changes())},
        )

    @property
    def errors(self) -> Sequence[Problem]:
        """What is not; each in the order of the page."""
        return [
            Problem(form[name], str(sentence), number)
            for number, form in [*enumerate(self.photos, start=1), (0, self.piece)]
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]

    @property
    def unanswered(self) -> list[Problem]:
        """The question whether a person is visible, of each photo of which it is not known."""
        questions = [Problem(form["person"], number=number) for number, form in enumerate(self.photos, start=1)]
        return [question for question in questions if question.field.value() not in {"yes", "no"}]

    @property
    def makers_chosen(self) -> list[str]:
        chosen = self.piece.initial["makers"]
        return [name for pk, name in self._makers if pk in chosen]


def makers_of(product: Product) -> Choices:
    """Those of the piece's branch: first who works in its craft, then the others, each by name."""
    makers = Artisan.objects.filter(branch=product.branch_id).prefetch_related("crafts")
    own = {artisan.pk for artisan in makers for craft in artisan.crafts.all() if craft.pk in _family(product)}
    names = known_by(makers)
    return sorted(names.items(), key=lambda one: (one[0] not in own, one[1]))


def _family(product: Product) -> set[int | None]:
    return {product.craft_id, product.craft.parent_id}


def crafts_by_group() -> Iterator[tuple[Any, Any]]:
    """Crafts, and techniques under theirs, for a select."""
    crafts = list(Craft.objects.all())
    for craft in crafts:
        if craft.parent_id is None:
            techniques = [(each.pk, each.name) for each in crafts if each.parent_id == craft.pk]
            yield (craft.name, [(craft.pk, craft.name), *techniques]) if techniques else (craft.pk, craft.name)
