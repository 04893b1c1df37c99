"""Transactions that do not wait long for a locked row."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

LONGEST_WAIT_MILLISECONDS = 5000


class Busy(Exception):
    """Somebody else holds a row for too long; nothing was written, and the same call may be tried again."""


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction, or a part of the one that is open. Raises Busy where a lock is not to be had in time.

    Also a decorator.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MILLISECONDS}")
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy from error
        raise
