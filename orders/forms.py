"""What shoppers fill in on the way from a bag to an order."""

import re
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_countries import countries as iso_countries
from phonenumber_field.formfields import PhoneNumberField
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from artisans.models.thanks import LONGEST
from dostshop import countries, money
from dostshop.accounts.models import normalised_email
from orders import checkout, promises, providers
from orders.delivery import Delivery, DeliveryOption
from orders.models import BagLine, Return
from orders.models.bag import MAX_QUANTITY
from orders.models.delivery import HOME_COUNTRY
from orders.providers import PaymentProvider, Purchase
from orders.returns import Offer

_POSTCODE = re.compile(r"(?:AZ)?\s*(\d{4})", re.IGNORECASE)


def text_field(label: Any, *, autocomplete: str = "", max_length: int, **options: Any) -> forms.CharField:
    attributes = {"autocomplete": autocomplete} if autocomplete else {}
    return forms.CharField(
        label=label, max_length=max_length, widget=forms.TextInput(attrs=attributes), **{"required": False, **options}
    )


class EmailField(forms.EmailField):
    """An address as the accounts keep it, so that an order finds its account later."""

    def __init__(self) -> None:
        super().__init__(
            label=_("E-mail"),
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
            error_messages={
                "required": _("Give your e-mail address: the order is sent there."),
                "invalid": _("Check the e-mail address: it looks like name@example.com."),
            },
        )

    def clean(self, value: Any) -> str:
        return str(super().clean(normalised_email(value) if isinstance(value, str) else value))


class AddForm(forms.Form):
    variant = forms.CharField(max_length=8)
    quantity = forms.IntegerField(
        min_value=1,
        max_value=MAX_QUANTITY,
        required=False,
        error_messages={"invalid": _("Give the quantity as a whole number.")},
    )

    def clean_variant(self) -> str:
        return str(self.cleaned_data["variant"]).upper()

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"] or 1


class ChangeForm(forms.Form):
    line = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    quantity = forms.IntegerField(
        min_value=0, max_value=MAX_QUANTITY, error_messages={"invalid": _("Give the quantity as a whole number.")}
    )


class FindOrderForm(forms.Form):
    code = text_field(
        _("Order code"),
        max_length=20,
        required=True,
        autocomplete="off",
        help_text=_("Eight letters and digits; it is in the mail that we sent you."),
        error_messages={"required": _("Type the code of the order: it is in the mail that we sent you.")},
    )
    email = EmailField()


class ReturnForm(forms.Form):
    """How many of each line come back, and why. A line that cannot come back has no field."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        choices=Return.Reason,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason. Any of them is fine.")},
    )
    text = forms.CharField(
        label=_("What should we know?"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Where something is damaged or wrong, describe it."),
    )

    def __init__(self, *args: Any, offers: list[Offer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = offers
        for offer in offers:
            if not offer.why_not:
                self.fields[_units(offer)] = _units_field(offer.left)

    @property
    def rows(self) -> list[tuple[Offer, forms.BoundField | None]]:
        return [(offer, None if offer.why_not else self[_units(offer)]) for offer in self.offers]

    @property
    def has_choice(self) -> bool:
        return any(not offer.why_not for offer in self.offers)

    def units(self) -> dict[int, int]:
        """By the line's primary key. Only of a valid form."""
        return {
            offer.line.pk: int(self.cleaned_data[_units(offer)])
            for offer in self.offers
            if self.cleaned_data.get(_units(offer))
        }


def _units(offer: Offer) -> str:
    return f"units_{offer.line.pk}"


def _units_field(left: int) -> forms.Field:
    if left == 1:
        return forms.BooleanField(label=_("Return this piece"), required=False)
    return forms.TypedChoiceField(
        label=_("How many to return"),
        choices=[(number, number) for number in range(left + 1)],
        coerce=int,
        required=False,
        error_messages={"invalid_choice": _("Choose one of the numbers.")},
    )


