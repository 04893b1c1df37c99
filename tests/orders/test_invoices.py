"""Invoices and credit notes: when there is one, what it says, and that its number is the next."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from pytest_django import Settings

from orders import cancelling, invoices, payments, refunds
from orders.delivery import delivery_for
from orders.models import Invoice, InvoiceSeries, Order, Payment, Refund, Stock
from orders.providers import ProviderRefund, ProviderState, ProviderStatus, RefundState
from tests.factories import CraftFactory, UserFactory, bag_with, delivery_method, order_of, piece, place, worker
from tests.racing import after_all_have_come, all_at_once

pytestmark = pytest.mark.django_db
threads = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def pay(order: Order, *, amount: Decimal | None = None, charge: str = "") -> Payment:
    payment = order.payments.last()
    assert payment is not None
    told = ProviderStatus(ProviderState.PAID, amount or payment.amount, "azn", charge or f"pi_{payment.pk}")
    payments.apply_status(payment.pk, told)
    return payment


def sold() -> Order:
    """A piece with tax, one without, and their way to Gəncə: 38.00 + 20.00 + 5.00."""
    method = delivery_method(price="5.00")
    bag = bag_with(piece(price="38.00"), piece(price="20.00", craft=CraftFactory.create(tax_class="exempt")))
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    order = place(bag, option=option, address="Sınaq küçəsi 1", city="Gəncə", postcode="AZ2000", country="AZ")
    pay(order)
    return order


def numbers() -> list[str]:
    return [str(invoice) for invoice in Invoice.objects.order_by("pk")]


def this_year(*counted: int) -> list[str]:
    return [f"{timezone.localdate().year}-{number:05d}" for number in counted]


def test_a_paid_order_has_an_invoice_of_what_was_sold() -> None:
    order = sold()
    invoice = Invoice.objects.get()
    assert numbers() == this_year(1)
    assert (invoice.order, invoice.payment, invoice.refund) == (order, order.payments.get(), None)
    assert (invoice.total, invoice.tax) == (Decimal("63.00"), order.tax)
    content: dict[str, Any] = invoice.content
    assert [row["total"] for row in content["rows"]] == ["38.00", "20.00", "5.00"]
    assert content["taxes"] == [
        {"vat": "standard", "gross": "43.00", "tax": "6.56"},
        {"vat": "exempt", "gross": "20.00", "tax": "0.00"},
    ]
    assert content["seller"]["voen"] == "1234567890"
    assert content["buyer"] == {"name": order.name, "address": ["Sınaq küçəsi 1", "AZ2000 Gəncə", "Azərbaycan"]}


def test_what_staff_take_over_the_counter_has_an_invoice_too() -> None:
    order = order_of(piece(), provider="branch")
    assert not Invoice.objects.exists()
    payments.mark_paid(order.pk, actor=UserFactory.create(is_staff=True))
    assert order.invoices.get().content["buyer"]["address"] == []


def test_the_same_word_twice_is_one_invoice() -> None:
    order = order_of(piece())
    for _ in range(3):
        pay(order)
    assert numbers() == this_year(1)


def test_money_that_buys_nothing_and_goes_back_has_neither_invoice_nor_credit_note() -> None:
    wrong, late = order_of(piece()), order_of(piece(), provider="stripe")
    pay(wrong, amount=wrong.total + 1)
    Stock.objects.filter(pk=late.lines.get().variant_id).update(on_hand=0)
    pay(late)
    assert Refund.objects.count() == 2
    assert not Invoice.objects.exists()
    assert not InvoiceSeries.objects.exists()


def test_a_second_payment_that_goes_back_leaves_the_invoice_alone() -> None:
    order = order_of(piece())
    first = pay(order)
    second = Payment.objects.create(
        order=order, provider="stripe", status="expired", amount=order.total, expires_at=timezone.now()
    )
    payments.apply_status(second.pk, ProviderStatus(ProviderState.PAID, second.amount, "azn", "pi_second"))
    assert Refund.objects.get().payment == second
    assert [invoice.payment for invoice in Invoice.objects.all()] == [first]


def test_a_refund_has_a_credit_note_in_the_same_series() -> None:
    order = sold()
    taxed, exempt = order.lines.all()
    what = refunds.Sum({exempt.pk: 1}, delivery=Decimal("5.00"), deduction=Decimal("1.00"), to_buyer="Etiketi yoxdur")
    refund = refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    rest = refunds.decide(order.pk, what=refunds.Sum({taxed.pk: 1}), reason=Refund.Reason.FAULTY)
    assert numbers() == this_year(1, 2, 3)
    invoice, note, last = Invoice.objects.order_by("pk")
    assert (note.refund, note.total, note.payment) == (refund, Decimal("24.00"), invoice.payment)
    assert [(row["kind"], row["total"]) for row in note.content["rows"]] == [
        ("piece", "20.00"),
        ("delivery", "5.00"),
        ("kept_back", "-1.00"),
    ]
    assert note.content["corrects"] == invoice.number
    assert sum(Decimal(one["gross"]) for one in note.content["taxes"]) == note.total
    assert (last.refund, last.total) == (rest, Decimal("38.00"))
    goodwill = refunds.decide(order.pk, what=refunds.Sum(goodwill=Decimal("1.00")), reason=Refund.Reason.GOODWILL)
    notes = Invoice.objects.exclude(pk=invoice.pk)
    assert sum(one.total for one in notes) == invoice.total
    assert sum(one.tax for one in notes) == invoice.tax
    assert [row["kind"] for row in notes.get(refund=goodwill).content["rows"]] == ["goodwill"]


def test_a_refund_made_in_the_providers_dashboard_has_a_credit_note() -> None:
    order = order_of(piece())
    payment = pay(order)
    told = ProviderRefund("re_1", RefundState.DONE, Decimal("10.00"))
    for _ in range(2):
        refunds.apply(payment.pk, told)
    assert [one.total for one in Invoice.objects.order_by("pk")] == [order.total, Decimal("10.00")]


def test_an_order_that_was_called_off_is_credited_as_a_whole() -> None:
    order = sold()
    cancelling.call_off(order.pk, actor=worker())
    invoice, note = Invoice.objects.order_by("pk")
    assert (note.total, note.tax, note.content["taxes"]) == (invoice.total, invoice.tax, invoice.content["taxes"])


def test_what_is_refused_or_rolled_back_takes_no_number() -> None:
    order = sold()
    with pytest.raises(refunds.NothingToRefund):
        refunds.decide(order.pk, what=refunds.Sum(), reason=Refund.Reason.GOODWILL)
    with transaction.atomic():
        pay(order_of(piece()))
        assert numbers() == this_year(1, 2)
        transaction.set_rollback(True)
    pay(order_of(piece()))
    assert numbers() == this_year(1, 2)


def test_each_year_begins_with_one_by_the_clocks_of_baku(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = order_of(piece()), order_of(piece())
    for order, hour in [(one, 19), (other, 20)]:
        monkeypatch.setattr(timezone, "now", lambda hour=hour: datetime(2031, 12, 31, hour, 30, tzinfo=UTC))
        Order.objects.filter(pk=order.pk).update(status="awaiting_payment")
        pay(order)
    assert numbers() == ["2031-00001", "2032-00001"]


def test_who_waits_for_a_number_until_the_year_is_over_gets_one_of_the_new_year(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = order_of(piece())
    clock = [datetime(2031, 12, 31, 19, 59, tzinfo=UTC)]
    monkeypatch.setattr(timezone, "now", lambda: clock[-1])
    lock = QuerySet.select_for_update

    def waits(rows: QuerySet[Any], **options: Any) -> QuerySet[Any]:
        if rows.model is InvoiceSeries:
            clock.append(datetime(2031, 12, 31, 20, 1, tzinfo=UTC))
        return lock(rows, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", waits)
    pay(order)
    assert numbers() == ["2032-00001"]
    assert timezone.localdate(order.invoices.get().issued_at).year == 2032
    assert InvoiceSeries.objects.get(year=2031).last_number == 0


def test_the_database_changes_and_deletes_none() -> None:
    invoice = sold().invoices.get()
    changes: list[dict[str, Any]] = [
        {"number_in_year": 7},
        {"year": 2020},
        {"total": Decimal(1)},
        {"tax": Decimal(0)},
        {"content": {}},
        {"language": "en"},
        {"issued_at": timezone.now()},
        {"kind": "credit_note"},
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match="only ever inserted"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(IntegrityError, match="only ever inserted"), transaction.atomic():
        Invoice.objects.all().delete()
    with pytest.raises(ProtectedError):
        invoice.order.delete()
    assert Invoice.objects.get() == invoice


def test_a_series_only_counts_up() -> None:
    sold()
    series = InvoiceSeries.objects.all()
    for change in (
        lambda: series.update(last_number=0),
        lambda: series.update(year=2020),
        series.delete,
    ):
        with pytest.raises(IntegrityError, match="only counts up"), transaction.atomic():
            change()
    assert series.get().last_number == 1


def test_the_database_refuses_a_second_invoice_of_an_order_and_a_second_number() -> None:
    invoice = sold().invoices.get()
    for number in (invoice.number_in_year, 9):
        invoice.pk, invoice.number_in_year = None, number
        with pytest.raises(IntegrityError), transaction.atomic():
            invoice.save()
    assert numbers() == this_year(1)


def test_the_seller_is_who_sold(settings: Settings) -> None:
    settings.BANK_NAME, settings.BANK_IBAN = "Sınaq Bank", "AZ21NABZ00000000137010001944"
    invoice = sold().invoices.get()
    # It is paid: nobody is to send money there once more.
    assert "AZ21NABZ" not in str(invoice.content)
    settings.SELLER_NAME, settings.VAT_STATE = "Somebody else", "not_registered"
    order = order_of(piece())
    pay(order)
    invoice.refresh_from_db()
    assert invoice.content["seller"]["name"].startswith("DOST")
    assert invoice.tax > 0
    assert (order.invoices.get().content["seller"]["name"], order.invoices.get().tax) == ("Somebody else", Decimal(0))


def test_the_fiscal_number_comes_later_and_the_buyer_hears_of_it() -> None:
    order = sold()
    invoice = order.invoices.get()
    Invoice.objects.filter(pk=invoice.pk).update(file="invoices/old.pdf")
    for fiscal_id in ("5D8yQe3VQ1aX", "5D8yQe3VQ1aX", "5D8yQe3VQ1aY"):
        invoices.set_fiscal_id(invoice.pk, fiscal_id=fiscal_id)
    invoice.refresh_from_db()
    assert (invoice.fiscal_id, invoice.file.name) == ("5D8yQe3VQ1aY", "")
    assert invoice.fiscal_url == "https://monitoring.e-kassa.gov.az/#/index?doc=5D8yQe3VQ1aY"
    told = order.mails.filter(kind="receipt").values_list("about", flat=True)
    assert list(told) == ["receipt-5D8yQe3VQ1aX", "receipt-5D8yQe3VQ1aY"]


def test_where_there_is_no_tax_nobody_is_told_to_ask_for_it(settings: Settings) -> None:
    settings.VAT_STATE = "not_registered"
    order = sold()
    invoices.set_fiscal_id(order.invoices.get().pk, fiscal_id="5D8yQe3VQ1aX")
    assert not order.mails.filter(kind="receipt").exists()


@pytest.mark.parametrize("typed", ["", "5D8yQe3VQ1a", "5D8yQe3VQ1aXX", "5D8yQe3VQ1a-", "5D8yQe3VQ1aƏ", "x" * 10_000])
def test_what_is_no_fiscal_number_is_refused(typed: str) -> None:
    invoice = sold().invoices.get()
    with pytest.raises(ValidationError):
        invoices.set_fiscal_id(invoice.pk, fiscal_id=typed)
    assert Invoice.objects.get().fiscal_id == ""


def test_one_receipt_belongs_to_one_invoice() -> None:
    one, other = sold().invoices.get(), sold().invoices.get()
    invoices.set_fiscal_id(one.pk, fiscal_id="5D8yQe3VQ1aX")
    with pytest.raises(ValidationError):
        invoices.set_fiscal_id(other.pk, fiscal_id="5D8yQe3VQ1aX")
    other.refresh_from_db()
    assert other.fiscal_id == ""


def payers(count: int) -> list[Callable[[], Payment]]:
    return [partial(pay, order_of(piece())) for _ in range(count)]


@threads
def test_many_paid_at_once_have_numbers_without_gap_or_double() -> None:
    results = all_at_once(payers(12))
    assert all(isinstance(result, Payment) for result in results), results
    assert sorted(numbers()) == this_year(*range(1, 13))
    assert InvoiceSeries.objects.get().last_number == 12


@threads
def test_without_the_lock_the_same_race_gives_a_number_twice(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The control: the test above is able to fail. The database refuses the second, and the order is paid without."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_args, **_options: self.all())
    pay(order_of(piece()))
    monkeypatch.setattr(InvoiceSeries, "save", after_all_have_come(InvoiceSeries.save, callers=12))
    results = all_at_once(payers(12))
    assert all(isinstance(result, Payment) for result in results), results
    assert "orders_invoice_number_once" in caplog.text
    assert sorted(numbers()) == this_year(1, 2)


@threads
def test_calling_off_while_another_buys_the_same_waits_for_nobody_in_a_circle() -> None:
    variant = piece(on_hand=40, kind="small_series")
    staff = worker()
    paid = [order_of(variant) for _ in range(8)]
    for order in paid:
        pay(order)
    results = all_at_once(
        [partial(cancelling.call_off, order.pk, actor=staff) for order in paid]
        + [partial(pay, order_of(variant)) for _ in range(8)]
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    assert sorted(numbers()) == this_year(*range(1, 25))


@threads
def test_a_series_locked_before_stock_deadlocks() -> None:
    """The control: the order of locks that the test above holds is the one that matters."""
    variant = piece(on_hand=5, kind="small_series")
    InvoiceSeries.objects.create(year=timezone.localdate().year)

    def lock(*tables: type[Stock] | type[InvoiceSeries]) -> None:
        with transaction.atomic():
            for table in tables:
                table._default_manager.select_for_update().get()
                meeting.wait(timeout=30)

    assert variant
    meeting = Barrier(2)
    results = all_at_once([partial(lock, Stock, InvoiceSeries), partial(lock, InvoiceSeries, Stock)])
    assert any(isinstance(result, OperationalError) for result in results)
