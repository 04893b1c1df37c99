"""After the storm: the shop is left in peace, time passes, and staff do what was left for them."""

import time
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from dostshop.background import failed
from dostshop.background.tasks import tidy_queue
from orders import expiry, reconciling
from orders.models import OrderMail, Reconciliation
from tests.chaos import books
from tests.chaos.shop import Shop
from tests.chaos.staff import Staff
from tests.chaos.stand_ins import Providers
from tests.processes import due_now

REST_WITHIN_SECONDS = 300
MOST_ROUNDS = 8
# Twice the time between two heartbeats of a worker.
SILENCE_SECONDS = 20


def settle(shop: Shop, providers: Providers, staff: Staff) -> list[str]:
    """What the reconciler found on the way; the last time it finds nothing. Raises SystemExit where that is never."""
    providers.calm_down()
    shop.wait_until_open()
    found: list[str] = []
    for regular in (expiry.expire, reconciling.reconcile_regularly, tidy_queue):
        due_now(regular)
    for _round in range(MOST_ROUNDS):
        _wait_for_the_queue()
        run = reconciling.reconcile(settled_before=timezone.now())
        left = staff.settle_refunds(providers) + _send_again()
        found += [f"{one['kind']}: {one['detail']}" for one in run.findings]
        if not run.findings and not left and not _waiting():
            return found
    raise SystemExit(f"The shop does not come to rest; the reconciler still finds {run.findings}.")


def left_for_a_person() -> list[str]:
    """Money that nobody could place: the storm makes none of it."""
    kinds = {Reconciliation.Finding.UNKNOWN_PAYMENT, Reconciliation.Finding.OTHER_CURRENCY}
    runs = Reconciliation.objects.values_list("findings", flat=True)
    return [f"{found['kind']}: {found['detail']}" for findings in runs for found in findings if found["kind"] in kinds]


def _send_again() -> int:
    """Mails that may have gone and did not: whoever looks runs their tasks again."""
    found = set(books.mails_found(Path(settings.MAIL_FOLDER)))
    mails = OrderMail.objects.filter(sent_at=None).select_related("order")
    lost = {mail.pk for mail in mails if books.message(mail) not in found}
    given_up = ProcrastinateJob.objects.filter(status="failed", args__mail_pk__in=lost)
    for job in given_up:
        failed.run_again(job.pk)
    return len(given_up)


def _wait_for_the_queue() -> None:
    deadline = time.monotonic() + REST_WITHIN_SECONDS
    _let_time_pass()
    while _waiting():
        if time.monotonic() > deadline:
            raise SystemExit(f"The queue does not empty: {_waiting()}")
        time.sleep(1)
        _let_time_pass()


def _let_time_pass() -> None:
    """Dead workers miss their heartbeat, what is regular is due, and so is what waited to be tried again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"
            " WHERE last_heartbeat < now() - %s * interval '1 second'",
            [SILENCE_SECONDS],
        )
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    if ProcrastinateJob.objects.filter(status="doing").exists():
        due_now(tidy_queue)


def _waiting() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(status__in=["todo", "doing"])
    return [f"{job.task_name} {job.pk} {job.status}" for job in jobs]
