"""Keeps the queue of background work in order.

A worker that was killed leaves its job marked as being done. Once its heartbeat is missed, another worker
does the job again; every task of the shop may be done twice.
"""

from django.db.models import Exists, OuterRef
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from dostshop.background.models import Failure, Job

MOST_ATTEMPTS = 5
KEPT_HOURS = 7 * 24


@app.periodic(cron="* * * * *")
@app.task(name="dostshop.tidy_queue", queueing_lock="dostshop.tidy_queue", pass_context=False)
async def tidy_queue(timestamp: int) -> None:
    """Every minute: what stalled is done again, and what was done a week ago is forgotten."""
    jobs = app.job_manager
    for job in await jobs.get_stalled_jobs():
        # A job that kills its worker each time must end; one with a queueing lock is periodic and comes again.
        if job.attempts >= MOST_ATTEMPTS or job.queueing_lock:
            await jobs.finish_job(job, Status.FAILED, delete_job=False)
        else:
            await jobs.retry_job(job)
    await jobs.delete_old_jobs(KEPT_HOURS)
    await Failure.objects.filter(~Exists(Job.objects.filter(pk=OuterRef("pk")))).adelete()
