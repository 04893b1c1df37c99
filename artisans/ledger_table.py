"""The ledger of a period as a table, for an accountant's own programs."""

from datetime import date
from typing import Any

import tablib
from django.db.models import Q, TextChoices
from django.utils.translation import gettext as _

from artisans.models import LedgerEntry, Payout
from dostshop import spreadsheets


class Format(TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"


def of_period(first: date, last: date, *, format: Format) -> bytes:  # noqa: A002 — it is one
    """Every entry from the first day to the last, in the order of booking; debits positive.

    Makers are named by their codes alone. Two queries.
    """
    entries = LedgerEntry.objects.filter(booking__booked_on__range=(first, last))
    entries = entries.select_related("booking__rule", "artisan", "branch").order_by("booking_id", "pk")
    numbers = _document_numbers(first, last)
    rows = [_row(entry, numbers.get(entry.booking.cause, "")) for entry in entries]
    if format == Format.XLSX:
        content: bytes = tablib.Dataset(*rows, headers=_headers(), title=_("Ledger")).export("xlsx")
        return content
    return spreadsheets.csv(rows, headers=_headers())


def _headers() -> list[str]:
    return [
        _("day"),
        _("booking"),
        _("kind"),
        _("order"),
        _("account"),
        _("amount"),
        _("where the money is"),
        _("maker's code"),
        _("branch"),
        _("SKU"),
        _("piece"),
        _("quantity"),
        _("earnings rule"),
        _("document number"),
    ]


def _document_numbers(first: date, last: date) -> dict[str, str]:
    """Of the papers of payouts, by the causes of their bookings."""
    days = (first, last)
    paid = Payout.objects.booked().filter(Q(paid_on__range=days) | Q(reversed_on__range=days))
    return {cause: one.document_number for one in paid for cause in (one.cause, one.reversal_cause)}


def _row(entry: LedgerEntry, document_number: str) -> tuple[Any, ...]:
    booking = entry.booking
    words = (
        entry.place,
        entry.artisan.code if entry.artisan else "",
        str(entry.branch or ""),
        entry.sku,
        entry.item or "",
    )
    return (
        booking.booked_on,
        booking.cause,
        booking.get_kind_display(),
        booking.order_code,
        entry.get_account_display(),
        entry.amount,
        *map(spreadsheets.harmless, words),
        entry.quantity or "",
        str(booking.rule or ""),
        spreadsheets.harmless(document_number),
    )