class WordsField(forms.CharField):
    """Counts a new line as the browser does: as one letter, whichever way it is sent."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class ThanksForm(forms.Form):
    words = WordsField(
        label=pgettext_lazy("of a buyer", "Your words"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "At most 500 letters. We read them first and do not change them. Leave out names, phone numbers and "
            "addresses."
        ),
        error_messages={
            "required": _("Write a few words."),
            "max_length": _("Write at most %(limit_value)d letters; these are %(show_value)d."),
        },
    )
    may_be_public = forms.BooleanField(
        label=_("You may show my words on the maker's page in the shop, without my name"), required=False
    )


def purchase(lines: list[BagLine], offered: Delivery, option: DeliveryOption | None = None) -> Purchase:
    return Purchase(
        is_pickup=option.is_pickup if option else None if offered.has_pickup else False,
        is_made_to_order=not all(line.variant.product.is_counted for line in lines),
    )


def ways_to_pay(lines: list[BagLine], offered: Delivery) -> dict[str, PaymentProvider]:
    """Who can take the money for these pieces, whatever the delivery."""
    bought = purchase(lines, offered)
    return {code: one for code, one in providers.configured().items() if not one.why_not(bought)}


def obstacle(lines: list[BagLine], offered: Delivery) -> str:
    """Why nobody could fill in the checkout's form for these pieces, in a sentence; empty where it can be done."""
    if not offered.options:
        return gettext("At the moment we can neither send these pieces nor hand them over at a branch.")
    return "" if ways_to_pay(lines, offered) else gettext("At the moment these pieces cannot be paid for here.")


