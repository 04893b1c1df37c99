"""Static files for the demo, collected again only where one of them has changed."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

RECORD = "static-fingerprint"


def collect_changed() -> None:
    record = settings.VAR / RECORD
    now = fingerprint()
    if settings.STATIC_ROOT.exists() and record.exists() and record.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    record.write_text(now)


def fingerprint() -> str:
    """Of the name, the size and the time of every file there is to collect."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            size, changed = storage.size(path), storage.get_modified_time(path)
            digest.update(f"{path} {size} {changed.isoformat()}\n".encode())
    return digest.hexdigest()
