"""The shop's own processes beside a test: on its database, with the settings of tests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.db import connection
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.tasks import Task

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """Of the database that the test uses; only what has committed is seen there."""
    at = connection.settings_dict
    account = ":".join(quote(str(at[part]), safe="") for part in ("USER", "PASSWORD") if at[part])
    host = {"host": at["HOST"]} if str(at["HOST"]).startswith("/") else {}
    machine = "" if host else f"{at['HOST']}{f':{at["PORT"]}' if at['PORT'] else ''}"
    return f"postgresql://{account}@{machine}/{at['NAME']}?{urlencode({**at['OPTIONS'], **host})}"


@contextmanager
def started(*command: str, log: Path, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of the shop's Python; asked to end when the context does."""
    beside = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(log.parent),
        **environment,
    }
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=beside, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(timeout=60)


def due_now(regular: Task[Any, Any, Any]) -> None:
    """What comes at its minute comes now, unless it waits already."""
    with suppress(AlreadyEnqueued):
        regular.configure(task_kwargs={"timestamp": 0}).defer()


def wait_until(is_so: Callable[[], bool], *, log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.05)
