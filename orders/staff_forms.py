"""What staff fill in at work."""

import re
from collections import Counter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries as iso_countries

from catalog.models import Craft, Product, Variant
from dostshop import codes, countries
from orders import fulfilment
from orders.delivery import Contents
from orders.models import BagLine, Fulfilment, Order
from orders.models.bag import MAX_LINES, MAX_QUANTITY

LONGEST_CARRIER: int = Fulfilment._meta.get_field("carrier").max_length or 0


class ShipForm(forms.Form):
    carrier = forms.CharField(
        label=_("Carrier"),
        max_length=LONGEST_CARRIER,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say who carries the parcel: the post, or the name of the courier.")},
    )
    tracking_number = forms.CharField(
        label=_("Tracking number"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Is there one on the receipt, such as RR123456789AZ? A courier may have none."),
    )

    def __init__(self, *args: Any, order: Order, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = order
        if sentence := fulfilment.why_not_number("", order=order):
            number = self.fields["tracking_number"]
            number.required, number.help_text = True, _("From the receipt of the post, such as RR123456789AZ.")
            number.error_messages["required"] = sentence

    def clean_tracking_number(self) -> str:
        number = " ".join(self.cleaned_data["tracking_number"].upper().split())
        if sentence := fulfilment.why_not_number(number, order=self._order):
            raise ValidationError(sentence)
        return number


class ReceiptForm(forms.Form):
    day = forms.DateField(
        label=_("Received by the buyer on"),
        help_text=_("As the buyer or the post tells it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Say on which day the parcel came."),
            "invalid": _("This is not a day. Choose it, or type it like 2026-03-19."),
        },
    )


class PickupCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Pickup code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "enterkeyhint": "search",
                "class": "code-input",
            }
        ),
        help_text=_("Five letters and digits; the buyer has it in the mail and on the order's page."),
        error_messages={
            "required": _("Type the code that the buyer tells you."),
            "max_length": _("No order has this code. Ask the buyer to show it to you."),
        },
    )

    def clean_code(self) -> str:
        return codes.as_typed(self.cleaned_data["code"])


class HandOverForm(forms.Form):
    """Which of the two is asked for, ``fulfilment.hand_over`` says."""

    code = forms.CharField(
        label=_("Pickup code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "code-input"}
        ),
        help_text=_("Five letters and digits; the buyer has it in the mail and on the order's page."),
    )
    note = forms.CharField(
        label=_("Without the code, because …"),
        required=False,
        max_length=250,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("How you know that it is the buyer, such as an identity card. It is kept with your name."),
    )


class DeliveryPreviewForm(forms.Form):
    """Pieces that there are, or what one might weigh; and where to."""

    pieces = forms.CharField(
        label=_("Pieces"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("SKUs or codes with spaces between them; a piece that is named twice is sent twice."),
    )
    weight_g = forms.IntegerField(
        label=_("Or a weight, in grams"),
        required=False,
        min_value=1,
        max_value=1_000_000_000,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("With its packing."),
        error_messages={
            "invalid": _("Give the weight in whole grams."),
            "min_value": _("A parcel weighs 1 gram at least."),
            "max_value": _("That is more than a ship carries. Give the weight in grams."),
        },
    )
    fragile = forms.IntegerField(
        label=_("How many fragile pieces"),
        required=False,
        min_value=0,
        max_value=MAX_LINES * MAX_QUANTITY,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Only with a weight; pieces know it themselves."),
    )
    craft = forms.ModelChoiceField(
        Craft.objects.all(), label=_("Craft"), required=False, empty_label="–", help_text=_("Only with a weight.")
    )
    has_permit = forms.BooleanField(label=_("It has an export permit"), required=False)
    country = forms.ChoiceField(
        label=_("Country"), error_messages={"invalid_choice": _("There is no such country. Choose one from the list.")}
    )
    town = forms.CharField(
        label=_("Town or village"),
        required=False,
        max_length=100,
        help_text=_("In Azerbaijan; regions can have prices of their own."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, branches: list[int] | None, **kwargs: Any) -> None:
        """Offers what is published, and what else these branches keep; None for all of them."""
        super().__init__(*args, **kwargs)
        self.branches = branches
        self.lines: list[BagLine] = []
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — tells the type checker which field it is
        field.choices = countries.choices([code for code, _name in iso_countries])

    @property
    def contents(self) -> Contents:
        """What would be sent. Only of a valid form."""
        if self.lines:
            return Contents.of(self.lines)
        data = self.cleaned_data
        craft = data["craft"] or Craft()
        piece = Product(craft=craft, export_permit="…" if data["has_permit"] else "")
        name = craft.name or gettext("a piece")
        return Contents(data["weight_g"], data["fragile"] or 0, {piece.export: [name]})

    def clean_pieces(self) -> str:
        typed: str = self.cleaned_data["pieces"]
        wanted = Counter(re.split(r"[\s,;]+", typed.strip().upper())) if typed.strip() else Counter()
        found = self._variants(set(wanted))
        if unknown := [code for code in wanted if code not in found]:
            raise ValidationError(
                _("No piece in the shop has this code or SKU: %(codes)s."), params={"codes": ", ".join(unknown)}
            )
        self.lines = [BagLine(variant=found[code], quantity=count) for code, count in wanted.items()]
        return typed

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and bool(self.lines) == bool(data.get("weight_g")):
            self.add_error("pieces", _("Name pieces or give a weight, one of the two."))
        return data

    def _variants(self, wanted: set[str]) -> dict[str, Variant]:
        """By what was typed: the SKU, the code of a variant, or that of a product, which stands for its first."""
        published = Q(product__state=Product.State.PUBLISHED)
        own = Q() if self.branches is None else published | Q(product__branch__in=self.branches)
        named = Q(sku__in=wanted) | Q(code__in=wanted) | Q(product__code__in=wanted)
        variants = Variant.objects.filter(own, named).select_related("product__craft", "product__branch")
        found: dict[str, Variant] = {}
        for variant in variants:
            for name in (variant.sku, variant.code, variant.product.code):
                if name in wanted:
                    found.setdefault(name, variant)
        return found
