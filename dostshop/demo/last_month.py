"""The month before the demo was loaded: sales, payouts and statements, so that a month is over that can be looked at.

Everything is done by the shop's own functions, each on its day by the clock of ``dostshop/demo/clock.py``, in the order
in which it happened.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone

from artisans import payout_corrections, payouts, statements, thanks
from artisans.models import Artisan, ArtisanPrivate, Payout
from catalog.models import Variant
from dostshop.accounts.models import Role, User
from dostshop.demo import clock, selling
from orders import stock, thanking

type Record = dict[str, Any]


def load(record: Record, *, code_of: Callable[[str], str]) -> None:
    """``code_of``: the code of a piece's only variant, by the piece's slug."""
    month = _last_month()
    accountant = User.objects.get(memberships__role=Role.ACCOUNTANT)
    told = record["payouts"]
    happened: list[tuple[int, Callable[[], None]]] = [
        *((sale["day"], partial(_sell, sale, code_of=code_of)) for sale in record["sales"]),
        (told["day"], partial(_pay_makers, told, actor=accountant)),
        (told["sent_back_day"], partial(_take_back, told, actor=accountant)),
    ]
    for day, happens in sorted(happened, key=lambda one: one[0]):
        with clock.at(_noon(month.replace(day=day))):
            happens()
    statements.issue(month, actor=accountant)


def _last_month() -> date:
    """Its first day."""
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), timezone.get_current_timezone())


def _sell(sale: Record, *, code_of: Callable[[str], str]) -> None:
    pieces: Mapping[str, int] = {code_of(slug): quantity for slug, quantity in sale["pieces"].items()}
    for code, quantity in pieces.items():
        stock.receive(Variant.objects.get(code=code).pk, quantity=quantity)
    staff = selling.staff_of(sale["branch"])
    buyer = selling.Buyer(sale["name"], sale["email"])
    order = selling.sell(pieces, branch=sale["branch"], buyer=buyer, taken_by=staff)
    selling.hand_over(order, by=staff)
    if "thanks" in sale:
        line = order.lines.get(variant__code=code_of(sale["thanks"]["piece"]))
        written = thanking.send(
            order.pk, line_pk=line.pk, words=sale["thanks"]["words"], language=order.language, may_be_public=False
        )
        thanks.pass_on(written.pk, actor=staff)


def _pay_makers(told: Record, *, actor: User) -> None:
    """All that is due: by the bank whoever has an account, in cash whoever has none."""
    due = {one.artisan.pk: one.due for one in payouts.standings() if one.can_be_approved}
    with_account = set(
        ArtisanPrivate.objects.filter(pk__in=due).exclude(payout_details="").values_list("pk", flat=True)
    )
    ways: list[tuple[Payout.Method, str, dict[int, Decimal]]] = [
        (Payout.Method.BANK, told["bank_document"], {pk: due[pk] for pk in due if pk in with_account}),
        (Payout.Method.CASH, told["document"], {pk: due[pk] for pk in due if pk not in with_account}),
    ]
    for method, number, sums in ways:
        approved = payouts.approve(sums, method=method, actor=actor)
        chosen = [payout.pk for payout in approved.done]
        paid = payouts.pay(chosen, document_number=number, paid_on=timezone.localdate(), actor=actor)
        if refused := [*approved.refused, *paid.refused]:
            raise LookupError("; ".join(refused))


def _take_back(told: Record, *, actor: User) -> None:
    artisan = Artisan.objects.get(slug=told["sent_back"])
    payout_corrections.reverse(
        artisan.payouts.get().pk, on=timezone.localdate(), reason=Payout.ReversalReason.SENT_BACK, actor=actor
    )
