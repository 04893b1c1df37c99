"""Invoices and credit notes on paper: accessible PDF in the order's language.

A task prints the document and keeps it in the private storage; where it is not there yet it is printed for whoever
asks. The same invoice always gives the same bytes, until its fiscal number is entered.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from dostshop import money, pdf, qr
from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.locks import outside_transactions
from orders.models import Invoice
from orders.vat import Vat


@app.task(name="orders.print_invoice", retry=OVER_THE_WEEKEND)
@outside_transactions
def print_out(invoice_pk: int, former: str = "") -> None:
    """Prints and keeps the document, unless it is there already; ``former`` is the file that it takes the place of."""
    invoice = Invoice.objects.select_related("order").get(pk=invoice_pk)
    if not invoice.file:
        _print(invoice)
    if former:
        invoice.file.storage.delete(former)


def _print(invoice: Invoice) -> None:
    storage, field = invoice.file.storage, Invoice._meta.get_field("file")
    name = storage.save(field.generate_filename(invoice, f"{invoice.number}.pdf"), ContentFile(_printed(invoice)))
    # Somebody may have printed it too, or entered the fiscal number meanwhile.
    if not Invoice.objects.filter(pk=invoice.pk, file="", fiscal_id=invoice.fiscal_id).update(file=name):
        storage.delete(name)


def document(invoice: Invoice) -> bytes:
    """The PDF, as it is kept; where it is not there yet, or lost, as it is printed."""
    if not invoice.file:
        return _printed(invoice)
    try:
        with invoice.file.storage.open(str(invoice.file)) as kept:
            return bytes(kept.read())
    except FileNotFoundError:
        return _printed(invoice)


def pdf_response(invoice: Invoice) -> HttpResponse:
    """Shown by the browser, and named after its number where it is kept."""
    return pdf.response(document(invoice), name=f"DOST-{invoice.number}", language=invoice.language)


def _printed(invoice: Invoice) -> bytes:
    with translation.override(invoice.language):
        return pdf.render("invoice", data=_data(invoice), language=invoice.language, dated=invoice.issued_at)


def _data(invoice: Invoice) -> dict[str, Any]:
    """What the layout shows: every word, date and sum as text."""
    content = invoice.content
    seller = content["seller"]
    return {
        "title": invoice.title,
        "author": seller["name"],
        "facts": [[name, value] for name, value in _facts(invoice) if value],
        "parties": [
            {
                "title": _("Seller"),
                "lines": [
                    seller["name"],
                    seller["address"],
                    _("VÖEN %(number)s") % {"number": seller["voen"]} if seller["voen"] else "",
                ],
            },
            {"title": _("Buyer"), "lines": [content["buyer"]["name"], *content["buyer"]["address"]]},
        ],
        "lines": _lines(content["rows"], with_vat=_has_vat(invoice)),
        "total": [_("Total given back") if invoice.is_credit_note else _("Total"), money.text(invoice.total)],
        "taxes": _taxes(invoice) if _has_vat(invoice) else None,
        "notes": [] if _has_vat(invoice) else [_("The seller is not registered for VAT.")],
        "fiscal": _fiscal(invoice) if invoice.fiscal_id else None,
        "foot": f"{seller['name']} · {invoice.number}",
    }


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    content = invoice.content
    issued_on = date_format(timezone.localtime(invoice.issued_at), "j E Y")
    # It is issued with the payment.
    paid = "" if invoice.is_credit_note else f"{issued_on}, {content['paid_by']}"
    return [
        (_("Date"), issued_on),
        (_("Order"), content["order"]),
        (_("Ordered"), date_format(date.fromisoformat(content["placed_on"]), "j E Y")),
        (_("Paid on"), paid),
        (_("Way of paying"), content["paid_by"] if invoice.is_credit_note else ""),
        (_("Corrects the invoice"), content.get("corrects", "")),
        (_("Reason"), content.get("reason", "")),
        (_("To the buyer"), content.get("to_buyer", "")),
    ]


def _has_vat(invoice: Invoice) -> bool:
    return any(one["vat"] != Vat.NONE for one in invoice.content["taxes"])


def _lines(rows: list[dict[str, Any]], *, with_vat: bool) -> dict[str, Any]:
    names = [_("Piece or service"), _("Quantity"), _("Price"), *([_("VAT")] if with_vat else []), _("Sum")]
    return {"names": names, "rows": [_cells(row, with_vat=with_vat) for row in rows]}


def _cells(row: dict[str, Any], *, with_vat: bool) -> list[str]:
    match row["kind"]:
        case "delivery":
            name = _("Delivery: %(name)s") % {"name": row["name"]}
        case "goodwill":
            name = _("Goodwill")
        case "kept_back":
            name = _("Kept back")
        case _:
            name = f"{row['name']} ({row['sku']})"
    price = money.number(Decimal(row["unit_price"])) if "unit_price" in row else ""
    kind = [_kind(Vat(row["vat"])) if "vat" in row else ""] if with_vat else []
    return [name, str(row.get("quantity", "")), price, *kind, money.number(Decimal(row["total"])).replace("-", "–")]


def _kind(kind: Vat) -> str:
    return _("exempt") if kind == Vat.EXEMPT else f"{kind.rate:.0f} %"


def _taxes(invoice: Invoice) -> dict[str, Any]:
    rows = []
    for one in invoice.content["taxes"]:
        kind, gross, tax = Vat(one["vat"]), Decimal(one["gross"]), Decimal(one["tax"])
        name = f"{kind.label} {kind.rate:.0f} %" if kind == Vat.STANDARD else str(kind.label)
        rows.append([name, *(money.number(amount) for amount in (gross - tax, tax, gross))])
    return {"names": [_("VAT in the sum"), _("Without VAT"), _("VAT"), _("With VAT")], "rows": rows}


def _fiscal(invoice: Invoice) -> dict[str, str]:
    return {
        "title": _("Fiscal number"),
        "id": invoice.fiscal_id,
        "words": how_to_use_the_fiscal_number() if invoice.gives_tax_back else "",
        "qr": qr.svg(invoice.fiscal_url),
        "alt": invoice.fiscal_code_label,
    }


def how_to_use_the_fiscal_number() -> str:
    """Rules of the State Tax Service on giving VAT back to consumers: within 90 days of the purchase."""
    return _(
        "With this number you can get a part of the VAT back: within 90 days of the purchase, enter it at edvgerial.az "
        "or scan the code with the app “ƏDV geri al”."
    )