class CheckoutForm(forms.Form):
    """Contact, delivery, payment, gift note and terms, on one page."""

    email = EmailField()
    name = text_field(
        _("Name"),
        max_length=150,
        required=True,
        autocomplete="name",
        error_messages={"required": _("Give your name, as you would like to be called.")},
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        required=False,
        help_text=_(
            "For example 050 123 45 67; a number of another country with its code, such as +49 30 123456. "
            "For pickup you may leave it empty."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel", "type": "tel"}),
    )
    delivery = forms.ChoiceField(
        label=_("Delivery"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose pickup or delivery."),
            "invalid_choice": _("This way is not offered for the pieces in your bag. Choose another."),
        },
    )
    country = forms.ChoiceField(
        label=_("Country"),
        required=False,
        help_text=_("Only for delivery abroad."),
        error_messages={"invalid_choice": _("We do not send these pieces to that country.")},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    city = text_field(_("Town or village"), max_length=100, autocomplete="address-level2")
    address = text_field(_("Street, house, flat"), max_length=250, autocomplete="street-address")
    postcode = text_field(
        _("Post code"),
        max_length=16,
        autocomplete="postal-code",
        help_text=_("If you know it. In Azerbaijan it is AZ and four digits."),
    )
    directions = text_field(
        _("How to find you"), max_length=250, help_text=_("A landmark, an entrance, a good time to call.")
    )
    gift_note = forms.CharField(
        label=_("Gift note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("We write it on a card and put it in the parcel."),
    )
    payment = forms.ChoiceField(
        label=_("Payment"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how you would like to pay."),
            "invalid_choice": _("Choose how you would like to pay."),
        },
    )
    terms = forms.BooleanField(
        label=_("Terms"),
        error_messages={"required": _("Tick the box to agree with the terms of delivery and return.")},
    )

    def __init__(self, *args: Any, lines: list[BagLine], offered: Delivery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.offered = offered
        self.items_total = checkout.total(lines)
        self._set_choices("delivery", [(option.key, option.name) for option in offered.options])
        self.ways_to_pay = ways_to_pay(lines, offered)
        self._set_choices("payment", [(code, str(one.choice)) for code, one in self.ways_to_pay.items()])
        self._read_phone_as_dialled_in(self._country_called())
        abroad = [code for code, _name in iso_countries if code != HOME_COUNTRY and offered.ways_to(code)]
        self._set_choices("country", [("", gettext("Choose the country")), *countries.choices(abroad)])

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 — tells the type checker which field it is
        field.choices = choices

    def _country_called(self) -> str:
        """The country that a number without its code is of: where the parcel goes, else this one."""
        goes_abroad = self.option is not None and self.option.is_abroad
        country = str(self["country"].value() or "") if goes_abroad else ""
        return country if country in SUPPORTED_REGIONS else HOME_COUNTRY

    def _read_phone_as_dialled_in(self, country: str) -> None:
        field = self.fields["phone"]
        assert isinstance(field, PhoneNumberField)  # noqa: S101 — tells the type checker which field it is
        field.region = country
        if country == HOME_COUNTRY:
            field.error_messages["invalid"] = _(
                "Check the number: for example 050 123 45 67, or with the code of its country, such as +49 30 123456."
            )
        else:
            field.error_messages["invalid"] = gettext(
                "Check the number. Begin it with the code of its country; for the country you chose it is +%(code)d."
            ) % {"code": country_code_for_region(country)}

    @property
    def quote(self) -> str:
        """A fingerprint of the pieces, prices and days on the page; it comes back with the form."""
        pieces = [(line.variant_id, line.quantity, str(line.variant.price)) for line in self.lines]
        ways = [(option.key, str(option.price), option.days) for option in self.offered.options]
        return sha256(repr((pieces, ways)).encode()).hexdigest()[:24]

    @property
    def ways(self) -> list[tuple[DeliveryOption, Decimal, str]]:
        """Each delivery, what the order then costs in all, and when it comes: pickup, then at home, then abroad."""
        products = [line.variant.product for line in self.lines]
        forecast = promises.forecast(products, pickups=self.offered.pickups, now=timezone.now())
        nearest_first = sorted(self.offered.options, key=lambda option: (not option.is_pickup, option.is_abroad))
        return [(option, checkout.total(self.lines, option), option.expected(forecast)) for option in nearest_first]

    @property
    def total(self) -> Decimal:
        """With the delivery that is chosen, as far as it is."""
        return checkout.total(self.lines, self.option)

    @property
    def option(self) -> DeliveryOption | None:
        """The delivery that is chosen, as far as it is."""
        return self.offered.get(str(self["delivery"].value() or ""))

    def details(self, *, language: str, user_pk: int | None) -> checkout.Details:
        """What was typed, for the order. Only of a valid form."""
        data = self.cleaned_data
        option = self.option
        assert option is not None  # noqa: S101 — a valid form has one
        typed = ("email", "name", "country", "city", "address", "postcode", "directions", "gift_note")
        return checkout.Details(
            language=language,
            user_pk=user_pk,
            option=option,
            provider=data["payment"],
            phone=str(data["phone"] or ""),
            **{field: data[field] for field in typed},
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.data.get("quote") != self.quote:
            self.add_error(
                None,
                _("Your bag or its prices have changed since you opened this page. Look through it and order again."),
            )
        option = self.offered.get(data.get("delivery", ""))
        if option is not None and not option.is_pickup:
            self._clean_destination(option, data)
            self._require("phone", _("The courier needs a phone number to reach you."))
            self._require("city", _("Give the town or village."))
            self._require("address", _("Give the street, house and flat."))
        elif option is not None:
            data.update(country="", city="", address="", postcode="", directions="")
        provider = self.ways_to_pay.get(data.get("payment", ""))
        if provider and option and (sentence := provider.why_not(purchase(self.lines, self.offered, option))):
            self.add_error("payment", sentence)
        return data

    def _require(self, name: str, sentence: Any) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, sentence)

    def _clean_destination(self, option: DeliveryOption, data: dict[str, Any]) -> None:
        if not option.is_abroad:
            data["country"] = HOME_COUNTRY
            self._clean_home_postcode(data)
            if data.get("city"):
                self._clean_region(option, data["city"])
            return
        country = data.get("country", "")
        if not country or country == HOME_COUNTRY:
            if "country" not in self.errors:
                self.add_error("country", _("Choose the country that we send it to."))
        elif not (ways := self.offered.ways_to(country)):
            self.add_error("country", _("We do not send parcels of this weight there yet."))
        elif option not in ways:
            self.add_error(
                "delivery", gettext("For this country choose “%(name)s”, %(price)s.") % _name_and_price(ways[0])
            )

    def _clean_region(self, option: DeliveryOption, town: str) -> None:
        ways = self.offered.ways_to(HOME_COUNTRY, town)
        if option in ways:
            return
        named, ways_there = self.offered.elsewhere(option, town) or ("", ways)
        if not ways_there:
            self.add_error("city", _("We do not send these pieces to this town yet."))
            return
        is_region = option.method is not None and bool(option.method.towns)
        if not is_region:
            sentence = gettext("For this town choose “%(name)s”, %(price)s.")
        elif named:
            sentence = gettext("%(town)s is not in this region: choose “%(name)s”, %(price)s.")
        else:
            sentence = gettext(
                "“%(chosen)s” does not name this place. If it belongs to a town there, write that town too, such as "
                "“%(example)s”; else choose “%(name)s”, %(price)s."
            )
        said = {"town": named, "chosen": option.name, "example": _example(option), **_name_and_price(ways_there[0])}
        self.add_error("delivery", sentence % said)
        if not ways:
            self.add_error("city", _("This names places of different regions: write the one that the parcel goes to."))

    def _clean_home_postcode(self, data: dict[str, Any]) -> None:
        if not (postcode := data.get("postcode", "")):
            return
        if match := _POSTCODE.fullmatch(postcode.strip()):
            data["postcode"] = f"AZ{match[1]}"
        else:
            self.add_error("postcode", ValidationError(_("A post code is AZ and four digits, such as AZ1000.")))


def _example(option: DeliveryOption) -> str:
    """How a place in the option's region is written so that it is known to be there."""
    if option.method is None or not option.method.towns:
        return ""
    return gettext("Baku, Mardakan") if option.method.names(HOME_COUNTRY, "Bakı") else option.method.towns[0]


def _name_and_price(option: DeliveryOption) -> dict[str, str]:
    return {"name": option.name, "price": money.text(option.price)}
