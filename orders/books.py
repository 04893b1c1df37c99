"""What the money of an order means for the ledger: who gets what of a sale, and what a refund takes back.

Money that came is owed to the buyer, until it buys the pieces. Then the price of each unit, without its tax, is shared
by the rule of that day: the makers by the shares that the line copied, the Centre, the materials. A refund takes back
what the sale gave for just these units, by its rule, so that partial refunds add up to it to the qəpik. Goodwill and
the provider's fees are borne by the Centre, what is kept back is the Centre's; the makers' part knows none of them.
A refund is owed to the buyer from its decision on, and settled when the money goes.
Locks: none. Call with the order locked, in the transaction that changes its money, after what locks more rows.
Raises: nothing of its own; what is zero in sum by construction is checked by the database at the commit.
After commit: nothing. Retry: a cause is booked once; ``orders/ledger_checks.py`` finds what was not booked.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone, translation

from artisans import earnings
from artisans.earnings import Account, Cause, Entry, Item
from artisans.models import Artisan, Booking, EarningsRule
from dostshop import money
from orders import invoices, providers, vat
from orders.models import LineItem, Order, Payment, Refund
from orders.vat import Portion, Vat

Kind = Booking.Kind
# Money that staff gave back in place of a provider: it did not leave from there.
BY_HAND = "by_hand"


@dataclass(frozen=True)
class Sharing:
    """How an order's lines are shared."""

    rule: EarningsRule
    # Of the makers that the lines name, those who are still there: a piece may have changed hands before it was paid.
    makers: Collection[int]

    @classmethod
    def of(cls, lines: Iterable[LineItem], rule: EarningsRule) -> "Sharing":
        named = {one["artisan"] for line in lines for one in line.shares}
        return cls(rule, {*Artisan.objects.filter(pk__in=named).values_list("pk", flat=True)} if named else ())


def money_came(order: Order, payment: Payment) -> None:
    """The captured money of a payment is here, and the buyer's; the provider's fee is the Centre's to pay."""
    amount = payment.captured_amount
    fee = fee_of(payment.provider, amount)
    entries = [
        Entry(account=Account.MONEY, amount=amount, held_at=payment.provider),
        Entry(account=Account.BUYERS, amount=-amount),
        Entry(account=Account.FEES, amount=fee),
        Entry(account=Account.FEES_OWED, amount=-fee),
    ]
    earnings.book(_cause(f"payment-{payment.pk}", Kind.PAYMENT, order, payment.paid_at), entries)


def fee_of(provider: str, amount: Decimal) -> Decimal:
    """What the provider keeps of a payment, by the tariff in the settings. Not given back with a refund."""
    tariff = settings.PAYMENT_FEES.get(provider)
    return money.rounded(amount * tariff.percent / 100) + tariff.fixed if tariff else money.ZERO


def sold(order: Order, payment: Payment) -> None:
    """The payment has bought the order's pieces: its money is shared."""
    day = timezone.localdate(payment.paid_at)
    rule = EarningsRule.objects.in_force(day)
    entries = [Entry(account=Account.BUYERS, amount=order.total), Entry(account=Account.TAX, amount=-order.tax)]
    lines = order.lines.select_related("fulfilment", "variant__product")
    sharing = Sharing.of(lines, rule)
    for line in lines:
        entries += _given(line, sharing, units=range(line.quantity))
    entries.append(Entry(account=Account.DELIVERY, amount=order.delivery_tax - order.delivery_total))
    earnings.book(_cause(f"sale-{payment.pk}", Kind.SALE, order, payment.paid_at, rule=rule), entries)


def refund_decided(order: Order, refund: Refund) -> None:
    """The refund is the buyer's: taken back from whom the sale gave it to.

    Nothing is booked of what bought nothing, or came beyond the price: it is the buyer's already.
    """
    sale = Booking.objects.select_related("rule").filter(cause=f"sale-{refund.payment_id}").first()
    if sale is None or sale.rule is None or refund.reason == Refund.Reason.TOO_MUCH:
        return
    so_far = list(
        Refund.objects.filter(payment=refund.payment_id, pk__lte=refund.pk)
        .exclude(reason=Refund.Reason.TOO_MUCH)
        .order_by("pk")
        .prefetch_related("lines__line__fulfilment", "lines__line__variant__product")
    )
    *before, refund = so_far
    sharing = Sharing.of([part.line for part in refund.lines.all()], sale.rule)
    entries = list(_taken_back(order, refund, before, sharing))
    tax, without_goodwill = _taxes_back(order, so_far)
    rest = refund.amount - refund.goodwill - without_goodwill - sum(entry.amount for entry in entries)
    entries += [
        Entry(account=Account.TAX, amount=tax),
        Entry(account=Account.GOODWILL, amount=refund.goodwill + without_goodwill - tax),
        # Where nothing is kept back, it is what rounding leaves of the tax.
        Entry(account=Account.KEPT_BACK if refund.kept_back else Account.CENTRE, amount=rest),
        Entry(account=Account.BUYERS, amount=-refund.amount),
    ]
    cause = _cause(f"refund-{refund.pk}", Kind.REFUND, order, refund.created_at, rule=sale.rule)
    earnings.book(cause, entries)


