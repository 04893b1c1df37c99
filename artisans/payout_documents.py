"""Papers of approved payouts: a sheet that makers sign for their money, and a file for the bank.

Both name makers by their legal names, as money papers have to, and are for whoever pays alone.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from artisans.models import ArtisanPrivate, Payout
from dostshop import money, pdf, spreadsheets


def signature_sheet(payouts: Sequence[Payout], *, on: date, language: str) -> bytes:
    """A sheet for each branch, in the language that is active; payouts come by branch."""
    names = _private(payouts)
    sheets = [
        _sheet(branch.name, list(of_branch), names)
        for branch, of_branch in groupby(payouts, key=lambda payout: payout.artisan.branch)
    ]
    data = {
        "title": _("Payouts in cash"),
        "author": settings.SELLER_NAME,
        "day": date_format(on, "j E Y"),
        "sheets": sheets,
        "words": {"received": _("I have received the sum beside my name."), "document": _("Cash order No.")},
        "signers": [_("Paid by"), _("Checked by")],
        "foot": f"{settings.SELLER_NAME} · {on:%d.%m.%Y}",
    }
    dated = datetime.combine(on, time(), timezone.get_current_timezone())
    return pdf.render("signature_sheet", data=data, language=language, dated=dated)


def _sheet(branch: str, payouts: list[Payout], names: dict[int, ArtisanPrivate]) -> dict[str, Any]:
    return {
        "branch": branch,
        "names": [_("No."), _("Code"), _("Name"), _("Sum"), _("Signature")],
        "rows": [
            [str(number), payout.artisan.code, _legal_name(payout, names), money.text(payout.amount), ""]
            for number, payout in enumerate(payouts, 1)
        ],
        "total": [_("Together"), money.text(sum((payout.amount for payout in payouts), Decimal()))],
    }


def bank_file(payouts: Sequence[Payout]) -> bytes:
    """A line for each payout. What each column is, ``bank_columns`` says."""
    private = _private(payouts)
    return spreadsheets.csv(
        [_bank_line(payout, private) for payout in payouts], headers=[name for name, _said in bank_columns()]
    )


def bank_columns() -> list[tuple[str, str]]:
    """The heading of each column, and what stands in it."""
    return [
        (_("payout"), _("the number of the payout in this shop; no two lines have the same")),
        (_("maker's code"), _("as on the statement")),
        (_("name"), _("the legal name, as the private record has it")),
        (_("account"), _("the payout details of the private record, on one line")),
        (_("amount"), _("with two places")),
        (_("currency"), money.CURRENCY),
        (_("purpose"), _("what the maker reads on the bank statement")),
    ]


def _bank_line(payout: Payout, private: dict[int, ArtisanPrivate]) -> list[str | int | Decimal]:
    record = private.get(payout.artisan_id)
    account = " ".join(record.payout_details.split()) if record else ""
    purpose = _("Payment for works sold, %(code)s") % {"code": payout.artisan.code}
    name = spreadsheets.harmless(_legal_name(payout, private))
    harmless_account = spreadsheets.harmless(account)
    return [payout.pk, payout.artisan.code, name, harmless_account, payout.amount, money.CURRENCY, purpose]


def _private(payouts: Sequence[Payout]) -> dict[int, ArtisanPrivate]:
    return ArtisanPrivate.objects.in_bulk([payout.artisan_id for payout in payouts])


def _legal_name(payout: Payout, private: dict[int, ArtisanPrivate]) -> str:
    """Nothing where no private record is kept: there is a line to write it on."""
    record = private.get(payout.artisan_id)
    return record.legal_name if record else ""
