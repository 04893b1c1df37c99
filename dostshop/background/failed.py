"""Work that failed for good, done again on a person's word.

What a task itself never does, as it may do harm twice, it may have done before such a run: ``before_running_again``.

Raises: ``NotFailed``, ``RunsAnyway``; nothing has changed then.
Retry: once it waits again, it has not failed, and a second call is refused.
"""

from collections.abc import Callable

from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from dostshop.background.models import Job
from dostshop.locks import short_transaction

_before: dict[str, Callable[..., None]] = {}


class NotFailed(Exception):
    """It is done, being done, or waits for its turn."""


class RunsAnyway(Exception):
    """The same work is in the queue already."""


def before_running_again[**P](task_name: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Decorates what a person's word allows: called with the task's arguments, in the same transaction."""

    def keep(prepare: Callable[P, None]) -> Callable[P, None]:
        _before[task_name] = prepare
        return prepare

    return keep


def run_again(job_pk: int) -> None:
    """Puts the job back into the queue for one more attempt, now."""
    try:
        with short_transaction():
            job = Job.objects.filter(pk=job_pk, status="failed").select_for_update().first()
            if job is None:
                raise NotFailed(job_pk)
            if prepare := _before.get(job.task_name):
                prepare(**job.args)
            app.job_manager.retry_job_by_id(job_pk, timezone.now())
    except UniqueViolation as error:
        raise RunsAnyway(job_pk) from error
