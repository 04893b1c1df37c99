"""Work that failed for good, done again on a person's word.

Raises: ``NotFailed``, ``RunsAnyway``; nothing has changed then.
Retry: once it waits again, it has not failed, and a second call is refused.
"""

from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation

from dostshop.background.models import Job
from dostshop.locks import short_transaction


class NotFailed(Exception):
    """It is done, being done, or waits for its turn."""


class RunsAnyway(Exception):
    """The same work is in the queue already."""


def run_again(job_pk: int) -> None:
    """Puts the job back into the queue for one more attempt, now."""
    try:
        with short_transaction():
            if not Job.objects.filter(pk=job_pk, status="failed").select_for_update().exists():
                raise NotFailed(job_pk)
            app.job_manager.retry_job_by_id(job_pk, timezone.now())
    except UniqueViolation as error:
        raise RunsAnyway(job_pk) from error
