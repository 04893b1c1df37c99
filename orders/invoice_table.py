"""Invoices and credit notes as a table that an accountant's program reads: a row for each rate of tax in a document.

Dates are ISO, and sums have no sign of the currency; what a credit note gives back is negative. So each column of sums
adds up over any rows.
"""

from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dostshop import spreadsheets
from orders import invoices, providers
from orders.models import Invoice

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


def write(chosen: QuerySet[Invoice], into: "SupportsWrite[str]") -> None:
    """As CSV, in the order of their numbers, with a heading in the language of the page."""
    documents = chosen.select_related("order", "payment").order_by("year", "number_in_year")
    rows = (row for invoice in documents for row in _rows(invoice))
    spreadsheets.write(chain([_heading()], rows), into=into)


def _heading() -> list[str | Decimal]:
    return [
        _("number"),
        _("kind"),
        _("issued"),
        _("corrects"),
        _("order"),
        _("buyer"),
        _("way of paying"),
        _("kind of VAT"),
        _("VAT rate, %"),
        _("sum without VAT"),
        _("VAT"),
        _("sum with VAT"),
        _("currency"),
        _("fiscal number"),
    ]


def _rows(invoice: Invoice) -> list[list[str | Decimal]]:
    document = [
        invoice.number,
        invoice.get_kind_display(),
        timezone.localdate(invoice.issued_at).isoformat(),
        invoice.content.get("corrects", ""),
        invoice.order.code,
        spreadsheets.harmless(invoice.content["buyer"]["name"]),
        providers.title(invoice.payment.provider),
    ]
    rows = []
    for part in invoices.taxes(invoice):
        sums = (part.gross - part.tax, part.tax, part.gross)
        # Minus, and not times -1, which makes a -0.00 of nothing.
        signed = [-amount for amount in sums] if invoice.is_credit_note else sums
        rows.append([*document, str(part.vat.label), part.vat.rate, *signed, invoice.currency, invoice.fiscal_id])
    return rows
