"""The tax in a price, and what of it is given back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from orders import vat
from orders.delivery import delivery_for
from orders.models import Order
from orders.vat import Portion, Vat
from tests.factories import CraftFactory, bag_with, delivery_method, order_of, piece, place


def portions(**gross: str) -> list[Portion]:
    return [Portion.of(Vat(kind), Decimal(one)) for kind, one in gross.items()]


@pytest.mark.parametrize(
    ("gross", "tax"), [("118.00", "18.00"), ("38.00", "5.80"), ("0.01", "0.00"), ("0.04", "0.01"), ("100.00", "15.25")]
)
def test_the_tax_is_in_the_price(gross: str, tax: str) -> None:
    assert Portion.of(Vat.STANDARD, Decimal(gross)).tax == Decimal(tax)


@pytest.mark.parametrize("kind", [Vat.NONE, Vat.EXEMPT, Vat.EXPORT])
def test_other_kinds_have_none(kind: Vat) -> None:
    assert Portion.of(kind, Decimal("38.00")).tax == 0


@pytest.mark.parametrize(
    ("state", "tax_class", "is_export", "kind"),
    [
        ("registered", "standard", False, Vat.STANDARD),
        ("registered", "exempt", False, Vat.EXEMPT),
        ("registered", "standard", True, Vat.EXPORT),
        ("registered", "exempt", True, Vat.EXPORT),
        ("not_registered", "standard", False, Vat.NONE),
        ("not_registered", "exempt", True, Vat.NONE),
    ],
)
def test_what_applies(settings: Settings, state: str, tax_class: str, is_export: bool, kind: Vat) -> None:
    settings.VAT_STATE = state
    assert vat.applies(tax_class, is_export=is_export) == kind


def test_everything_credited_is_the_whole_tax() -> None:
    invoiced = portions(standard="99.99", exempt="20.00")
    before: list[Portion] = []
    for amount in ("33.33", "0.01", "50.00", "36.65"):
        before += vat.credited(invoiced, before=before, wanted=[], amount=Decimal(amount))
    assert vat.summed(before) == invoiced


def test_a_piece_given_back_gives_back_its_own_tax() -> None:
    invoiced = portions(standard="118.00", exempt="82.00")
    exempt = portions(exempt="82.00")
    assert vat.credited(invoiced, before=[], wanted=exempt, amount=Decimal("82.00")) == exempt


def test_goodwill_and_what_is_kept_back_are_shared_in_proportion() -> None:
    invoiced = portions(standard="118.00", exempt="118.00")
    goodwill = vat.credited(invoiced, before=[], wanted=[], amount=Decimal("20.00"))
    assert [(one.gross, one.tax) for one in goodwill] == [(Decimal("10.00"), Decimal("1.53")), (Decimal("10.00"), 0)]
    kept = vat.credited(invoiced, before=[], wanted=invoiced, amount=Decimal("216.00"))
    assert [one.gross for one in kept] == [Decimal("108.00"), Decimal("108.00")]


def test_more_than_was_invoiced_is_never_credited() -> None:
    invoiced = portions(standard="10.00")
    with pytest.raises(ValueError, match="more than is left"):
        vat.credited(invoiced, before=portions(standard="9.99"), wanted=[], amount=Decimal("0.02"))


SUMS = st.decimals(Decimal("0.01"), Decimal("900.00"), places=2)


@given(st.data(), SUMS, SUMS, SUMS)
def test_any_run_of_credits_stays_within_the_invoice(
    data: st.DataObject, standard: Decimal, exempt: Decimal, export: Decimal
) -> None:
    invoiced = [Portion.of(Vat.STANDARD, standard), Portion.of(Vat.EXEMPT, exempt), Portion.of(Vat.EXPORT, export)]
    left, before = standard + exempt + export, list[Portion]()
    while left:
        amount = data.draw(st.just(left) | st.decimals(Decimal("0.01"), left, places=2))
        wanted = [Portion.of(data.draw(st.sampled_from(Vat)), data.draw(SUMS))]
        credit = vat.credited(invoiced, before=before, wanted=wanted, amount=amount)
        assert sum(one.gross for one in credit) == amount
        assert all(0 <= one.tax <= one.gross for one in credit)
        before += credit
        left -= amount
    assert vat.summed(before) == invoiced


@pytest.mark.django_db
def test_an_order_keeps_the_tax_it_was_sold_with() -> None:
    exempt = CraftFactory.create(tax_class="exempt")
    method = delivery_method(price="5.00")
    bag = bag_with(piece(price="38.00"), piece(price="20.00", craft=exempt))
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    order = place(bag, option=option, address="Sınaq küçəsi 1", city="Bakı", country="AZ")
    sold = [(line.vat, line.tax_rate, line.tax) for line in order.lines.all()]
    assert sold == [("standard", Decimal("18.00"), Decimal("5.80")), ("exempt", 0, 0)]
    assert (order.delivery_vat, order.delivery_tax, order.tax) == ("standard", Decimal("0.76"), Decimal("6.56"))
    exempt.tax_class = "standard"
    exempt.save()
    assert [line.tax for line in Order.objects.get().lines.all()] == [Decimal("5.80"), 0]


@pytest.mark.django_db
def test_what_goes_abroad_is_an_export_and_picking_up_is_not() -> None:
    method = delivery_method(name_az="Avropa", countries=["DE"])
    bag = bag_with(piece())
    option = delivery_for(list(bag.lines.all())).get(f"post-{method.pk}")
    abroad = place(bag, option=option, address="Prüfweg 1", city="Berlin", country="DE")
    assert (abroad.lines.get().vat, abroad.delivery_vat, abroad.tax) == ("export", "export", Decimal(0))
    assert order_of(piece()).lines.get().vat == "standard"


@pytest.mark.django_db
def test_a_seller_that_is_not_registered_sells_without_tax(settings: Settings) -> None:
    settings.VAT_STATE = "not_registered"
    order = order_of(piece())
    assert (order.lines.get().vat, order.delivery_vat, order.tax) == ("none", "none", Decimal(0))
