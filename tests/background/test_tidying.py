from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from dostshop.background.retrying import OVER_THE_WEEKEND
from dostshop.background.tasks import KEPT_HOURS, tidy_queue

pytestmark = pytest.mark.django_db


def left_behind(*, heartbeat_seconds_ago: int | None, **fields: Any) -> int:
    """A job that is being done by a worker that was last heard of so long ago; None where its row is gone."""
    job = {"attempts": 0, "queueing_lock": None, "status": "doing", **fields}
    with connection.cursor() as cursor:
        worker = None
        if heartbeat_seconds_ago is not None:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - %s * interval '1 second') RETURNING id",
                [heartbeat_seconds_ago],
            )
            worker = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts, queueing_lock, worker_id)"
            " VALUES ('default', 'orders.send_mail', '{}', %s::procrastinate_job_status, %s, %s, %s) RETURNING id",
            [job["status"], job["attempts"], job["queueing_lock"], worker],
        )
        pk: int = cursor.fetchone()[0]
    return pk


def tidy() -> None:
    async_to_sync(tidy_queue.func)(timestamp=0)


def state(pk: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=pk).status)


@pytest.mark.parametrize("heartbeat_seconds_ago", [60, None])
def test_what_a_dead_worker_left_is_done_again(heartbeat_seconds_ago: int | None) -> None:
    pk = left_behind(heartbeat_seconds_ago=heartbeat_seconds_ago)
    tidy()
    assert state(pk) == "todo"
    assert ProcrastinateJob.objects.get(pk=pk).attempts == 1


def test_a_job_of_a_living_worker_is_left_alone() -> None:
    pk = left_behind(heartbeat_seconds_ago=5)
    tidy()
    assert state(pk) == "doing"


@pytest.mark.parametrize(
    ("attempts", "becomes"), [(OVER_THE_WEEKEND.most_attempts - 1, "todo"), (OVER_THE_WEEKEND.most_attempts, "failed")]
)
def test_a_killed_worker_is_one_failed_attempt_of_the_many_that_a_mail_has(attempts: int, becomes: str) -> None:
    pk = left_behind(heartbeat_seconds_ago=60, attempts=attempts)
    tidy()
    assert state(pk) == becomes


def test_a_periodic_job_makes_room_for_the_next() -> None:
    waiting = left_behind(heartbeat_seconds_ago=None, status="todo", queueing_lock="orders.expire")
    stalled = left_behind(heartbeat_seconds_ago=60, queueing_lock="orders.expire")
    tidy()
    assert (state(waiting), state(stalled)) == ("todo", "failed")


def test_what_was_done_long_ago_is_forgotten() -> None:
    old, recent = (left_behind(heartbeat_seconds_ago=None, status="succeeded") for _ in range(2))
    with connection.cursor() as cursor:
        for pk, hours in ((old, KEPT_HOURS + 1), (recent, KEPT_HOURS - 1)):
            cursor.execute(
                "INSERT INTO procrastinate_events (job_id, type, at)"
                " VALUES (%s, 'succeeded', now() - %s * interval '1 hour')",
                [pk, hours],
            )
            cursor.execute(
                "DELETE FROM procrastinate_events WHERE job_id = %s AND at > now() - interval '1 minute'", [pk]
            )
    tidy()
    assert list(ProcrastinateJob.objects.values_list("pk", flat=True)) == [recent]
