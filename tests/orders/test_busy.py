"""A row that somebody else holds for too long: whoever was turned away may come again, and nothing is half done."""

import json
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone
from procrastinate.jobs import Job
from pytest_django import Settings

from dostshop import locks
from dostshop.locks import Busy
from orders import expiry, payments
from orders.models import Order, Payment, ProviderEvent
from tests.factories import order_of, piece
from tests.orders import toys
from tests.racing import all_at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def payment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Payment:
    monkeypatch.setattr(locks, "LONGEST_WAIT_MILLISECONDS", 200)
    toys.use(settings, toys.Toy)
    return payments.start(order_of(piece()).payments.get())


def while_locked(rows: "QuerySet[Any]", call: Callable[[], Any]) -> Any:
    locked, done = Event(), Event()

    def holds() -> None:
        with transaction.atomic():
            list(rows.select_for_update())
            locked.set()
            done.wait(timeout=30)

    def calls() -> Any:
        locked.wait(timeout=30)
        try:
            return call()
        finally:
            done.set()

    return all_at_once([holds, calls])[1]


def test_a_provider_hears_that_it_may_come_again(payment: Payment, client: Client) -> None:
    told = json.dumps({"id": "toy-1", "reference": payment.provider_reference, "amount": "38.00"})

    def post() -> int:
        path, kind = "/payments/stripe/webhook/", "application/json"
        return client.post(path, told, content_type=kind, headers={"x-toy": "signed"}).status_code

    assert while_locked(Order.objects.all(), post) == 503
    event = ProviderEvent.objects.get()
    # Nothing is wrong with it.
    assert (event.handled_at, event.error) == (None, "")
    assert while_locked(ProviderEvent.objects.all(), post) == 503
    assert post() == 200
    assert Order.objects.get().status == Order.Status.PAID


def test_an_order_that_cannot_expire_now_is_tried_again(payment: Payment) -> None:
    Payment.objects.update(expires_at=timezone.now() - timedelta(hours=1), provider_reference="")
    busy = while_locked(Order.objects.all(), lambda: expiry.expire_order(order_pk=payment.order_id))
    assert isinstance(busy, Busy)
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="orders.expire_order")
    assert expiry.expire_order.get_retry_exception(busy, job) is not None
    expiry.expire_order(order_pk=payment.order_id)
    assert Order.objects.get().status == Order.Status.EXPIRED
