"""Deleting stored files so that nothing of them is left."""

from collections.abc import Iterable

from django.core.files.storage import Storage, storages


def erase_all(files: Iterable[tuple[str, str]]) -> None:
    """By storage and beginning, see ``erase``."""
    for alias, beginning in files:
        erase(storages[alias], beginning)


def erase(storage: Storage, beginning: str) -> None:
    """Deletes every file whose name begins so; in a bucket that keeps versions, every one of them."""
    bucket = getattr(storage, "bucket", None)
    if bucket is not None:
        bucket.object_versions.filter(Prefix=f"{storage.location}/{beginning}").delete()  # type: ignore[attr-defined]
        return
    folder, _slash, start = beginning.rpartition("/")
    for name in _files_in(storage, folder):
        if name.startswith(start):
            storage.delete(f"{folder}/{name}" if folder else name)


def _files_in(storage: Storage, folder: str) -> list[str]:
    try:
        _folders, names = storage.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return names
