"""Every piece of background work: enqueued with what causes it, tried again with growing pauses, named for staff."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from procrastinate.contrib.django import app

from catalog import tasks
from dostshop.background.models import TITLES, Job
from dostshop.background.retrying import GrowingPauses
from orders import cancelling, expiry, fulfilment, invoices, payments, refunds
from orders.models import Invoice, Order
from orders.refunds import Sum
from tests.factories import PhotoFactory, UserFactory, order_of, piece

pytestmark = pytest.mark.django_db

OURS = {name: task for name, task in app.tasks.items() if not name.startswith(("builtin", "procrastinate"))}
PERIODIC = {periodic.task.name for periodic in app.periodic_registry.periodic_tasks.values()}


def test_every_task_has_words_for_staff() -> None:
    assert set(TITLES) == set(OURS)


@pytest.mark.parametrize("name", sorted(set(OURS) - PERIODIC))
def test_every_task_is_tried_again_with_growing_pauses(name: str) -> None:
    retry = OURS[name].retry_strategy
    assert isinstance(retry, GrowingPauses)
    assert retry.most_attempts > 1


def test_what_comes_again_by_the_clock_waits_in_the_queue_once() -> None:
    assert {name: OURS[name].queueing_lock for name in PERIODIC} == {name: name for name in PERIODIC}


def paid_order() -> Order:
    order = order_of(piece(), provider="branch")
    payments.mark_paid(order.pk, actor=UserFactory.create())
    return Order.objects.get(pk=order.pk)


def placed() -> Callable[[], object]:
    variant = piece()
    return lambda: order_of(variant)


def reminded() -> Callable[[], object]:
    order = order_of(piece())
    order.payments.update(remind_at="2026-01-01T00:00Z")
    return partial(expiry.remind, order.pk)


def paid() -> Callable[[], object]:
    return partial(payments.mark_paid, order_of(piece(), provider="branch").pk, actor=UserFactory.create())


def open_payment_given_up() -> Callable[[], object]:
    order = order_of(piece())
    order.payments.update(provider_reference="cs_1")
    return partial(cancelling.cancel, order.pk)


def refunded() -> Callable[[], object]:
    order = paid_order()
    what = Sum(goodwill=Decimal(1))
    return partial(refunds.decide, order.pk, what=what, reason="other")


def handed_over() -> Callable[[], object]:
    order, actor = paid_order(), UserFactory.create(is_staff=True, is_superuser=True)
    fulfilment.mark_all_ready(order.pk, actor=actor)
    return partial(fulfilment.hand_over, order.pk, code=str(order.pickup_code), actor=actor)


def registered_with_the_till() -> Callable[[], object]:
    paid_order()
    return partial(invoices.set_fiscal_id, Invoice.objects.get().pk, fiscal_id="8Fq3xYt1Lw2Z")


def photographed() -> Callable[[], object]:
    return partial(tasks.render_later, PhotoFactory.create())


@pytest.mark.parametrize(
    ("prepared", "enqueued"),
    [
        (placed, {"orders.send_mail"}),
        (reminded, {"orders.send_mail"}),
        (paid, {"orders.send_mail", "orders.print_invoice"}),
        (open_payment_given_up, {"orders.send_mail", "orders.expire_at_provider"}),
        (refunded, {"orders.send_refund", "orders.print_invoice"}),
        (handed_over, {"orders.send_mail"}),
        (registered_with_the_till, {"orders.send_mail", "orders.print_invoice"}),
        (photographed, {"catalog.render_picture"}),
    ],
)
def test_what_is_rolled_back_enqueues_nothing(prepared: Callable[[], Callable[[], object]], enqueued: set[str]) -> None:
    cause = prepared()
    before = set(Job.objects.values_list("pk", flat=True))
    with transaction.atomic():
        cause()
        added = Job.objects.exclude(pk__in=before)
        assert set(added.values_list("task_name", flat=True)) == enqueued
        transaction.set_rollback(True)
    assert set(Job.objects.values_list("pk", flat=True)) == before
