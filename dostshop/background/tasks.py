"""Keeps the queue of background work in order.

A worker that was killed leaves its job marked as being done. Once its heartbeat is missed, another worker
does the job again; every task of the shop may be done twice.
"""

from django.db.models import Exists, OuterRef
from procrastinate.contrib.django import app
from procrastinate.jobs import Job, Status

from dostshop.background import models
from dostshop.background.retrying import GrowingPauses

KEPT_HOURS = 7 * 24


@app.periodic(cron="* * * * *")
@app.task(name="dostshop.tidy_queue", queueing_lock="dostshop.tidy_queue", pass_context=False)
async def tidy_queue(timestamp: int) -> None:
    """Every minute: what stalled is done again, and what was done a week ago is forgotten."""
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs():
        # What has a queueing lock comes again by itself.
        if job.queueing_lock or _has_had_its_attempts(job):
            await jobs.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await jobs.retry_job(job)
    await jobs.delete_old_jobs(KEPT_HOURS)
    await models.Failure.objects.filter(~Exists(models.Job.objects.filter(pk=OuterRef("pk")))).adelete()


def _has_had_its_attempts(job: Job) -> bool:
    """A worker that was killed counts as a failure: a job that kills each of them must end."""
    pauses = app.tasks[job.task_name].retry_strategy
    return not isinstance(pauses, GrowingPauses) or pauses.is_over(job)
