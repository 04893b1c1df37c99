"""What the migrations of a running shop keep of what its buyers were told."""

from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from orders import returns
from orders.models import Fulfilment, Holiday, Order
from tests.orders.test_emails import sent_order

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 3, 18, 15, tzinfo=timezone.get_default_timezone())
FRIDAY = date(2026, 3, 20)


def of_parcel(left_at: datetime, *, days: int | None) -> Fulfilment:
    order = sent_order("baku")
    Order.objects.filter(pk=order.pk).update(delivery_days_min=days, delivery_days_max=days)
    part = order.fulfilments.get()
    Fulfilment.objects.filter(pk=part.pk).update(handed_over_at=left_at, returnable_until=left_at.date())
    return part


@pytest.mark.parametrize("days", [None, 0, 1, 5])
def test_a_parcel_that_left_is_returnable_for_as_long_as_the_shop_told(days: int | None) -> None:
    """Weekends and holidays among them, on the way and on the day it left."""
    Holiday.objects.create(name="Novruz", first_day=FRIDAY, last_day=FRIDAY + timedelta(4))
    parts = [of_parcel(WEDNESDAY + timedelta(day), days=days) for day in range(10)]
    migration = import_module("orders.migrations.0024_one_branch_for_each_return")
    with connection.schema_editor() as editor:
        migration.fill(apps, editor)
    for part in parts:
        part.refresh_from_db()
        assert part.handed_over_at
        left_on = timezone.localdate(part.handed_over_at)
        assert part.returnable_until == returns.last_day(part.order, left_on=left_on), left_on
