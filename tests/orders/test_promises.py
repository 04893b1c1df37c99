"""The days that are promised: lead times, preparation, the road between branches, holidays."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from artisans.models import Branch
from catalog.models import Product
from orders import expiry, fulfilment, payments, promises
from orders.models import Hold, Order
from orders.providers import ProviderState, ProviderStatus, provider
from orders.providers.branch import DAYS_TO_COME
from orders.working_days import calendar_of
from tests.factories import BranchFactory, HolidayFactory, UserFactory, order_of, piece, worker

pytestmark = pytest.mark.django_db

# A Monday; Novruz is from the Friday on.
MONDAY = datetime(2026, 3, 16, 12, tzinfo=ZoneInfo("Asia/Baku"))


@pytest.fixture(autouse=True)
def novruz() -> None:
    HolidayFactory.create()


@pytest.fixture
def baku() -> Branch:
    branch: Branch = BranchFactory.create(slug="baku")
    return branch


def test_what_lies_on_the_shelf_is_packed_in_two_working_days(baku: Branch) -> None:
    product = piece().product
    made = promises.promise([product], pickup_branch_pk=baku.pk, now=MONDAY)
    assert made.due_on == {baku.pk: date(2026, 3, 18)}
    assert made.promised_on == date(2026, 3, 18)
    late = promises.promise([product], pickup_branch_pk=None, now=MONDAY + timedelta(days=2))
    assert late.promised_on == date(2026, 3, 31)


def test_what_is_made_to_order_is_made_before_it_is_packed(baku: Branch) -> None:
    product = piece(on_hand=0, kind="made_to_order", lead_time_days=3).product
    made = promises.promise([product, piece().product], pickup_branch_pk=None, now=MONDAY)
    # Made by the 19th, then Novruz, then two working days.
    assert made.due_on == {baku.pk: date(2026, 4, 1)}


def test_pieces_of_another_branch_travel_first(baku: Branch) -> None:
    barda = BranchFactory.create(slug="barda")
    products = [piece().product, piece(branch=barda).product]
    made = promises.promise(products, pickup_branch_pk=baku.pk, now=MONDAY)
    assert made.due_on == {baku.pk: date(2026, 3, 18), barda.pk: date(2026, 3, 18)}
    assert made.promised_on == date(2026, 4, 1)
    assert promises.promise(products, pickup_branch_pk=None, now=MONDAY).promised_on == date(2026, 3, 18)


def test_a_slow_branch_promises_less(baku: Branch) -> None:
    baku.preparation_days = 3
    baku.save()
    made = promises.promise([piece().product], pickup_branch_pk=None, now=MONDAY)
    assert made.promised_on == date(2026, 3, 19)


def test_what_is_paid_on_pickup_is_promised_when_it_is_ordered() -> None:
    order = order_of(piece(), provider="branch")
    part = order.fulfilments.get()
    assert order.promised_on == part.due_on is not None
    Order.objects.filter(pk=order.pk).update(promised_on=date(2026, 3, 18))
    payments.mark_paid(order.pk, actor=UserFactory.create())
    order.refresh_from_db()
    # What was promised stands.
    assert order.promised_on == date(2026, 3, 18)


def test_who_pays_after_the_time_ran_out_is_promised_a_day_to_come() -> None:
    order = order_of(piece(), provider="branch")
    Order.objects.filter(pk=order.pk).update(promised_on=date(2026, 3, 18))
    order.fulfilments.update(due_on=date(2026, 3, 18))
    # It was ready; then nobody came.
    order.fulfilments.update(ready_at=timezone.now(), arrived_at=timezone.now())
    order.payments.update(expires_at=timezone.now() - timedelta(days=1))
    expiry.expire_order(order.pk)
    payments.mark_paid(order.pk, actor=worker())
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert order.promised_on is not None
    assert order.promised_on >= timezone.localdate()
    assert order.fulfilments.get().due_on is not None
    assert order.fulfilments.exclude(due_on__gte=timezone.localdate()).count() == 0


def test_the_rest_is_promised_when_it_is_paid() -> None:
    order = order_of(piece())
    assert order.promised_on is None
    payments.apply_status(order.payments.get().pk, ProviderStatus(ProviderState.PAID, order.total, "azn", "pi_1"))
    order.refresh_from_db()
    part = order.fulfilments.get()
    expected = promises.promise([part.lines.get().variant.product], pickup_branch_pk=None, now=timezone.now())
    assert order.promised_on == part.due_on == expected.promised_on


def test_pieces_are_kept_until_a_branch_closes_and_no_holiday_counts(baku: Branch) -> None:
    order = Order(pickup_branch=baku, promised_on=date(2026, 3, 18))
    keeps = provider("branch").pay_until
    # 19 March, then Novruz, 31 March, 1 April.
    assert keeps(order, MONDAY) == datetime(2026, 4, 1, 18, tzinfo=ZoneInfo("Asia/Baku"))
    assert keeps(order, MONDAY + timedelta(days=9)) == datetime(2026, 4, 3, 18, tzinfo=ZoneInfo("Asia/Baku"))


def test_who_pays_on_pickup_has_the_whole_time_even_where_the_branch_was_late() -> None:
    order = order_of(piece(), provider="branch")
    payment = order.payments.get()
    soon = timezone.now() + timedelta(hours=1)
    order.payments.update(expires_at=soon)
    Hold.objects.update(expires_at=soon)
    fulfilment.mark_ready(order.fulfilments.get().pk, actor=worker())
    payment.refresh_from_db()
    calendar = calendar_of(order.pickup_branch)
    last_day = calendar.add_working_days(max(timezone.localdate(), order.promised_on or date.min), DAYS_TO_COME)
    assert payment.expires_at == Hold.objects.get().expires_at == calendar.closing(last_day)


def test_every_pickup_has_a_code_of_its_own_and_a_parcel_has_none() -> None:
    codes = {order_of(piece()).pickup_code for _number in range(5)}
    assert len(codes) == 5
    assert all(code and len(code) == 5 for code in codes)


def assert_paid_and_promised(order: Order, branch: Branch) -> None:
    part = order.fulfilments.get()
    order.refresh_from_db()
    assert order.status == Order.Status.PAID
    assert part.branch == branch
    assert order.promised_on == part.due_on is not None


def test_a_piece_that_moved_to_another_branch_since_is_promised_by_the_one_that_sold_it(baku: Branch) -> None:
    variant = piece()
    order = order_of(variant)
    Product.objects.filter(pk=variant.product_id).update(branch=BranchFactory.create(slug="barda"))
    payments.apply_status(order.payments.get().pk, ProviderStatus(ProviderState.PAID, order.total, "azn", "pi_1"))
    assert_paid_and_promised(order, baku)


def test_the_days_of_making_are_those_that_were_sold(baku: Branch) -> None:
    variant = piece(on_hand=0, kind="made_to_order", lead_time_days=3)
    order = order_of(variant)
    expected = promises.promise([variant.product], pickup_branch_pk=baku.pk, now=timezone.now())
    Product.objects.filter(pk=variant.product_id).update(lead_time_days=60)
    payments.apply_status(order.payments.get().pk, ProviderStatus(ProviderState.PAID, order.total, "azn", "pi_1"))
    assert_paid_and_promised(order, baku)
    assert order.promised_on == expected.promised_on
