"""After the storm: the shop is left in peace, time passes, and staff do what was left for them."""

import time

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dostshop.tasks import tidy_queue
from orders import reconciling
from orders.models import Reconciliation
from tests.chaos.shop import Shop
from tests.chaos.staff import Staff
from tests.chaos.stand_ins import Providers

REST_WITHIN_SECONDS = 300
MOST_ROUNDS = 8


def settle(shop: Shop, providers: Providers, staff: Staff) -> list[str]:
    """What the reconciler found on the way; the last time it finds nothing. Raises SystemExit where that is never."""
    providers.calm_down()
    shop.wait_until_open()
    found: list[str] = []
    for _round in range(MOST_ROUNDS):
        shop.restart_workers()
        _let_time_pass()
        _wait_for_the_queue()
        run = reconciling.reconcile(settled_before=timezone.now())
        left = staff.settle_refunds(providers)
        found += [f"{one['kind']}: {one['detail']}" for one in run.findings]
        if not run.findings and not left and not _waiting():
            return found
    raise SystemExit(f"The shop does not come to rest; the reconciler still finds {run.findings}.")


def unknown_money() -> list[str]:
    runs = Reconciliation.objects.values_list("findings", flat=True)
    kind = Reconciliation.Finding.UNKNOWN_PAYMENT
    return [found["detail"] for findings in runs for found in findings if found["kind"] == kind]


def _let_time_pass() -> None:
    """Dead workers miss their heartbeat, and what waited to be tried again is tried."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            " WHERE last_heartbeat < now() - interval '12 seconds'"
        )
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    tidy_queue.configure(queueing_lock=f"settling-{time.monotonic()}").defer(timestamp=0)


def _wait_for_the_queue() -> None:
    deadline = time.monotonic() + REST_WITHIN_SECONDS
    while _waiting():
        if time.monotonic() > deadline:
            raise SystemExit(f"The queue does not empty: {_waiting()}")
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


def _waiting() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing"])
    return [f"{job.task_name} {job.pk} {job.status}" for job in jobs if job.queueing_lock != job.task_name]
