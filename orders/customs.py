"""What the customs are told of a parcel that goes abroad, and the paper that says it.

The post asks for one of two declarations, by the Regulations of the Universal Postal Convention: CN 22 for up to 300
special drawing rights and 2 kg, CN 23 above. They are in English and French in every country, so their words are not
translated; each branch's part of an order is a parcel of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation

from catalog import measures
from dostshop import countries, money, pdf
from orders.models import Fulfilment, Invoice, LineItem
from orders.models.delivery import HOME_COUNTRY

CN22_MOST_G = 2000
LANGUAGE = "en"


class Form(StrEnum):
    CN22 = "CN 22"
    CN23 = "CN 23"


@dataclass(frozen=True)
class Item:
    """What is in the parcel of one line."""

    description: str
    quantity: int
    weight_g: int
    value: Decimal
    # Empty where nobody has entered the craft's.
    hs_code: str
    permit: str

    @classmethod
    def of(cls, line: LineItem) -> "Item":
        """With the craft's code of today where it had none when it was sold."""
        variant, product = line.variant, line.variant.product
        with translation.override(LANGUAGE):
            description = ", ".join(part for part in (str(variant), str(product.craft), product.materials) if part)
        return cls(
            description=description,
            quantity=line.units_packed,
            weight_g=line.units_packed * line.weight_g,
            value=line.units_packed * line.unit_price,
            hs_code=line.hs_code or product.craft.hs_code,
            permit=line.export_permit or product.export_permit,
        )


@dataclass(frozen=True)
class Declaration:
    part: Fulfilment
    items: list[Item]

    @property
    def weight_g(self) -> int:
        return sum(item.weight_g for item in self.items)

    @property
    def value(self) -> Decimal:
        return sum((item.value for item in self.items), money.ZERO)

    @property
    def form(self) -> Form:
        is_small = self.value <= settings.CN22_LIMIT and self.weight_g <= CN22_MOST_G
        return Form.CN22 if is_small else Form.CN23

    @property
    def without_code(self) -> list[str]:
        """The pieces whose craft has no customs code."""
        return [item.description for item in self.items if not item.hs_code]


def declaration_of(part: Fulfilment) -> Declaration | None:
    """None where the parcel stays in the country, or there is nothing in it."""
    if not part.order.goes_abroad:
        return None
    lines = part.lines.select_related("variant__product__craft")
    items = [Item.of(line) for line in lines if line.units_packed]
    return Declaration(part, items) if items else None


def pdf_response(declaration: Declaration) -> HttpResponse:
    """Shown by the browser, and named after the form and the order where it is kept."""
    name = f"{declaration.form.replace(' ', '')}-{declaration.part.order.code}"
    return pdf.response(document(declaration, now=timezone.now()), name=name, language=LANGUAGE)


def document(declaration: Declaration, *, now: datetime) -> bytes:
    """Accessible PDF, in English with the French names of the boxes."""
    with translation.override(LANGUAGE):
        return pdf.render("customs", data=_data(declaration), language=LANGUAGE, dated=now)


def _data(declaration: Declaration) -> dict[str, Any]:
    order = declaration.part.order
    return {
        "title": f"Customs declaration {declaration.form}",
        "french": "Déclaration en douane",
        "author": settings.SELLER_NAME,
        "facts": [[name, value] for name, value in _facts(declaration) if value],
        "parties": [
            {"title": "From / De", "lines": _sender(declaration.part)},
            {"title": "To / À", "lines": _addressee(declaration.part)},
        ],
        "lines": {
            "names": [
                "Detailed description of contents\nDescription détaillée du contenu",
                "Quantity\nQuantité",
                "Weight\nPoids",
                f"Value\nValeur, {order.currency}",
                "HS tariff No.\nN° tarifaire",
                "Origin\nOrigine",
            ],
            "rows": [_cells(item) for item in declaration.items],
        },
        "totals": [
            ["Total gross weight / Poids brut total", measures.weight(declaration.weight_g)],
            ["Total value / Valeur totale", f"{money.number(declaration.value)} {order.currency}"],
        ],
        "certificate": (
            "I certify that the particulars given in this customs declaration are correct and that this item does not "
            "contain any dangerous article or articles prohibited by legislation or by postal or customs regulations."
        ),
        "signature": "Date and sender’s signature / Date et signature de l’expéditeur",
        "office": "Office of origin, date of posting / Bureau d’origine, date de dépôt",
        "foot": f"{settings.SELLER_NAME} · {order.code}",
    }


def _facts(declaration: Declaration) -> list[tuple[str, str]]:
    order = declaration.part.order
    invoice = order.invoices.filter(kind=Invoice.Kind.INVOICE).first()
    permits = sorted({item.permit for item in declaration.items if item.permit})
    return [
        ("No. of item / N° de l’envoi", declaration.part.tracking_number),
        ("Sender’s reference / Référence de l’expéditeur", order.code),
        ("Category of item / Catégorie de l’envoi", "Sale of goods / Vente de marchandises"),
        ("Licence / Licence", ", ".join(permits)),
        ("Invoice / Facture", invoice.number if invoice else ""),
    ]


def _sender(part: Fulfilment) -> list[str]:
    address = part.branch.address or settings.SELLER_ADDRESS
    phone = part.branch.phone
    tax_number = f"VÖEN {settings.SELLER_VOEN}" if settings.SELLER_VOEN else ""
    return [
        settings.SELLER_NAME,
        address,
        countries.name(HOME_COUNTRY),
        str(phone.as_international) if phone else "",
        tax_number,
    ]


def _addressee(part: Fulfilment) -> list[str]:
    order = part.order
    return [
        order.name,
        order.address,
        f"{order.postcode} {order.city}".strip(),
        order.country_name,
        str(order.phone.as_international) if order.phone else "",
        order.email,
    ]


def _cells(item: Item) -> list[str]:
    return [
        item.description,
        str(item.quantity),
        measures.weight(item.weight_g),
        money.number(item.value),
        item.hs_code or "–",
        HOME_COUNTRY,
    ]
