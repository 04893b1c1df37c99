"""What the first page of the admin says of sales: weeks, crafts and branches, as the ledger has them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from artisans.models import Branch
from catalog.models import Craft
from dostshop.accounts.models import Role
from orders import payments, refunds, sales
from orders.models import Order
from tests.admin.conftest import english
from tests.admin.test_rights import of
from tests.factories import BranchFactory, CraftFactory, order_of, piece, worker

pytestmark = pytest.mark.django_db


def sold(price: str, *, craft: str, branch: str = "baku") -> Order:
    kind = Craft.objects.filter(name=craft).first() or CraftFactory.create(name_az=craft)
    order = order_of(piece(craft=kind, branch=BranchFactory.create(slug=branch), price=price), provider="branch")
    payments.mark_paid(order.pk, actor=worker())
    return order


def monday(weeks_ago: int = 0) -> date:
    today = timezone.localdate()
    return today - timedelta(days=today.weekday(), weeks=weeks_ago)


def test_sales_are_told_by_week_craft_and_branch(monkeypatch: pytest.MonkeyPatch) -> None:
    a_week_ago = timezone.now() - timedelta(weeks=1)
    with monkeypatch.context() as clock:
        clock.setattr(timezone, "now", lambda: a_week_ago)
        sold("59.00", craft="Zərgərlik", branch="barda")
    sold("118.00", craft="Toxuculuq")
    sold("59.00", craft="Zərgərlik")
    told = sales.of_last_weeks(None, weeks=3)
    # VAT of 18 % is in the price.
    assert told.by_week == {monday(2): 0, monday(1): Decimal("50.00"), monday(): Decimal("150.00")}
    assert sorted(told.by_craft) == [("Toxuculuq", Decimal("100.00")), ("Zərgərlik", Decimal("100.00"))]
    assert [amount for _name, amount in told.by_branch] == [Decimal("150.00"), Decimal("50.00")]
    barda = Branch.objects.get(slug="barda")
    of_branch = sales.of_last_weeks([barda.pk], weeks=3)
    assert of_branch.by_week[monday()] == 0
    assert of_branch.by_branch == [(barda.name, Decimal("50.00"))]
    assert sales.of_last_weeks(None, weeks=1).by_week == {monday(): Decimal("150.00")}


def test_a_technique_counts_as_its_craft_and_a_refund_is_taken_off() -> None:
    weaving = CraftFactory.create(name_az="Toxuculuq")
    product = piece(price="118.00", craft=CraftFactory.create(name_az="Cecim", parent=weaving))
    kept, back = order_of(product, provider="branch"), order_of(piece(price="59.00"), provider="branch")
    for order in (kept, back):
        payments.mark_paid(order.pk, actor=worker())
    units = {back.lines.get().pk: 1}
    refunds.decide(back.pk, what=refunds.Sum(lines=units), reason="returned", actor=worker())
    told = sales.of_last_weeks(None, weeks=1)
    assert told.by_week == {monday(): Decimal("100.00")}
    assert dict(told.by_craft)["Toxuculuq"] == Decimal("100.00")


def charts(role: Role, branch: str | None = None) -> str:
    page = of(role, branch or "baku").get(english("index")).content.decode()
    _before, sign, after = page.partition('id="sales"')
    return " ".join(strip_tags(after).split()) if sign else ""


def test_everybody_sees_the_sales_of_their_branch() -> None:
    sold("118.00", craft="Toxuculuq")
    sold("59.00", craft="Zərgərlik", branch="barda")
    for role in (Role.CENTRE_STAFF, Role.ACCOUNTANT):
        assert "150,00 ₼" in charts(role)
    of_barda = charts(Role.BRANCH_STAFF, "barda")
    assert "50,00 ₼" in of_barda
    assert "100,00 ₼" not in of_barda
    assert "Toxuculuq" not in of_barda
    assert charts(Role.BRANCH_STAFF, "ismayilli") == ""


def test_it_takes_three_queries_however_much_was_sold(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for price in ("10.00", "20.00", "30.00"):
        sold(price, craft=f"craft-{price[0]}", branch="barda")
    with django_assert_num_queries(3):
        sales.of_last_weeks(None, weeks=12)
