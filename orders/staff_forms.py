"""What staff fill in at work."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dostshop import codes
from orders.models import Fulfilment

_TRACKING_NUMBER = re.compile(r"[A-Z0-9](?:[A-Z0-9 /-]*[A-Z0-9])?")
LONGEST_TRACKING_NUMBER: int = Fulfilment._meta.get_field("tracking_number").max_length or 0
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
        help_text=_("From the receipt of the post, such as RR123456789AZ. A courier may have none."),
    )

    def clean_tracking_number(self) -> str:
        number = " ".join(self.cleaned_data["tracking_number"].upper().split())
        if len(number) > LONGEST_TRACKING_NUMBER:
            raise ValidationError(
                _("A tracking number has at most %(most)s characters; this has %(count)s. Copy the number alone."),
                params={"most": LONGEST_TRACKING_NUMBER, "count": len(number)},
            )
        if number and not _TRACKING_NUMBER.fullmatch(number):
            raise ValidationError(_("A tracking number has Latin letters, digits, spaces and dashes only."))
        return number


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
