from datetime import timedelta

import pytest
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from dostshop.background.retrying import FOR_AN_HOUR, OVER_THE_WEEKEND, GrowingPauses


def after(attempts: int, pauses: GrowingPauses) -> timedelta | None:
    """How long a job waits that has failed so many times before."""
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="any", attempts=attempts)
    decision = pauses.get_retry_decision(exception=ValueError(), job=job)
    if decision is None:
        return None
    assert decision.retry_at is not None
    return decision.retry_at - timezone.now()


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 3), (1, 9), (4, 243), (7, 3600), (40, 3600)])
def test_pauses_grow_up_to_an_hour(attempts: int, seconds: int) -> None:
    pause = after(attempts, OVER_THE_WEEKEND)
    assert pause is not None
    assert timedelta(seconds=seconds - 2) < pause <= timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("pauses", "lasts"),
    [(FOR_AN_HOUR, timedelta(hours=1)), (OVER_THE_WEEKEND, timedelta(hours=66))],
)
def test_they_last_as_long_as_they_are_called(pauses: GrowingPauses, lasts: timedelta) -> None:
    waited = timedelta()
    attempts = 0
    while pause := after(attempts, pauses):
        waited += pause
        attempts += 1
    assert waited >= lasts


def test_every_piece_of_work_is_tried_again_or_comes_again_by_the_clock() -> None:
    periodic = {name for name, _id in app.periodic_registry.periodic_tasks}
    own = {name: task for name, task in app.tasks.items() if not name.startswith(("builtin", "procrastinate"))}
    for name, task in own.items():
        assert isinstance(task.retry_strategy, GrowingPauses) or name in periodic, name
