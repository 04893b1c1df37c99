"""How the shop's worker differs from the library's: ``PROCRASTINATE_ON_APP_READY`` names ``set_up``.

What a task enqueues goes into the transaction that the task has open, as it does in a web process: the library's worker
would send it over a connection of its own, before the commit and in spite of a rollback. And of a task that fails, its
error is kept for staff.
"""

import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error
from django.utils import timezone
from procrastinate import App, JobContext
from procrastinate.connector import BaseConnector
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.middleware import SyncCallNext
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from dostshop.background.models import Failure


class WorkerConnector(PsycopgConnector):
    """The worker's own connections; what is called from a task's thread takes that thread's, which is Django's."""

    def get_sync_connector(self) -> BaseConnector:
        return DjangoConnector()


class Connector(DjangoConnector):
    def get_worker_connector(self) -> WorkerConnector:
        return WorkerConnector(kwargs=connector_params(self.alias))


def set_up(app: App) -> None:
    app.connector = app.job_manager.connector = Connector()
    app.worker_defaults["task_middleware"] = [*app.worker_defaults.get("task_middleware", ()), note_failure]


def note_failure(call_next: SyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Keeps what kind of error it was and where; not its words, which may name somebody."""
    try:
        return call_next()
    except Exception as error:
        failure = Failure(pk=context.job.id, error=_kind(error), place=_place(error), at=timezone.now())
        # The database may be what failed.
        with suppress(Error):
            Failure.objects.bulk_create(
                [failure], update_conflicts=True, unique_fields=["job"], update_fields=["error", "place", "at"]
            )
        raise


def _kind(error: BaseException) -> str:
    """The error's class, and that of what caused it."""
    chain = [error, error.__cause__]
    return " ← ".join(type(one).__name__ for one in chain if one is not None)[:200]


def _place(error: Exception) -> str:
    """The last line of the shop's own code that was passed."""
    root = Path(settings.BASE_DIR)
    passed = [(Path(frame.filename), frame) for frame in traceback.extract_tb(error.__traceback__)]
    own = [
        f"{path.relative_to(root)}:{frame.lineno}"
        for path, frame in passed
        if path.is_relative_to(root) and "site-packages" not in path.parts and path != Path(__file__)
    ]
    return own[-1][:200] if own else ""
