"""Two hundred photos that come at once, and a worker that is killed over them."""

import os
import signal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image
from pytest_django import Settings

from catalog import tasks
from catalog.models import Photo
from dostshop.background.tasks import tidy_queue
from tests import storing
from tests.catalog.test_photos import as_bytes
from tests.factories import piece
from tests.processes import due_now, started, wait_until

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

AT_ONCE = 200
# As many are ready when the worker is killed, and then when the one after it is.
KILLED_AT = (40, 120)


@pytest.fixture
def environment(s3: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Files in a bucket, which the worker's process sees too."""
    return storing.use_bucket(s3, settings=settings, monkeypatch=monkeypatch)


def rendered() -> int:
    return Photo.objects.exclude(renditions=[]).count()


def wait_for(number: int, *, log: Path) -> None:
    wait_until(lambda: rendered() >= number, log=log, seconds=240)


def test_all_are_rendered_though_workers_are_killed(environment: dict[str, str], tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    product = piece().product
    for at in range(AT_ONCE):
        content = as_bytes(Image.new("RGB", (48, 36), (at, 90, 90)))
        photo = Photo.objects.create(product=product, position=at, original=SimpleUploadedFile("a.jpg", content))
        tasks.render_later(photo)
    log = tmp_path / "worker.log"
    for enough in KILLED_AT:
        with started("manage.py", "procrastinate", "worker", log=log, **environment) as worker:
            wait_for(enough, log=log)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        assert rendered() < AT_ONCE
        with connection.cursor() as cursor:
            # As if half a minute had passed without a sign of life.
            cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '31 seconds'")
        due_now(tidy_queue)
    with started("manage.py", "procrastinate", "worker", log=log, **environment):
        wait_for(AT_ONCE, log=log)
        # What a killed one was at is begun anew, and leaves nothing besides what the rows name.
        named = {rendition["name"] for photo in Photo.objects.all() for rendition in photo.renditions}
        wait_until(lambda: storing.kept_in("renditions") == named, log=log)