def refund_moved(order: Order, refund: Refund) -> None:
    """Books that the money of a refund went, or came back: whichever the ledger does not say yet."""
    moves = list(Booking.objects.filter(cause__startswith=f"refund-{refund.pk}-").order_by("pk"))
    has_gone = len(moves) % 2 == 1
    if has_gone == (refund.done_at is not None):
        return
    name = f"refund-{refund.pk}-{len(moves) + 1}"
    if has_gone:
        place = moves[-1].entries.get(account=Account.MONEY).held_at
        back = Entry(account=Account.MONEY, amount=refund.amount, held_at=place)
        cause = _cause(name, Kind.CAME_BACK, order)
    else:
        back = Entry(account=Account.MONEY, amount=-refund.amount, held_at=_left_from(refund))
        cause = _cause(name, Kind.MONEY_BACK, order, refund.done_at)
    earnings.book(cause, [back, Entry(account=Account.BUYERS, amount=-back.amount)])


def _cause(
    name: str, kind: Booking.Kind, order: Order, at: datetime | None = None, *, rule: EarningsRule | None = None
) -> Cause:
    return Cause(name=name, kind=kind, order_code=order.code, rule=rule, on=timezone.localdate(at))


def _left_from(refund: Refund) -> str:
    provider = refund.payment.provider
    return BY_HAND if refund.is_by_hand and provider not in providers.codes_by_hand() else provider


def _given(line: LineItem, sharing: Sharing, *, units: range) -> list[Entry]:
    """What these units of the line, the first being 0, give to whom; each unit is shared by itself."""
    totals: dict[tuple[Account, int | None], Decimal] = defaultdict(lambda: money.ZERO)
    for net, count in Counter(_net(line, unit) for unit in units).items():
        for account, artisan_pk, amount in _parts(net, line.shares, sharing):
            totals[account, artisan_pk] += count * amount
    item = Item(sku=line.sku, quantity=len(units), branch_pk=line.fulfilment.branch_id, names=names_of(line))
    return [
        Entry(account=account, amount=-amount, artisan_pk=artisan_pk, item=item)
        for (account, artisan_pk), amount in totals.items()
    ]


def _net(line: LineItem, unit: int) -> Decimal:
    """The price of one unit without its part of the line's tax."""
    taxed = Portion(Vat(line.vat), line.total, line.tax)
    tax = taxed.tax_up_to(line.unit_price * (unit + 1)) - taxed.tax_up_to(line.unit_price * unit)
    return line.unit_price - tax


def _parts(
    net: Decimal, shares: Iterable[Mapping[str, str | int]], sharing: Sharing
) -> Iterator[tuple[Account, int | None, Decimal]]:
    parts = earnings.share(net, rule=sharing.rule)
    yield Account.CENTRE, None, parts.centre
    yield Account.MATERIALS, None, parts.materials
    by = {int(one["artisan"]): Decimal(one["share"]) for one in shares}
    if not by:
        yield Account.UNASSIGNED, None, parts.makers
        return
    for artisan_pk, amount in zip(by, earnings.split(parts.makers, by=[*by.values()]), strict=True):
        if artisan_pk in sharing.makers:
            yield Account.MAKERS, artisan_pk, amount
        else:
            yield Account.UNASSIGNED, None, amount


def names_of(line: LineItem) -> tuple[tuple[str, str], ...]:
    """As the piece is called in each language now; the line knows that of the buyer alone."""
    names = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names.append((language, str(line.variant)))
    return tuple(names)


def _taken_back(order: Order, refund: Refund, before: Iterable[Refund], sharing: Sharing) -> Iterator[Entry]:
    """The opposite of what the sale gave for the refund's units and its part of the delivery."""
    units: Counter[int] = Counter()
    delivery = money.ZERO
    for earlier in before:
        units.update({part.line_id: part.quantity for part in earlier.lines.all()})
        delivery += earlier.delivery_amount
    for part in refund.lines.all():
        first = units[part.line_id]
        for entry in _given(part.line, sharing, units=range(first, first + part.quantity)):
            yield entry.opposite()
    if refund.delivery_amount:
        taxed = Portion(Vat(order.delivery_vat), order.delivery_total, order.delivery_tax)
        tax = taxed.tax_up_to(delivery + refund.delivery_amount) - taxed.tax_up_to(delivery)
        yield Entry(account=Account.DELIVERY, amount=refund.delivery_amount - tax)


def _taxes_back(order: Order, refunds: Sequence[Refund]) -> tuple[Decimal, Decimal]:
    """The tax in the last of the refunds, as its credit note has it, or will have; and what it would be, had none of
    them given any goodwill. Goodwill is of all kinds of tax, so that less of each is left for what goes back later:
    that difference is its own.
    """
    invoiced = vat.summed(invoices.taxed(order, order.lines.all()))
    wanted = [invoices.wanted_back(order, refund, refund.lines.all()) for refund in refunds]
    amounts = [refund.amount for refund in refunds]
    without_goodwill = [refund.amount - refund.goodwill for refund in refunds]
    return _tax_of_last(invoiced, wanted, amounts), _tax_of_last(invoiced, wanted, without_goodwill)


def _tax_of_last(
    invoiced: Sequence[Portion], wanted: Sequence[Sequence[Portion]], amounts: Sequence[Decimal]
) -> Decimal:
    gone: list[Portion] = []
    credited: list[Portion] = []
    for wish, amount in zip(wanted, amounts, strict=True):
        credited = vat.credited(invoiced, before=gone, wanted=wish, amount=amount)
        gone += credited
    return sum((one.tax for one in credited), money.ZERO)
