"""What the ledger has to say of some orders, reckoned anew from their rows: by fractions, and without its modules."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from django.db import connection, transaction
from django.db.models import Sum

from artisans.models import EarningsRule, LedgerEntry
from catalog.models import Product, ProductMaker
from orders.models import LineItem, Order, OrderEvent, Refund
from tests.factories import ArtisanFactory

type Rule = tuple[int, int, int]


class Ledger:
    def __init__(self) -> None:
        # By order, the rule on the day when it was paid.
        self.sold_by: dict[int, Rule] = {}
        self.makers: list[int] = []
        # By maker, what was paid out.
        self.paid: dict[int, Fraction] = defaultdict(Fraction)
        self.rule: Rule = (0, 0, 0)
        self.change_rule(70, 20)

    def share(self, product: Product, *shares: str) -> None:
        rows = [ProductMaker(product=product, artisan=ArtisanFactory.create(), share=Decimal(one)) for one in shares]
        ProductMaker.objects.bulk_create(rows)
        self.makers += [row.artisan_id for row in rows]

    def change_rule(self, makers: int, centre: int) -> None:
        """From now on: each rule is a day younger than the one before. What is sold until now keeps its own."""
        for order_pk in OrderEvent.objects.filter(kind=OrderEvent.Kind.PAID).values_list("order", flat=True):
            self.sold_by.setdefault(order_pk, self.rule)
        self.rule = (makers, centre, 100 - makers - centre)
        day = EarningsRule.objects.latest("valid_from").valid_from + timedelta(days=1)
        with _days_gone_by():
            EarningsRule.objects.create(valid_from=day, makers=makers, centre=centre, materials=self.rule[2])

    def holds_for(self, orders: list[Order]) -> None:
        accounts: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        rows = LedgerEntry.objects.order_by().values_list("booking__order_code", "account")
        for code, account, amount in rows.annotate(Sum("amount")):
            accounts[code, account] = Fraction(amount)
        for order in orders:
            mine = {account: amount for (code, account), amount in accounts.items() if code == order.code}
            assert sum(mine.values()) == 0
            self._money_is_where_the_payments_say(order, mine)
        # What was paid out is of no order.
        assert sum(amount for (code, _account), amount in accounts.items() if not code) == 0
        due = self.due(orders)
        entries = LedgerEntry.objects.filter(account="makers", artisan__in=self.makers).order_by()
        for artisan_pk, amount in entries.values_list("artisan").annotate(Sum("amount")):
            assert due.pop(artisan_pk, 0) == -Fraction(amount)
        assert not any(due.values())

    def due(self, orders: list[Order]) -> dict[int, Fraction]:
        """By maker: of what is sold and stays sold, what was not paid out."""
        due: dict[int, Fraction] = defaultdict(Fraction)
        for order in orders:
            for artisan_pk, amount in self._of_makers(order).items():
                due[artisan_pk] += amount
        for artisan_pk, amount in self.paid.items():
            due[artisan_pk] -= amount
        return due

    def _money_is_where_the_payments_say(self, order: Order, accounts: dict[str, Fraction]) -> None:
        payments = list(order.payments.all())
        refunds = [refund for payment in payments for refund in payment.refunds.all()]
        captured = Fraction(sum(payment.captured_amount for payment in payments))
        gone = Fraction(sum(refund.amount for refund in refunds if refund.done_at))
        bought = Fraction(order.total) if self._paid(order) else Fraction()
        bought_by = self._paid(order)
        of_the_sale = Fraction(sum(one.amount for one in refunds if one.payment_id == bought_by and not _above(one)))
        assert accounts.get("money", 0) == captured - gone
        # What is neither spent nor gone is the buyer's.
        assert -accounts.get("buyers", Fraction()) == captured - bought - gone + of_the_sale

    def _paid(self, order: Order) -> int | None:
        """The payment that bought the order's pieces."""
        paid = [event.data["payment"] for event in order.events.all() if event.kind == OrderEvent.Kind.PAID]
        return paid[0] if paid else None

    def _of_makers(self, order: Order) -> dict[int, Fraction]:
        owed: dict[int, Fraction] = defaultdict(Fraction)
        payment_pk = self._paid(order)
        if payment_pk is None:
            return owed
        rule = self.sold_by.setdefault(order.pk, self.rule)
        refunds = {refund.pk for payment in order.payments.all() for refund in payment.refunds.all()}
        for line in order.lines.all():
            back = sum(part.quantity for part in line.refund_lines.all() if part.refund_id in refunds)
            for unit in range(back, line.quantity):
                for artisan_pk, amount in of_unit(line, unit, rule).items():
                    owed[artisan_pk] += amount
        return owed


@contextmanager
def _days_gone_by() -> Iterator[None]:
    """As if each rule in it was written on a day of its own: in a test, no night falls between two of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE artisans_earningsrule DISABLE TRIGGER artisans_earningsrule_begins")
        yield
        cursor.execute("ALTER TABLE artisans_earningsrule ENABLE TRIGGER artisans_earningsrule_begins")


def _above(refund: Refund) -> bool:
    """Of what came beyond the price: it bought nothing, and stays the buyer's until it goes."""
    return refund.reason == Refund.Reason.TOO_MUCH


def of_unit(line: LineItem, unit: int, rule: Rule) -> dict[int, Fraction]:
    def tax_up_to(units: int) -> Fraction:
        """Half a qəpik counts as one."""
        return Fraction(floor(Fraction(line.tax) * units / line.quantity * 100 + Fraction(1, 2)), 100)

    net = Fraction(line.unit_price) - tax_up_to(unit + 1) + tax_up_to(unit)
    makers, _centre, _materials = dealt(net, [Fraction(part) for part in rule])
    shares = [Fraction(one["share"]) for one in line.shares]
    pks = [one["artisan"] for one in line.shares]
    return dict(zip(pks, dealt(makers, shares), strict=True)) if shares else {}


def dealt(amount: Fraction, weights: list[Fraction]) -> list[Fraction]:
    """Qəpik by qəpik, each to whoever has the least of what is due; as the largest remainders fall."""
    due = [amount * 100 * weight / sum(weights) for weight in weights]
    got = [Fraction(floor(one)) for one in due]
    while sum(got) < amount * 100:
        lacking = [one - has for one, has in zip(due, got, strict=True)]
        got[lacking.index(max(lacking))] += 1
    return [one / 100 for one in got]
