"""The worker: what it enqueues, what it keeps of failures, and what becomes of the work when it is killed."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from dostshop import mailing
from dostshop.background.models import Failure, Job
from dostshop.background.tasks import tidy_queue
from dostshop.demo.stripe_stand_in.server import StandIn
from orders import cancelling, emails, expiry, payments
from orders.models import Order, OrderMail
from tests.factories import order_of, piece
from tests.processes import due_now, started, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def _queue_of_its_own(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue is empty, which no test's end sees to; connections in the worker's threads end with their task."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)


def work() -> None:
    """Does what is due, as the worker's process does it, and ends."""
    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()):
        app.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)


@pytest.fixture
def ending() -> Order:
    """An order that a task is about to end."""
    order = order_of(piece(), provider="transfer")
    order.payments.update(created_at="2026-01-01T00:00Z", expires_at="2026-01-02T00:00Z", remind_at=None)
    expiry.expire_order.defer(order_pk=order.pk)
    return order


def status(order: Order) -> str:
    return Order.objects.get(pk=order.pk).status


def test_what_a_task_enqueues_comes_with_its_transaction(ending: Order) -> None:
    work()
    assert status(ending) == Order.Status.EXPIRED
    [told] = ending.mails.filter(kind=OrderMail.Kind.EXPIRED)
    assert Job.objects.filter(task_name=emails.send.name, args__mail_pk=told.pk).count() == 1


def test_what_a_task_enqueues_goes_with_its_transaction(ending: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_after_enqueueing(order: Order, kind: str, about: str = "") -> None:
        emails.send.defer(mail_pk=0)
        raise RuntimeError

    monkeypatch.setattr(emails, "enqueue", fails_after_enqueueing)
    work()
    assert status(ending) == Order.Status.AWAITING_PAYMENT
    assert not Job.objects.filter(task_name=emails.send.name, args__mail_pk=0).exists()


def test_of_a_failure_its_kind_and_place_are_kept_and_no_words(ending: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(order: Order, kind: str, about: str = "") -> None:
        raise KeyError("leyla@example.com") from ConnectionError("leyla@example.com")

    monkeypatch.setattr(emails, "enqueue", fails)
    work()
    job = Job.objects.get(task_name=expiry.expire_order.name)
    failure = Failure.objects.get()
    assert (failure.job_id, failure.error, job.status) == (job.pk, "KeyError ← ConnectionError", "todo")
    assert failure.place.startswith("tests/background/test_worker.py:")
    assert "leyla" not in str(failure)
    assert job.scheduled_at is not None


@pytest.mark.parametrize("gone", [InterfaceError, OperationalError])
def test_a_database_that_is_gone_hides_no_failure(
    gone: type[Exception], ending: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def lost(*args: Any, **kwargs: Any) -> None:
        raise gone

    def fails(order: Order, kind: str, about: str = "") -> None:
        raise mailing.MayHaveGone

    monkeypatch.setattr(emails, "enqueue", fails)
    monkeypatch.setattr(Failure.objects, "bulk_create", lost)
    work()
    raised = [record.exc_info[0] for record in caplog.records if record.exc_info]
    assert raised == [mailing.MayHaveGone]


def test_what_a_killed_worker_was_at_another_does(stand_in: StandIn, tmp_path: Path) -> None:
    order = order_of(piece())
    payment = payments.start(order.payments.get())
    cancelling.cancel(order.pk)
    stand_in.faults.hang_seconds = 600
    log = tmp_path / "worker.log"
    environment = {"STRIPE_API_URL": stand_in.url, "LOG_LEVEL": "WARNING"}
    closing = Job.objects.filter(task_name=payments.expire_at_provider.name)
    with started("manage.py", "procrastinate", "worker", log=log, **environment) as worker:
        asked = len(stand_in.requests)
        wait_until(lambda: len(stand_in.requests) > asked, log=log)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    assert closing.get().status == "doing"
    stand_in.faults.hang_seconds = 0
    with connection.cursor() as cursor:
        # As if half a minute had passed without a sign of life.
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 seconds'")
    # A worker orders it when it starts, too: whether the killed one came to that is chance.
    due_now(tidy_queue)
    with started("manage.py", "procrastinate", "worker", log=log, **environment):
        wait_until(lambda: closing.get().status == "succeeded", log=log)
    assert closing.get().attempts == 2
    assert stand_in.account.sessions[payment.provider_reference]["status"] == "expired"
