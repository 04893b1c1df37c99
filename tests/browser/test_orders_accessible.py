"""The bag, the checkout and the order in every language, light and dark, narrow and wide."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page

from catalog.models import Variant
from dostshop.accounts.models import User
from orders import cancelling, fulfilment, invoices, payments, refunds
from orders.models import Order, Refund
from tests.browser.conftest import expect_accessible, sign_in
from tests.factories import BranchFactory, UserFactory, delivery_method, hand_out, order_of, piece, worker
from tests.orders.test_work_pages import two_parcels

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

LANGUAGES = [pytest.param("", id="az"), pytest.param("/ru", id="ru"), pytest.param("/en", id="en")]


def fill_bag(page: Page, variant: Variant, prefix: str) -> None:
    page.goto(f"{prefix}{variant.product.get_absolute_url()}")
    page.locator("main form").get_by_role("button").first.click()


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_bag_and_checkout(page: Page, prefix: str) -> None:
    delivery_method()
    page.goto(f"{prefix}/bag/")
    expect_accessible(page)
    series = piece(on_hand=9, kind="small_series")
    fill_bag(page, piece(), prefix)
    fill_bag(page, series, prefix)
    series.price = 40
    series.save()
    page.reload()
    expect_accessible(page)
    page.locator("form[action$='/checkout/begin/']").get_by_role("button").click()
    expect_accessible(page)
    page.get_by_role("radio").last.check()
    page.locator("#checkout").get_by_role("button").last.click()
    page.wait_for_selector("[role=alert], .error-summary")
    expect_accessible(page)


def paid(order: Order, staff: User) -> None:
    payments.mark_paid(order.pk, actor=staff)


def with_fiscal_number(order: Order, staff: User) -> None:
    paid(order, staff)
    invoices.set_fiscal_id(order.invoices.get().pk, fiscal_id="5D8yQe3VQ1aX")


def completed(order: Order, staff: User) -> None:
    paid(order, staff)
    hand_out(order)


def cancelled(order: Order, staff: User) -> None:
    cancelling.cancel(order.pk, actor=staff)


def part_fetched(staff: User) -> Order:
    order = order_of(piece(), piece(branch=BranchFactory.create(slug="barda")), provider="branch")
    paid(order, staff)
    fulfilment.hand_over(order.pk, code=str(order.pickup_code), actor=worker())
    return order


def one_parcel_of_two_sent(staff: User) -> Order:
    part, _waiting = two_parcels()
    fulfilment.ship(part.pk, carrier="Azərpoçt", tracking_number="RR123456789AZ", actor=worker())
    return part.order


def one_parcel_of_two_sent_and_refunded(staff: User) -> Order:
    order = one_parcel_of_two_sent(staff)
    units = {line.pk: line.quantity for line in order.fulfilments.all()[0].lines.all()}
    what = refunds.Sum(units, deduction=Decimal("2.00"), to_buyer="Qabın etiketi yoxdur.")
    refunds.decide(order.pk, what=what, reason=Refund.Reason.RETURNED)
    return order


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_the_order_in_each_of_its_states(page: Page, prefix: str) -> None:
    staff = UserFactory.create(is_staff=True)
    steps: list[Callable[[Order, User], None] | None] = [None, paid, with_fiscal_number, completed, cancelled]
    for step in steps:
        order = order_of(piece(), provider="branch", gift_note="Ad günün mübarək")
        if step:
            step(order, staff)
        page.goto(f"{prefix}{order.get_absolute_url()}")
        expect_accessible(page)
    card = order_of(piece())
    of_parts = (part_fetched, one_parcel_of_two_sent, one_parcel_of_two_sent_and_refunded)
    for order in [make(staff) for make in of_parts]:
        page.goto(f"{prefix}{order.get_absolute_url()}")
        expect_accessible(page)
    for address in (card.get_absolute_url(), f"{card.get_absolute_url()}?paid=1"):
        page.goto(f"{prefix}{address}")
        expect_accessible(page)


@pytest.mark.parametrize("prefix", LANGUAGES)
def test_finding_orders(page: Page, context: BrowserContext, base_url: str, prefix: str) -> None:
    page.goto(f"{prefix}/orders/")
    expect_accessible(page)
    page.locator("main").get_by_role("button").click()
    assert re.search(r"^[^:]+: ", page.title())
    expect_accessible(page)
    user = UserFactory.create()
    order_of(piece(), user_pk=user.pk)
    sign_in(context, user, base_url)
    page.goto(f"{prefix}/orders/mine/")
    expect_accessible(page)
